"""People found by what they are called: in which order, who is left out, and what is found only where shown."""

from __future__ import annotations

from chatr.store.people.relations import OTHER, OTHERS, Other, shown
from chatr.store.pool import Queryable

_FULL_NAME = "lower(coalesce(u.first_name, '') || ' ' || coalesce(u.last_name, ''))"
_NAME_SHOWN, _EMAIL_SHOWN = shown("fullName"), shown("email")

#: What the text is compared with, and how well it fits: the beginning of a name (of any word in it), a part, likeness.
#: An address is compared with addresses only: what looks like it would tell who has one.
_SQL = f"""{OTHERS}
 CROSS JOIN (SELECT %s AS text, %s AS part, %s AS first, %s AS word, %s AS handle,
                    %s AS address) q
 WHERE (lower(u.email) = q.text AND {_EMAIL_SHOWN}
        OR NOT q.address AND (
             lower(u.username) LIKE q.part OR lower(u.display_name) LIKE q.part
             OR {_FULL_NAME} LIKE q.part AND {_NAME_SHOWN}
             OR lower(u.username) %% q.text OR lower(u.display_name) %% q.text
             OR {_FULL_NAME} %% q.text AND {_NAME_SHOWN}))
   AND u.id <> v.id AND u.deleted_at IS NULL AND u.disabled_at IS NULL AND u.role <> 'guest'
   AND (u.email IS NULL OR u.email_verified_at IS NOT NULL)
   AND (u.phone_number IS NULL OR u.phone_verified_at IS NOT NULL)
   AND NOT EXISTS (SELECT 1 FROM blocks b WHERE (b.blocker_id, b.blocked_id) IN ((v.id, u.id), (u.id, v.id)))
 ORDER BY f.accepted_at IS NOT NULL DESC,
   CASE WHEN lower(u.username) LIKE q.handle OR lower(u.display_name) LIKE q.first
             OR lower(u.display_name) LIKE q.word
             OR {_NAME_SHOWN} AND ({_FULL_NAME} LIKE q.first OR {_FULL_NAME} LIKE q.word) THEN 0
        WHEN lower(u.username) LIKE q.part OR lower(u.display_name) LIKE q.part
             OR {_NAME_SHOWN} AND {_FULL_NAME} LIKE q.part THEN 1
        ELSE 2 END,
   greatest(similarity(lower(u.username), q.text), similarity(lower(u.display_name), q.text)) DESC,
   lower(u.username)
 LIMIT %s"""


def literal(text: str) -> str:
    """Write a text as the part of a LIKE pattern that stands for nothing else."""
    return text.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")


async def search(db: Queryable, viewer_id: str, text: str, limit: int) -> list[Other]:
    """Find confirmed people by a name that the viewer may see, friends first, without guests and blocks."""
    text = text.lower()
    plain = literal(text)
    handle = f"@{plain.removeprefix('@')}%"
    is_address = "@" in text[1:]
    rows = await db.query(_SQL, (viewer_id, text, f"%{plain}%", f"{plain}%", f"% {plain}%", handle, is_address, limit))
    return OTHER.all(rows)
