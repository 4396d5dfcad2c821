"""Conversations in the database."""
