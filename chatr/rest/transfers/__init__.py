"""Files on their way: in as uploads of one request or of many, and out."""
