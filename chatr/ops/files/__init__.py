"""Files: how they come in, who may have them, and when they go."""
