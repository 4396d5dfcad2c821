"""Whatever parses what strangers send, in processes of its own: with a deadline, a limit of memory, and nothing to steal."""
