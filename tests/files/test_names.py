"""Names of files."""

from __future__ import annotations

from time import perf_counter

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.files.names import MAX_NAME_BYTES, NAMELESS, clean, disposition, of_disposition


class CleanTests(SynchronousTestCase):
    """What a name is kept as."""

    def test_paths(self) -> None:
        """The last component, whatever the slashes; never one that leads elsewhere."""
        for given_name, kept in (
            ("a.txt", "a.txt"),
            ("/etc/passwd", "passwd"),
            ("C:\\temp\\x.exe", "x.exe"),
            ("a/b\\c", "c"),
            ("../..", NAMELESS),
            ("..", NAMELESS),
            ("a/", NAMELESS),
            ("", NAMELESS),
            ("...", NAMELESS),
            (".htaccess", ".htaccess"),
        ):
            self.assertEqual(clean(given_name), kept)

    def test_characters(self) -> None:
        """Nothing that can't be seen, ends a line or turns it round; people's languages and emoji as they are."""
        for given_name, kept in (
            ("a\0b\r\nc\x1b.txt", "abc.txt"),
            ("a\u202egpj.exe", "agpj.exe"),
            ("at 9.41\u202fAM.png", "at 9.41 AM.png"),
            ("  a.txt \t", "a.txt"),
            ("\u200b\u2028", NAMELESS),
            ("\ud800a", "a"),
            ("e\u0301.txt", "\u00e9.txt"),
            (
                "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.pdf",
                "\u0645\u06cc\u200c\u062e\u0648\u0627\u0647\u0645.pdf",
            ),
            ("\U0001f469\u200d\U0001f4bb\ufe0f.png", "\U0001f469\u200d\U0001f4bb\ufe0f.png"),
        ):
            self.assertEqual(clean(given_name), kept)

    def test_length(self) -> None:
        """Cut between characters, with its ending if that is one."""
        self.assertEqual(clean("n" * 4000 + ".jpeg"), "n" * 250 + ".jpeg")
        self.assertEqual(clean("\u00e9" * 200 + ".pdf"), "\u00e9" * 125 + ".pdf")
        self.assertEqual(clean("a." + "x" * 400), ("a." + "x" * 400)[:255])
        self.assertEqual(clean("." + "x" * 400), "." + "x" * 254)

    @given(st.text(st.characters(), max_size=400))
    def test_any(self, text: str) -> None:
        """Whatever comes: a name of a file in any folder, and the same again when it is cleaned again."""
        kept = clean(text)
        self.assertLessEqual(len(kept.encode()), MAX_NAME_BYTES)
        self.assertTrue(kept.strip("."))
        self.assertFalse(set(kept) & set("/\\\0\r\n"))
        self.assertEqual(clean(kept), kept)


class DispositionTests(SynchronousTestCase):
    """Content-Disposition, read and written."""

    def test_read(self) -> None:
        """Quoted as browsers, mail and old programs do; ``filename*`` counts more."""
        for header, name in (
            ('form-data; name="file"; filename="a b.txt"', "a b.txt"),
            ("form-data; name=file; filename=a.txt", "a.txt"),
            ('form-data; filename="a%22b%0A.txt"', 'a"b.txt'),
            ('form-data; filename="a\\"b\\\\"', NAMELESS),
            ('form-data; filename="C:\\dir\\a.txt"', "a.txt"),
            ('form-data; filename="a;b=c.txt"', "a;b=c.txt"),
            ("form-data; filename=\"x\"; filename*=UTF-8''%e2%82%ac%20rates.txt", "\u20ac rates.txt"),
            ("form-data; filename*=iso-8859-1'en'%A3.txt", "\u00a3.txt"),
            ("form-data; filename*=UTF-8''..%2f..%2fetc%2fpass%00wd", "passwd"),
            ("form-data; filename*=UTF-8''%ff.txt", "\ufffd.txt"),
            ("form-data; filename*=ebcdic''x; filename=y", "y"),
            ('form-data; filename=""', NAMELESS),
            ('form-data; name="file"', ""),
            ("form-data", ""),
        ):
            self.assertEqual(of_disposition(header), name, header)

    def test_linear(self) -> None:
        """No header takes long."""
        for text in (';a="', ';a="\\', ";", "; ", ';a="\\";', "=", '"', ";a=b "):
            began = perf_counter()
            of_disposition("form-data" + text * (16_384 // len(text)))
            self.assertLess(perf_counter() - began, 0.1, text)

    def test_written(self) -> None:
        """An ASCII name that ends no quotes, and the whole one."""
        self.assertEqual(
            disposition('\u20ac "x".pdf', inline=False),
            "attachment; filename=\"_ _x_.pdf\"; filename*=UTF-8''%E2%82%AC%20%22x%22.pdf",
        )
        self.assertEqual(disposition("a.png", inline=True), "inline; filename=\"a.png\"; filename*=UTF-8''a.png")

    @given(st.text(st.characters(exclude_categories=["Cs"]), max_size=100))
    def test_there_and_back(self, text: str) -> None:
        """What is written is read as it was, and is ASCII on one line."""
        name = clean(text)
        header = disposition(name, inline=False)
        self.assertTrue(header.isascii() and header.isprintable())
        self.assertEqual(of_disposition(header), name)
