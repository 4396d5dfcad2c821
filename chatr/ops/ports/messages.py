"""How conversations change, and what goes on behind their messages."""

from __future__ import annotations

import msgspec

from chatr.auth.digests import Digests
from chatr.config import Messages
from chatr.services.eraser import Eraser
from chatr.services.link_previews import Previews
from chatr.services.preview_queue import PreviewQueue
from chatr.store.conversations.marks import Marks
from chatr.store.writing.writer import MessageWriter


class MessagePorts(msgspec.Struct, frozen=True, kw_only=True):
    """The writer and the marks, previews of links, and the eraser."""

    writer: MessageWriter
    digests: Digests
    marks: Marks
    previews: Previews
    preview_queue: PreviewQueue
    eraser: Eraser
    settings: Messages
