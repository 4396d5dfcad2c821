"""Groups: conversations of many, with roles; who may do what in them says rules.py."""
