"""Connections to PostgreSQL: the socket of one, what goes over it, and what its errors mean."""
