"""What has a life of its own below the operations: it goes on while nobody calls, or remembers from call to call."""
