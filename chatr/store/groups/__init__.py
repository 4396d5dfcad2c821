"""Groups: who is in them, and in which role; who is invited, and by which links others come in."""
