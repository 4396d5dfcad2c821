"""Rooms: who gets which event, decided by the server when it publishes. Who sits in them says services/admission.py."""

from __future__ import annotations


def person_room(user_id: str) -> str:
    """All sessions of a person."""
    return f"user:{user_id}"


def session_room(session_id: str) -> str:
    """All connections of one signed-in session."""
    return f"session:{session_id}"


def group_room(conversation_id: str) -> str:
    """All sessions of a group's joined members."""
    return f"conversation:{conversation_id}"


def conversation_rooms(conversation_id: str, pair: tuple[str, str] | None) -> list[str]:
    """Both people of a direct conversation, or the group's joined members."""
    return [person_room(pair[0]), person_room(pair[1])] if pair else [group_room(conversation_id)]
