"""PostgreSQL from its wheel, for the zero-configuration default."""
