"""The contract of this server: every module of operations, named one by one, and what follows from them all."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from chatr.api.contract import build
from chatr.api.dispatch import Dispatcher
from chatr.api.events import EVENTS
from chatr.ops.accounts import addresses, deletion, export, passwords, registration, undo, usernames, verification
from chatr.ops.conversations import activity, conversations, receipts, requests, sync
from chatr.ops.files import gallery, own_images, serving, uploading, waveforms
from chatr.ops.groups import details, inviting, joining, keeping, leaving, roles
from chatr.ops.groups import images as group_images
from chatr.ops.messages import changes, erasing, history, previews, search, sending
from chatr.ops.people import friends, presence, profile, users
from chatr.ops.people import search as people_search
from chatr.ops.ports import Ports
from chatr.ops.ports.messages import LaterChanges
from chatr.ops.sessions import oidc, sessions, two_factor
from chatr.process.tasks import Tasks

_MODULES = (
    *(registration, verification, deletion, export, addresses, undo, sessions, oidc, passwords, two_factor, profile),
    *(users, people_search, usernames, friends, presence),
    *(conversations, requests, sending, history, receipts, changes, search, previews, activity, sync),
    *(details, keeping, inviting, joining, leaving, roles, group_images),
    *(uploading, serving, gallery, waveforms, own_images),
)
CONTRACT = build(_MODULES, EVENTS)
RESERVED_NAMES = usernames.reserved(CONTRACT)
LATER_CHANGES = LaterChanges(
    leave=leaving.desert, attach=previews.attach, take_back=erasing.take_back, take_away=erasing.take_away
)


def dispatcher(ports: Ports, tasks: Tasks, *, now: Callable[[], datetime]) -> Dispatcher:
    """Make what runs the operations for both doors."""
    return Dispatcher(
        CONTRACT,
        ports,
        limiter=ports.limits.limiter,
        now=now,
        incidents=tasks.incidents,
        sign=ports.files.links.for_person,
        settle=ports.accounts.outbound.written,
    )
