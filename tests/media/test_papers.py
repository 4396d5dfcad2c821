"""Documents, and what files may be called."""

from __future__ import annotations

from tests.media import made
from tests.media.direct import DirectCase


class PaperTests(DirectCase):
    """chatr.media.papers"""

    def test_papers(self) -> None:
        """Documents are what their names and their insides say."""
        office = "[Content_Types].xml"
        for content, name, media_type in (
            (b"%PDF-1.7\n%\xff", "a.pdf", "application/pdf"),
            (made.archive("a.txt"), "a.zip", "application/zip"),
            (made.archive(), "a.zip", "application/zip"),
            (made.archive(office, "word/document.xml"), "a.docx", "document"),
            (made.archive("xl/workbook.xml", office), "a.xlsx", "sheet"),
            (made.archive(office, "ppt/presentation.xml"), "a.pptx", "presentation"),
            (made.archive(office, "word/document.xml"), "a.zip", "application/zip"),
            (made.compound("WordDocument"), "a.doc", "application/msword"),
            (made.compound("x", "y", "z", "Workbook"), "a.xls", "application/vnd.ms-excel"),
            (made.compound("PowerPoint Document"), "a.ppt", "application/vnd.ms-powerpoint"),
            ("größer".encode(), "a.txt", "text/plain"),
            ("a;b\nä;1".encode("utf-16"), "a.csv", "text/csv"),
            (b"# Title\n<b>x</b>", "README.md", "text/markdown"),
        ):
            seen = self.look(content, name)
            self.assertTrue(seen.media_type.endswith(media_type), f"{name}: {seen.media_type}")
            self.assertEqual(self.forms, {})

    def test_no_papers(self) -> None:
        """What is inside decides: macros, other compound files, halves, and what is no text."""
        office = "[Content_Types].xml"
        zipped = made.archive("a.txt")
        for content, name in (
            (made.archive("a.txt"), "a.docx"),
            (made.archive("word/document.xml"), "a.docx"),
            (made.archive(office, "word/document.xml"), "a.xlsx"),
            (made.archive(office, "word/document.xml", "word/vbaProject.bin"), "a.docx"),
            (made.archive(office, "word/document.xml", *map(str, range(10_001))), "a.docx"),
            (zipped[:-10], "a.zip"),
            (zipped + b"<script>", "a.zip"),
            (made.compound("Workbook"), "a.doc"),
            (made.compound("__properties_version1.0"), "a.doc"),
            (made.compound("WordDocument")[:600], "a.doc"),
            (b"a\x00b", "a.txt"),
            (b"a" * 300_000 + b"\x00", "a.txt"),
            (b"caf\xe9", "a.txt"),
            (b"\xff\xfea", "a.txt"),
            (b"\x1a\x07", "a.csv"),
            (b"", "a.txt"),
        ):
            self.assertTrue(self.refused(content, name), name)

    def test_names(self) -> None:
        """The ending decides together with the bytes, whatever stands before it."""
        png = made.image("PNG", made.picture((8, 8)))
        for name in ("a.png", "A.PNG", "../../etc/a.png", "a.svg.png", "ü" * 4000 + ".png", "x", ".png", "a\x00b.png"):
            self.assertEqual(self.look(png, name).media_type, "image/png")
        for name in ("a.jpg", "a.svg", "a.png.exe", "a.png\x00", "a.png ", "a." + "x" * 4000, "a.html", "a.png.", "."):
            self.assertIn("would end in .png", self.refused(png, name))
        self.assertEqual(self.look(b"hello", "LICENSE").media_type, "text/plain")
        for name in (".bat", "run.bat.", "a.cmd", "a.txt.lnk"):
            self.assertIn("would end in .csv, .md, .txt", self.refused(b"hello", name))
