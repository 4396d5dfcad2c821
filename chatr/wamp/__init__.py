"""The WAMP door."""
