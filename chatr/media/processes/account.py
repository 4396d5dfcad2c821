"""Whom worker processes run as when chatr runs as root."""

from __future__ import annotations

import os
import pwd

#: Not PostgreSQL's account, which may read the database's files.
_NOBODY, _NOBODY_ID = "nobody", 65534


def unprivileged() -> tuple[int, int]:
    """Ids of an account without rights; -1 for whoever chatr runs as, unless that is root."""
    if os.geteuid() != 0:
        return -1, -1
    try:
        entry = pwd.getpwnam(_NOBODY)
    except KeyError:
        return _NOBODY_ID, _NOBODY_ID
    return entry.pw_uid, entry.pw_gid
