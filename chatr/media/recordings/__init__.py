"""Recordings and films, opened by FFmpeg."""
