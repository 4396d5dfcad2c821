"""Files, as the database knows them. What they hold is in storage: chatr/files."""
