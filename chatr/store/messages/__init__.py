"""Messages, the log, what hangs on them, and how they are found."""
