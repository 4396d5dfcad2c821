"""Whatever parses what strangers send, in processes of its own: with a deadline and a limit of memory."""
