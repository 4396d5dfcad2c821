"""Messages: sending, reading, changing, finding."""
