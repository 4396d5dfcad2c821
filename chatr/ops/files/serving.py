"""Who gets a file: whoever sees the message that it is in, or who has uploaded it and not sent it yet."""

from __future__ import annotations

import re

import msgspec

from chatr.api.context import Caller
from chatr.api.contract import GUESTS, USERS, Route, operation
from chatr.api.errors import ApiError
from chatr.api.model import File, Id, NoParams, Params, Wire
from chatr.auth.links import LinkRefused
from chatr.files.served import Served
from chatr.files.storage import key_of
from chatr.ops import access
from chatr.ops.ports import Ctx, Ports
from chatr.store.files import files
from chatr.store.files.files import ORIGINAL, KeptFile, Kind

#: A public image has another id when it is another: it may be kept for a year.
_PUBLIC_S = 31_536_000
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
#: What browsers may show by themselves; all else they save.
_INLINE = frozenset({"image", "audio", "video"})


class FileGetParams(Params, frozen=True, kw_only=True):
    """Which file."""

    id: Id


@operation("file.get", Route("GET", "/files/<id>"), GUESTS, errors=["not_found", "gone"])
async def get(ctx: Ctx, params: FileGetParams) -> File:
    """A file, with links that open from now on: for who sees the message that it is in, and who uploaded it."""
    await _of_caller(ctx.ports, ctx.caller.user_id, params.id)
    found = await files.told(ctx.ports.db, params.id)
    if found is None:
        raise access.no_file()
    return found


class FileUse(Wire, frozen=True):
    """What files of one kind take."""

    kind: Kind
    count: int
    bytes: int


class FileUsage(Wire, frozen=True, kw_only=True):
    """What the caller's files take, smaller forms included, and what they may: 0, as much as there is.

    ``maxBytes``: how large a file may be.
    """

    used_bytes: int
    quota_bytes: int
    max_bytes: int
    items: list[FileUse]


@operation("file.usage", Route("GET", "/files/usage"), USERS)
async def usage(ctx: Ctx, params: NoParams) -> FileUsage:
    """How much room the caller's files take, and how much there is."""
    found = await files.use(ctx.ports.db, ctx.caller.user_id)
    settings = ctx.ports.files.settings
    return FileUsage(
        used_bytes=sum(each.bytes for each in found),
        quota_bytes=settings.quota_bytes,
        max_bytes=settings.max_bytes,
        items=[FileUse(each.kind, each.count, each.bytes) for each in found],
    )


class FileServing:
    """What the door to files asks: each answers what is to be served, or raises the refusal."""

    def __init__(self, ports: Ports) -> None:
        self._ports = ports

    async def by_link(self, file_id: str, form: str, signature: str) -> Served:
        """What a link opens, if it does. Raises ``forbidden`` for one that doesn't, ``not_found`` and ``gone``."""
        try:
            opened = self._ports.files.links.read(file_id, form, signature)
        except LinkRefused as error:
            raise ApiError("forbidden", str(error)) from None
        if opened.viewer_id is not None:
            return _served(await _of_caller(self._ports, opened.viewer_id, file_id), form)
        kept = await files.kept(self._ports.db, file_id, None)
        if kept is None or not kept.sent or (kept.left_at and kept.left_at.timestamp() >= opened.since):
            raise access.no_file()
        return _served(_not_unsent(kept), form)

    async def by_caller(self, caller: Caller, file_id: str, form: str) -> Served:
        """A file for somebody who is signed in. Raises ``unauthenticated``, ``not_found`` and ``gone``."""
        return _served(await _of_caller(self._ports, _signed_in(caller), file_id), form)

    async def of_message(self, caller: Caller, message_id: str) -> Served:
        """The file of a message, in the same way."""
        viewer_id = _signed_in(caller)
        if not _ID.fullmatch(message_id):
            raise access.no_file()
        return _served(_visible(await files.kept_of(self._ports.db, message_id, viewer_id), viewer_id), "")

    async def picture(self, file_id: str, size: str) -> Served:
        """A public image of somebody or a group; the largest form unless ``size`` names one. Raises ``not_found``."""
        kept = await files.kept(self._ports.db, file_id, None) if _ID.fullmatch(file_id) else None
        if kept is None or kept.purpose not in ("avatar", "cover"):
            raise access.no_file()
        served = _served(kept, size if size in kept.forms else max(kept.forms, key=int))
        return msgspec.structs.replace(served, max_age_s=_PUBLIC_S, public=True)


def _signed_in(caller: Caller) -> str:
    if caller.role not in GUESTS:
        raise ApiError("unauthenticated")
    return caller.user_id


async def _of_caller(ports: Ports, viewer_id: str, file_id: str) -> KeptFile:
    if not _ID.fullmatch(file_id):
        raise access.no_file()
    return _visible(await files.kept(ports.db, file_id, viewer_id), viewer_id)


def _visible(kept: KeptFile | None, viewer_id: str) -> KeptFile:
    if kept is None or kept.purpose not in ("message", "export"):
        raise access.no_file()
    if not kept.sent:
        if kept.owner_id != viewer_id:
            raise access.no_file()
        return kept
    if not kept.joined or kept.cleared:
        raise access.no_file()
    return _not_unsent(kept)


def _not_unsent(kept: KeptFile) -> KeptFile:
    if kept.unsent:
        raise ApiError("gone", "The message with this file was unsent")
    return kept


def _served(kept: KeptFile, form: str) -> Served:
    name = form or ORIGINAL
    found = kept.forms.get(name)
    if found is None:
        raise access.no_file()
    return Served(
        key=key_of(kept.id, name),
        size=found.size,
        media_type=found.type,
        name=kept.name,
        # What is at a key never changes.
        tag=f"{kept.id}-{name}",
        inline=kept.kind in _INLINE,
        max_age_s=0,
        public=False,
    )
