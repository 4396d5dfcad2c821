"""Sessions, and what is known of those who sign in."""
