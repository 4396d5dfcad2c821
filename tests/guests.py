"""Guests: people without an account, whom nothing but a row and a session lets in yet."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from chatr.node import Node
from chatr.store.ids import uuid7
from chatr.store.sessions import sessions


async def admit(node: Node, name: str) -> dict[str, Any]:
    """A new guest, who shows drafts, and their session, as far as tests read one."""
    user_id, session_id = uuid7(), uuid7()
    await node.db.execute(
        """INSERT INTO users (id, username, password_hash, display_name, role, privacy)
           VALUES (%s, %s, '', %s, 'guest', '{"ghostTyping": true}')""",
        (user_id, f"@{name}", name),
    )
    expires_at = datetime.now(timezone.utc) + timedelta(days=1)
    await sessions.insert(node.db, session_id, user_id, expires_at=expires_at, user_agent="", address="")
    token = node.ports.accounts.tokens.issue(user_id, session_id, "guest")
    return {"accessToken": token, "user": {"id": user_id, "username": f"@{name}"}}
