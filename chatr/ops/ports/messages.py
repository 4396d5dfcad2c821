"""How conversations change, and what goes on behind their messages."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Protocol

import msgspec

from chatr.auth.digests import Digests
from chatr.config import Config, MessagesSettings
from chatr.datadir import DataDirectory
from chatr.previews.web import Web
from chatr.process.tasks import Tasks
from chatr.realtime.publisher import Publisher
from chatr.services.eraser import Eraser, TakeAway, TakeBack
from chatr.services.link_previews import Previews
from chatr.services.preview_queue import Attach, PreviewQueue
from chatr.services.receipt_counts import ReceiptCounts
from chatr.store.coalesce import SharedReads
from chatr.store.conversations.marks import MarkWriter
from chatr.store.pool import Database, Transaction
from chatr.store.writing.writer import BATCHES, MessageWriter


class MessagePorts(msgspec.Struct, frozen=True, kw_only=True):
    """The writer, the marks and what is counted of them, previews of links, the eraser, and what is being read."""

    writer: MessageWriter
    digests: Digests
    marks: MarkWriter
    receipt_counts: ReceiptCounts
    previews: Previews
    preview_queue: PreviewQueue
    eraser: Eraser
    reads: SharedReads
    settings: MessagesSettings
    public_url: str
    """Where people find this server; empty: wherever they are."""


class Desert(Protocol):
    """Lets a person leave a group whose account is deleted."""

    def __call__(
        self, publisher: Publisher, receipts: ReceiptCounts, tx: Transaction, group_id: str, user_id: str
    ) -> Awaitable[None]:
        """Whatever they are in it."""


class LaterChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of messages and groups behind the calls, as operations would do it."""

    leave: Desert
    attach: Attach
    take_back: TakeBack
    take_away: TakeAway


def message_ports(
    config: Config,
    data: DataDirectory,
    tasks: Tasks,
    db: Database,
    publisher: Publisher,
    web: Web,
    later: LaterChanges,
    *,
    counted: Callable[[str], None],
) -> MessagePorts:
    """Make the ports. ``counted`` hears of each page that was looked at."""
    # The other half, but for the connections of the sends, answers what is only read.
    at_once = config.database.pool_size // 2
    writer = MessageWriter(
        db,
        tasks.clock,
        queue_limit=config.database.queue_limit,
        changes=at_once,
        settings=config.messages,
        batches=min(BATCHES, at_once),
    )
    receipt_counts = ReceiptCounts(tasks, db, publisher)
    previews = Previews(db, web, config.previews, counted=counted)
    return MessagePorts(
        writer=writer,
        digests=Digests(data.server_keys()),
        marks=MarkWriter(db, writer),
        receipt_counts=receipt_counts,
        previews=previews,
        preview_queue=PreviewQueue(tasks, db, writer, previews, attach=later.attach),
        eraser=Eraser(
            tasks,
            db,
            writer,
            leave=partial(later.leave, publisher, receipt_counts),
            take_back=later.take_back,
            take_away=later.take_away,
        ),
        reads=SharedReads(),
        settings=config.messages,
        public_url=config.server.public_url.rstrip("/"),
    )
