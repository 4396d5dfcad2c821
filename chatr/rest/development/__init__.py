"""Routes that are there in development only, for who works on this machine."""
