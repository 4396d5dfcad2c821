"""People, and what stands between them."""
