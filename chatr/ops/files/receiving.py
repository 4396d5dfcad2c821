"""What becomes of a file that has come in: somebody looks at it, it is stored, and then it is there; or nothing is."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Literal

from twisted.internet.threads import deferToThread

from chatr.api.context import Uploaded
from chatr.api.errors import ApiError
from chatr.api.model import File
from chatr.files.clamd import ScannerUnavailable
from chatr.files.names import clean
from chatr.files.staging import digest_of
from chatr.files.storage import Missing, StorageError, key_of
from chatr.media.looking import FoundFile, Unsupported
from chatr.ops import access
from chatr.ops.ports import Ctx, Ports
from chatr.store.files import files
from chatr.store.files.files import ORIGINAL, Arrival, Looked, Purpose, StoredForm
from chatr.store.ids import uuid7
from chatr.store.pool import Transaction

#: What an upload of an image or a file may be refused for, beside what all operations may.
ERRORS = ("too_large", "unsupported_media")
_UNAVAILABLE_S = 5


async def receive(
    ctx: Ctx,
    file_id: str,
    purpose: Purpose,
    *,
    waveform: list[float] | None = None,
    duration: float | None = None,
) -> None:
    """Store what came with the call as a file of the caller's, ``file_id``, which :func:`ready` then makes one.

    ``waveform``, ``duration``: of an audio file, by its recorder, until the server knows better. Raises
    ``unsupported_media`` for what may not be sent, ``too_large`` when the caller has no room for it, and
    ``unavailable``. Whatever it raises, nothing is left.
    """
    uploaded = access.uploaded(ctx)
    await room(ctx.ports, ctx.caller.user_id, uploaded.size)
    name = clean(uploaded.name)
    forms = uploaded.path.with_name(uploaded.path.name + ".forms")
    found: FoundFile | None = None
    try:
        found = await _look(ctx, uploaded, name, purpose, forms)
        await _scan(ctx.ports, uploaded.path)
        if "." not in name:
            name += f".{found.ending}"
        sha256 = uploaded.sha256
        if sha256 is None and ORIGINAL in found.forms:
            # Of what is not kept as it is nobody could tell later.
            sha256 = await _digest(uploaded.path)
        looked = _looked(found, uploaded.size, sha256, waveform, duration)
        paths = {name: form.path for name, form in found.forms.items()}
        await _store(ctx, file_id, purpose, name, looked, {ORIGINAL: uploaded.path, **paths})
    finally:
        # Of most files none are made, and then there is no such folder.
        if found is None or found.forms:
            await deferToThread(shutil.rmtree, forms, ignore_errors=True)


async def room(ports: Ports, user_id: str, size: int) -> None:
    """Raise ``too_large`` when somebody has no room for so many bytes more."""
    quota = ports.files.settings.quota_bytes
    if quota and await files.used_bytes(ports.db, user_id) + size > quota:
        raise ApiError("too_large", f"Your files may take {quota} bytes together")


async def _look(ctx: Ctx, uploaded: Uploaded, name: str, purpose: Purpose, into: Path) -> FoundFile:
    as_what: Literal["file", "avatar", "cover"] = purpose if purpose in ("avatar", "cover") else "file"
    try:
        return await ctx.ports.files.media.look(
            uploaded.path, name, as_what, into, key=ctx.caller.user_id, size=uploaded.size, ends=uploaded.ends
        )
    except Unsupported as error:
        raise ApiError("unsupported_media", str(error)) from None


async def _scan(ports: Ports, path: Path) -> None:
    """Have the virus scanner look, where there is one."""
    if ports.files.scanner is None:
        return
    try:
        found = await ports.files.scanner.scan(path)
    except ScannerUnavailable:
        detail = "The virus scanner does not answer, and no file is taken without it"
        raise ApiError("unavailable", detail, retry_after_s=_UNAVAILABLE_S) from None
    if found is not None:
        raise ApiError("unsupported_media", "The virus scanner refuses this file")


def _looked(
    found: FoundFile, size: int, sha256: bytes | None, waveform: list[float] | None, duration: float | None
) -> Looked:
    made = {name: StoredForm(form.media_type, form.size, form.width, form.height) for name, form in found.forms.items()}
    whole = made.get(ORIGINAL, StoredForm(found.media_type, size, found.width, found.height))
    heard = found.kind == "audio"
    return Looked(
        kind=found.kind,
        mime_type=whole.type,
        size=whole.size,
        width=found.width,
        height=found.height,
        duration=found.duration if found.duration is not None or not heard else duration,
        blur_hash=found.blur_hash,
        waveform=waveform if heard else None,
        waveform_state="pending" if heard else None,
        sha256=sha256,
        forms={**made, ORIGINAL: whole},
    )


async def _store(ctx: Ctx, file_id: str, purpose: Purpose, name: str, looked: Looked, paths: dict[str, Path]) -> None:
    """Store the objects. There is a row before the first of them, so that none is ever left alone."""
    kept = ctx.ports.files.storage
    if purpose in ("avatar", "cover"):
        # Nobody is shown the file itself.
        looked = _without_original(looked)
    await ctx.ports.files.entering.arrive(Arrival(file_id, ctx.caller.user_id, purpose, name, looked))
    try:
        # Once more, with this one counted: several may have come in at once.
        await room(ctx.ports, ctx.caller.user_id, 0)
        for form in looked.forms:
            await kept.put(key_of(file_id, form), paths[form])
    except StorageError as error:
        await let_go(ctx, file_id)
        raise ApiError("unavailable", "Files can't be stored at the moment", retry_after_s=_UNAVAILABLE_S) from error
    except ApiError:
        await let_go(ctx, file_id)
        raise


async def digest_of_stored(ctx: Ctx, file_id: str) -> bytes | None:
    """The SHA-256 of a file as it is kept; None when it is not there any more. Raises ``unavailable``."""
    path = access.uploaded(ctx).path.with_name(uuid7())
    try:
        await ctx.ports.files.storage.fetch(key_of(file_id, ORIGINAL), path)
        return await _digest(path)
    except Missing:
        return None
    except StorageError as error:
        raise _unreadable() from error
    finally:
        await deferToThread(path.unlink, missing_ok=True)


async def _digest(path: Path) -> bytes:
    """The SHA-256 of a file here. Raises ``unavailable``."""
    try:
        return await deferToThread(digest_of, path)
    except (OSError, StorageError) as error:
        raise _unreadable() from error


def _unreadable() -> ApiError:
    return ApiError("unavailable", "Files can't be read at the moment", retry_after_s=_UNAVAILABLE_S)


async def ready(ctx: Ctx, file_id: str) -> File:
    """Make a file of what is stored: from here on it can be sent. Raises ``unavailable``."""
    return _there(await ctx.ports.files.entering.ready(file_id))


async def ready_in(tx: Transaction, file_id: str) -> File:
    """The same, in one with something else."""
    return _there((await files.ready(tx, [file_id])).get(file_id))


def _there(file: File | None) -> File:
    if file is None:
        raise ApiError("unavailable", "It took too long to store the file", retry_after_s=_UNAVAILABLE_S)
    return file


async def let_go(ctx: Ctx, file_id: str) -> bool:
    """Have a file go that nobody will send; whether it does: somebody may have been quicker."""
    goes = await files.let_go(ctx.ports.db, [file_id]) > 0
    ctx.ports.files.keeper.wake()
    return goes


def _without_original(looked: Looked) -> Looked:
    forms = {name: form for name, form in looked.forms.items() if name != ORIGINAL}
    return Looked(kind=looked.kind, mime_type=looked.mime_type, size=looked.size, forms=forms)
