"""Conversations, their members and how far those have come."""
