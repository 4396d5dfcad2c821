"""Sends of the client."""
