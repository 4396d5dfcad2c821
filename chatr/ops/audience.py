"""Rooms: who gets which event, decided by the server when it publishes."""

from __future__ import annotations


def person(user_id: str) -> str:
    """All sessions of a person."""
    return f"user:{user_id}"


def session(session_id: str) -> str:
    """All connections of one signed-in session."""
    return f"session:{session_id}"


def group(conversation_id: str) -> str:
    """All sessions of a group's joined members."""
    return f"conversation:{conversation_id}"


def conversation(conversation_id: str, pair: tuple[str, str] | None) -> list[str]:
    """Both people of a direct conversation, or the group's joined members."""
    return [person(pair[0]), person(pair[1])] if pair else [group(conversation_id)]
