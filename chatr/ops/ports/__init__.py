"""What operations work through: the database, and a group of ports for each thing they do beside it."""

from __future__ import annotations

from typing import TypeAlias

import msgspec

from chatr.api.context import Context
from chatr.ops.ports.accounts import AccountPorts
from chatr.ops.ports.files import FilePorts
from chatr.ops.ports.limits import LimitPorts
from chatr.ops.ports.live import LivePorts
from chatr.ops.ports.messages import MessagePorts
from chatr.store.pool import Database


class Ports(msgspec.Struct, frozen=True, kw_only=True):
    """Everything an operation may touch beside its caller."""

    db: Database
    accounts: AccountPorts
    messages: MessagePorts
    files: FilePorts
    live: LivePorts
    limits: LimitPorts


Ctx: TypeAlias = Context[Ports]
