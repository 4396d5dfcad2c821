"""Worker processes: each does jobs of strangers' bytes, one after the other, with next to no rights."""
