"""PostgreSQL: SQL in, structs out. The only package that knows tables."""
