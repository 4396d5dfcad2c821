"""Who is calling: passwords, tokens and codes."""
