"""What one may try things out as."""
