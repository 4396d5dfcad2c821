"""What is told of files without a worker. That workers say the same is asserted wherever one looks (direct.py)."""

from __future__ import annotations

import os
from pathlib import Path

from chatr.media.asked import Look, Seen
from chatr.media.ends import told_by_ends
from chatr.media.kinds import ending
from chatr.media.processes.handing import Handing
from tests.media import made
from tests.media.direct import MAX_PIXELS, DirectCase


class EndsTests(DirectCase):
    """chatr.media.ends"""

    def test_told(self) -> None:
        """PDF and zips, as far as nothing in them is to be read, and what is refused for how it begins and ends."""
        zipped = made.archive("a.txt")
        for content, name, told in (
            (b"%PDF-1.7", "a.pdf", "application/pdf"),
            (zipped, "a.zip", "application/zip"),
            (zipped + os.urandom(300_000) + zipped, "a.zip", "application/zip"),
        ):
            self.assertEqual(self.at_once(content, _look(name)), Seen(media_type=told))
        for content, name, reason in (
            (zipped[:-10], "a.zip", "not whole"),
            (zipped + b"x", "a.zip", "behind it"),
            (zipped, "a.pdf", "would end in .docx"),
            (b"\x7fELF\x00", "a.pdf", "can't be sent"),
            (b"", "a.pdf", "can't be sent"),
        ):
            self.assertIn(reason, str(self.at_once(content, _look(name))))

    def test_not_told(self) -> None:
        """Whatever has to be parsed, or read from the one end to the other."""
        for content, name in (
            (made.image("PNG", made.picture((8, 8))), "a.png"),
            (made.archive("[Content_Types].xml", "word/document.xml"), "a.docx"),
            (made.archive("a.txt"), "a.docx"),
            (made.archive("a.txt"), "a"),
            (made.compound("WordDocument"), "a.doc"),
            (b"text", "a.txt"),
        ):
            self.assertIsNone(self.at_once(content, _look(name)), name)

    def test_on_the_disk(self) -> None:
        """What is not in memory is not waited for."""
        path = Path(self.mktemp())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"%PDF-1.7" + bytes(100_000))
        with path.open("rb") as file:
            os.fsync(file.fileno())
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
        handing = Handing(path, path.stat().st_size)
        self.addCleanup(handing.close, keep=False)
        self.assertIsNone(told_by_ends(_look("a.pdf"), handing))
        zipped = made.archive("a.txt")
        for name, ends in (("a.pdf", (b"%PDF-1.7" + bytes(4088), b"")), ("a.zip", (zipped[:4096], zipped))):
            told = told_by_ends(_look(name), Handing(Path("absent"), len(zipped), ends=ends))
            self.assertEqual(told, Seen(media_type=f"application/{name[2:]}"), "what is given needs no file")


def _look(name: str) -> Look:
    return Look(ending(name), "file", MAX_PIXELS)
