"""Files that come in at the same moment."""

from __future__ import annotations

import uuid
from typing import Any

from psycopg2.errors import ForeignKeyViolation
from twisted.internet.defer import Deferred, DeferredList, gatherResults

from chatr.api.errors import ApiError
from chatr.store.files.entering import Entering
from chatr.store.files.files import Arrival, Looked, StoredForm
from chatr.store.ids import uuid7
from tests.ops.files.case import FilesCase

MANY = 40
_KEPT = """SELECT owner_id, purpose, name, kind, mime_type, size, width, height, duration, blur_hash, waveform,
                  waveform_state, sha256, forms, stored_bytes, state, due_at IS NOT NULL FROM files WHERE id = %s"""


class EnteringTests(FilesCase):
    """chatr.store.files.entering, and the statements that it has."""

    async def setUp(self) -> None:
        await super().setUp()
        await self.keeper.stop()
        self.entering = Entering(self.node.db)

    def arrival(self, owner_id: str = "", looked: Looked | None = None, name: str = "a.zip") -> Arrival:
        return Arrival(uuid7(), owner_id or self.ann.id, "message", name, looked)

    async def test_rows(self) -> None:
        """What was found out of a file is in its row, as it was; and so is what nobody knows."""
        looked = Looked(
            kind="audio",
            mime_type="audio/ogg",
            size=12,
            width=3,
            height=4,
            duration=1.1,
            blur_hash="L\\x{}",
            waveform=[0.1, 1.0],
            waveform_state="pending",
            sha256=bytes(range(32)),
            forms={"original": StoredForm("audio/ogg", 12), "sm": StoredForm("image/webp", 5, 3, 4)},
        )
        known, unknown = self.arrival(looked=looked, name='O\'Brien "%s" \U0001f3b5.ogg'), self.arrival()
        await gatherResults([Deferred.fromCoroutine(self.entering.arrive(each)) for each in (known, unknown)])
        [(*found, digest, forms, stored, state, due)] = await self.node.db.query(_KEPT, (known.file_id,))
        about = [known.owner_id, "message", known.name, "audio", "audio/ogg", 12, 3, 4, 1.1, "L\\x{}", [0.1, 1.0]]
        self.assertEqual((found, bytes(digest)), ([*about, "pending"], looked.sha256))
        sm = {"type": "image/webp", "size": 5, "width": 3, "height": 4}
        self.assertEqual(
            forms, {"original": {"type": "audio/ogg", "size": 12, "width": None, "height": None}, "sm": sm}
        )
        self.assertEqual((stored, state, due), (17, "arriving", False))
        [row] = await self.node.db.query(_KEPT, (unknown.file_id,))
        self.assertEqual(row[3:], ("file", "application/octet-stream", 0, *[None] * 7, {}, 0, "arriving", False))

    async def test_together(self) -> None:
        """Those that come while a statement is under way share the next, and each has its own answer."""
        arrivals = [self.arrival(name=f"{number}.zip") for number in range(MANY)]
        before = self.node.db.round_trips
        await gatherResults([Deferred.fromCoroutine(self.entering.arrive(each)) for each in arrivals])
        await self.node.db.execute("UPDATE files SET state = 'leaving' WHERE id = %s", (arrivals[3].file_id,))
        asked = [Deferred.fromCoroutine(self.entering.ready(each.file_id)) for each in arrivals]
        found: Any = await gatherResults(asked)
        self.assertLess(self.node.db.round_trips - before, 10)
        self.assertIsNone(found.pop(3))
        del arrivals[3]
        self.assertEqual([(each.id, each.name) for each in found], [(each.file_id, each.name) for each in arrivals])

    async def test_bad_ones(self) -> None:
        """What can't be stored fails alone, with what stands in its way."""
        bad = {2, 30}
        arrivals = [self.arrival(str(uuid.uuid4()) if number in bad else "") for number in range(MANY)]
        asked = [Deferred.fromCoroutine(self.entering.arrive(each)) for each in arrivals]
        outcomes: Any = await DeferredList(asked, consumeErrors=True)
        self.assertEqual({number for number, (good, _) in enumerate(outcomes) if not good}, bad)
        self.assertEqual({outcomes[number][1].type for number in bad}, {ForeignKeyViolation})
        [[count]] = await self.node.db.query("SELECT count(*) FROM files")
        self.assertEqual(count, MANY - len(bad))

    async def test_no_database(self) -> None:
        """Nobody asks again for what may have been stored."""
        arrivals = [self.arrival() for _ in range(3)]
        asked = [Deferred.fromCoroutine(self.entering.arrive(each)) for each in arrivals]
        self.node.db.close()
        outcomes: Any = await DeferredList(asked, consumeErrors=True)
        self.assertEqual([failure.check(ApiError) for _, failure in outcomes], [ApiError] * 3)
