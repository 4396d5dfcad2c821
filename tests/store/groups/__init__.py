"""Groups as they are stored."""
