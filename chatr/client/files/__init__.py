"""Files, to the server and from it."""
