"""Files: how they come, go and are looked into, and what everybody else notices of it."""
