"""Committed events on their way to sessions: publisher, broker, hub, presence."""
