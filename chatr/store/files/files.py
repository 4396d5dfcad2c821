"""Files and what is known of them: each has a row before it has an object in storage, and until it has none."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Literal
from urllib.parse import quote

import msgspec
from msgspec import UNSET

from chatr.api.model import File, Thumbnails
from chatr.store.columns import Columns, Made, value, value_if_any
from chatr.store.pool import Queryable

Purpose = Literal["message", "avatar", "cover", "export"]
Kind = Literal["image", "audio", "video", "file"]
#: What clients are told of; the signature is put there by whoever hands a file out (auth/links.py ``Links``).
PATH = "/api/files/{id}/{name}"
#: The form of a file that came in, or that others were made of.
ORIGINAL = "original"
#: Where images of people and groups are served from, to everybody.
IMAGES = "/api/images/"
#: Nobody writes the objects of a file for so long.
WRITTEN_S = 3600
#: Numbers of a waveform are told with so many digits: more are no pixel.
_DIGITS = 3


class ShownFile(msgspec.Struct, frozen=True, array_like=True):
    """What SQL function file_shown answers."""

    id: str
    name: str
    size: int
    mime_type: str
    width: int | None
    height: int | None
    duration: float | None
    blur_hash: str | None
    waveform: list[float] | None
    waveform_state: Literal["pending", "ready", "failed"] | None
    small: bool
    """Whether it has smaller forms."""


def shown(found: Sequence[Any]) -> File:
    """Make a file as it is told, with links that nobody has signed yet."""
    file = msgspec.convert(found, ShownFile)
    path = PATH.format(id=file.id, name=quote(file.name, safe=""))
    return File(
        id=file.id,
        name=file.name,
        size=file.size,
        mime_type=file.mime_type,
        url=path,
        width=file.width or UNSET,
        height=file.height or UNSET,
        thumbnails=Thumbnails(sm=f"{path}?form=sm", md=f"{path}?form=md") if file.small else UNSET,
        blur_hash=file.blur_hash or UNSET,
        duration=file.duration if file.duration is not None else UNSET,
        waveform=rounded(file.waveform) if file.waveform else UNSET,
        waveform_state=file.waveform_state or UNSET,
    )


def rounded(waveform: Sequence[float]) -> list[float]:
    """A waveform as it is told."""
    return [round(each, _DIGITS) for each in waveform]


class StoredForm(msgspec.Struct, frozen=True):
    """An object in storage: one form of a file."""

    type: str
    size: int
    width: int | None = None
    height: int | None = None


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What was found out about a file that has come in."""

    kind: Kind
    mime_type: str
    size: int
    width: int | None = None
    height: int | None = None
    duration: float | None = None
    blur_hash: str | None = None
    waveform: list[float] | None = None
    waveform_state: Literal["pending"] | None = None
    sha256: bytes | None = None
    """Of what came in; None: that is the object itself, and nobody has wanted it."""
    forms: Mapping[str, StoredForm]


class Arrival(msgspec.Struct, frozen=True):
    """A file whose objects are about to be written. ``looked``: None while nobody knows what it is."""

    file_id: str
    owner_id: str
    purpose: Purpose
    name: str
    looked: Looked | None


class _Row(msgspec.Struct, frozen=True):
    """What of it the statement takes."""

    id: str
    owner_id: str
    purpose: Purpose
    name: str
    kind: Kind
    mime_type: str
    size: int
    width: int | None
    height: int | None
    duration: float | None
    blur_hash: str | None
    waveform: list[float] | None
    waveform_state: str | None
    sha256: str | None
    forms: Mapping[str, StoredForm]
    stored_bytes: int


def _row(arrival: Arrival) -> _Row:
    found = arrival.looked or Looked(kind="file", mime_type="application/octet-stream", size=0, forms={})
    return _Row(
        *(arrival.file_id, arrival.owner_id, arrival.purpose, arrival.name, found.kind, found.mime_type, found.size),
        *(found.width, found.height, found.duration, found.blur_hash, found.waveform, found.waveform_state),
        *(found.sha256.hex() if found.sha256 else None, found.forms),
        sum(each.size for each in found.forms.values()),
    )


async def arrive(db: Queryable, arrivals: Sequence[Arrival]) -> None:
    """Make the rows of files."""
    await db.execute(
        """INSERT INTO files (id, owner_id, purpose, name, kind, mime_type, size, width, height, duration, blur_hash,
                              waveform, waveform_state, sha256, forms, stored_bytes, due_at)
           SELECT id, owner_id, purpose, name, kind, mime_type, size, width, height, duration, blur_hash,
                  waveform, waveform_state, decode(sha256, 'hex'), forms, stored_bytes,
                  CASE WHEN purpose = 'export' THEN clock_timestamp() END
             FROM jsonb_to_recordset(%s::jsonb) AS r (
               id uuid, owner_id uuid, purpose text, name text, kind text, mime_type text, size bigint, width integer,
               height integer, duration double precision, blur_hash text, waveform double precision[],
               waveform_state text, sha256 text, forms jsonb, stored_bytes bigint)""",
        (msgspec.json.encode([_row(each) for each in arrivals]).decode(),),
    )


async def ready(db: Queryable, file_ids: Sequence[str]) -> dict[str, File]:
    """Say that all objects of files are there. Which was let go meanwhile, as it took a day, is not in the answer."""
    rows = await db.query("SELECT id, file_ready(id) FROM unnest(%s::uuid[]) AS id ORDER BY id", (sorted(file_ids),))
    return {str(id): shown(found) for id, found in rows if found is not None}


async def told(db: Queryable, file_id: str) -> File | None:
    """A file as it is told, whoever may have it."""
    return _shown(await db.query("SELECT file_shown(%s)", (file_id,)))


def _shown(rows: Sequence[tuple[Any, ...]]) -> File | None:
    found = value(rows, object)
    return shown(found) if isinstance(found, list) else None


def image_ids(*paths: str | None) -> list[str]:
    """The files that are shown as images at some paths."""
    return [path.removeprefix(IMAGES) for path in paths if path and path.startswith(IMAGES)]


async def let_go(db: Queryable, file_ids: Sequence[str]) -> int:
    """Have files go that no message has; how many do. Somebody has to look soon: services/files/keeper.py."""
    rows = await db.query(
        """UPDATE files SET state = 'leaving', state_at = clock_timestamp(), due_at = clock_timestamp()
            WHERE id = ANY (%s::uuid[]) AND NOT sent AND state <> 'leaving' RETURNING 1""",
        (list(file_ids),),
    )
    return len(rows)


async def let_go_unsent(db: Queryable, owner_id: str) -> None:
    """Have all files of a person go that they have not sent, archives too.

    The objects of some may be written just now: they are removed when that is surely over, so that none is left behind.
    """
    await db.execute(
        """UPDATE files SET state = 'leaving', state_at = clock_timestamp(),
                  due_at = clock_timestamp() + make_interval(secs => CASE state WHEN 'arriving' THEN %s ELSE 0 END)
            WHERE owner_id = %s AND NOT sent AND state <> 'leaving' AND purpose IN ('message', 'export')""",
        (WRITTEN_S, owner_id),
    )


async def take_back_some(db: Queryable, owner_id: str, limit: int) -> int:
    """Take some of the files of a person out of the messages that they are in. How many there were."""
    rows = await db.query(
        """WITH part AS (
             SELECT id FROM files WHERE owner_id = %s AND sent AND state <> 'leaving' LIMIT %s
           ), taken AS (
             UPDATE messages SET file_id = NULL WHERE file_id = ANY (ARRAY(SELECT id FROM part)) RETURNING 1)
           SELECT count(*) FROM part""",
        (owner_id, limit),
    )
    return value(rows, int)


async def archive_of(db: Queryable, owner_id: str) -> str | None:
    """The archive of a person that is being made."""
    rows = await db.query(
        "SELECT id FROM files WHERE owner_id = %s AND purpose = 'export' AND state = 'arriving' LIMIT 1", (owner_id,)
    )
    return value_if_any(rows, str)


async def archived(db: Queryable, file_id: str, size: int) -> bool:
    """Say how large an archive is that is about to be stored. Whether anybody still waits for it."""
    forms = msgspec.json.encode({ORIGINAL: StoredForm("application/zip", size)}).decode()
    rows = await db.query(
        """UPDATE files SET mime_type = 'application/zip', size = %s, stored_bytes = %s, forms = %s::jsonb
            WHERE id = %s AND state = 'arriving' RETURNING 1""",
        (size, size, forms, file_id),
    )
    return bool(rows)


async def let_go_former_archives(db: Queryable, owner_id: str, file_id: str) -> None:
    """Have those archives of a person go that this one replaces."""
    await db.execute(
        """UPDATE files SET state = 'leaving', state_at = clock_timestamp(), due_at = clock_timestamp()
            WHERE owner_id = %s AND purpose = 'export' AND state = 'ready' AND id <> %s""",
        (owner_id, file_id),
    )


class Owned(msgspec.Struct, frozen=True):
    """A file that somebody has sent."""

    id: str
    name: str


_OWNED = Columns(Owned, {"id": "id", "name": "name"})


async def sent_by(db: Queryable, owner_id: str, after: str, limit: int) -> list[Owned]:
    """The next files that somebody has sent, and not taken back, in order of their ids."""
    rows = await db.query(
        f"""SELECT {_OWNED.sql} FROM files f WHERE owner_id = %s AND state = 'ready' AND sent AND id > %s
               AND EXISTS (SELECT 1 FROM messages g WHERE g.file_id = f.id AND g.unsent_at IS NULL)
             ORDER BY id LIMIT %s""",
        (owner_id, after, limit),
    )
    return _OWNED.all(rows)


class SentFile(msgspec.Struct, frozen=True):
    """The file of a message, and the digest of what it was when it came in; None: it is that still, of ``size``."""

    file_id: str
    size: int
    sha256: bytes | None


_SENT = Columns(SentFile, {"file_id": "f.id", "size": "f.size", "sha256": Made("f.sha256", bytes)})


async def sent_with(db: Queryable, message_id: str) -> SentFile | None:
    """The file of a message."""
    rows = await db.query(
        f"SELECT {_SENT.sql} FROM messages g JOIN files f ON f.id = g.file_id WHERE g.id = %s", (message_id,)
    )
    return _SENT.first(rows)


#: An archive has all files once more, and goes by itself.
_COUNTED = "FROM files WHERE owner_id = %s AND state <> 'leaving' AND purpose <> 'export'"


async def used_bytes(db: Queryable, owner_id: str) -> int:
    """What somebody's files take, but for their archive."""
    rows = await db.query(f"SELECT coalesce(sum(stored_bytes), 0)::bigint {_COUNTED}", (owner_id,))
    return value(rows, int)


class Use(msgspec.Struct, frozen=True):
    """What somebody's files of one kind take."""

    kind: Kind
    count: int
    bytes: int


_USE = Columns(Use, {"kind": "kind", "count": "count(*)", "bytes": "sum(stored_bytes)::bigint"})


async def use(db: Queryable, owner_id: str) -> list[Use]:
    """What somebody's files take, by kind, but for their archive."""
    rows = await db.query(f"SELECT {_USE.sql} {_COUNTED} GROUP BY kind ORDER BY kind", (owner_id,))
    return _USE.all(rows)


class KeptFile(msgspec.Struct, frozen=True):
    """A file and how one viewer stands to it.

    ``joined``: they are in the conversation that it was sent to. ``left_at``: when somebody was in that for the last
    time; of a group that is no more, all.
    """

    id: str
    owner_id: str
    purpose: Purpose
    kind: Kind
    name: str
    forms: dict[str, StoredForm]
    sent: bool
    joined: bool
    cleared: bool
    unsent: bool
    left_at: datetime | None


def _forms(found: Any) -> dict[str, StoredForm]:
    return msgspec.convert(found, dict[str, StoredForm])


#: For the aliases ``f`` (files), ``g`` (its message), ``c`` (the conversation) and ``m`` (the viewer in it).
_KEPT = Columns(
    KeptFile,
    {
        "id": "f.id",
        "owner_id": "f.owner_id",
        "purpose": "f.purpose",
        "kind": "f.kind",
        "name": "f.name",
        "forms": Made("f.forms", _forms),
        "sent": "g.id IS NOT NULL",
        "joined": "m.user_id IS NOT NULL",
        "cleared": "coalesce(g.seq <= m.cleared_seq, false)",
        "unsent": "g.unsent_at IS NOT NULL",
        "left_at": "greatest(c.left_at, c.deleted_at)",
    },
)
_FROM = f"""SELECT {_KEPT.sql} FROM files f LEFT JOIN messages g ON g.file_id = f.id
    LEFT JOIN conversations c ON c.id = g.conversation_id
    LEFT JOIN members m ON m.conversation_id = g.conversation_id AND m.user_id = %s AND m.status = 'joined'
   WHERE f.state = 'ready' AND """


async def kept(db: Queryable, file_id: str, viewer_id: str | None) -> KeptFile | None:
    """A file that is there, and how a viewer stands to it."""
    return _KEPT.first(await db.query(_FROM + "f.id = %s", (viewer_id, file_id)))


async def kept_of(db: Queryable, message_id: str, viewer_id: str) -> KeptFile | None:
    """The file of a message, in the same way."""
    return _KEPT.first(await db.query(_FROM + "g.id = %s", (viewer_id, message_id)))
