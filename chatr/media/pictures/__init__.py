"""Images, looked at and written anew."""
