"""Attackers, and what they fail at."""
