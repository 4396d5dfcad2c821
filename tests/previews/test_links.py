"""URLs in normal form, and the first link of a text."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.previews import links
from chatr.previews.urls import joined, normal

#: Code as one pattern, as it was: right, and for each run of backquotes over the rest of the text.
_CODE = re.compile(
    r"^ {0,3}(?P<fence>```+(?=[^`\n]*$)|~~~+).*?(?:^ {0,3}(?P=fence)|\Z)|(?<!`)(?P<run>`+)(?!`).+?(?<!`)(?P=run)(?!`)",
    re.M | re.S,
)


class NormalTests(SynchronousTestCase):
    """chatr.previews.links"""

    def test_one_form(self) -> None:
        """The same page is written in one way."""
        for given_, expected in (
            ("http://example.com", "http://example.com/"),
            ("HTTP://EXAMPLE.com:80/a/../b?x=1#part", "http://example.com/b?x=1"),
            ("https://example.com:443/?q=a=b&c", "https://example.com/?q=a=b&c"),
            ("http://exämple.com/ü?q=ü", "http://xn--exmple-cua.com/%C3%BC?q=%C3%BC"),
            ("http://faß.de/", "http://xn--fa-hia.de/"),
            ("http://ａｂｃ。com/", "http://abc.com/"),
            ("http://example.com/?who=a@b", "http://example.com/?who=a@b"),
            ("http://example.com?who=a@b", "http://example.com/?who=a@b"),
            ("http://1.2.3.4/", "http://1.2.3.4/"),
        ):
            self.assertEqual(normal(given_), expected)
            self.assertEqual(normal(expected), expected)

    def test_refused(self) -> None:
        """Other schemes and ports, names and passwords, what is read in two ways, numbers for hosts."""
        for url in (
            *("ftp://example.com/", "file:///etc/passwd", "gopher://x/", "javascript:alert(1)", "data:,x", "//x/", "x"),
            *("http://", "http:///x", "http:example.com", "http://:80/", "http://a..b/", f"http://{'a' * 64}.com/"),
            *("http://user@example.com/", "http://user:pass@example.com/", "http://@example.com/", "https://a:b@c@d/"),
            *("http://example.com:22/", "http://example.com:8080/", "http://example.com:0/", "http://example.com:x/"),
            *("http://a b/", "http://a\\@b/", "http://a/\t", "http://a/\n", "http://a/\x00", "http://%31.0.0.1/"),
            *("http://2130706433/", "http://0x7f000001/", "http://0177.0.0.1/", "http://127.1/", "http://0x7f.1/"),
            *("http://127.0.0.0x1/", "http://1.2.3.4./", "http://１２７.1/", "http://①②⑦.1", "http://0x/"),
            *("http://[::1]/", "http://[::ffff:127.0.0.1]/", "http://[fe80::1%25eth0]/", "http://[x]/"),
            "http://example.com/" + "x" * 2000,
            "http://example.com/" + "ü" * 1000,
        ):
            self.assertRaises(ValueError, normal, url)

    def test_other_ports(self) -> None:
        """Which ports there are is a setting."""
        self.assertEqual(normal("http://example.com:8080/", (8080,)), "http://example.com:8080/")
        self.assertRaises(ValueError, normal, "http://example.com/", (8080,))

    def test_joined(self) -> None:
        """What stands in a page is meant from there."""
        base = "https://example.com/a/b?c"
        for reference, expected in (
            ("d", "https://example.com/a/d"),
            (" /e\n", "https://example.com/e"),
            ("//cdn.example.com/f", "https://cdn.example.com/f"),
            ("http://other.com", "http://other.com/"),
        ):
            self.assertEqual(joined(base, reference), expected)
        for reference in ("data:image/png;base64,x", "javascript:x", "//user@h/", "//[", "http://a:b"):
            self.assertRaises(ValueError, joined, base, reference)

    @given(st.text(max_size=60), st.sampled_from(["", "http://", "https://example.com/", "http://example.com:", "//"]))
    def test_any_text(self, text: str, before: str) -> None:
        """Whatever it is: ASCII that stays as it is, or ValueError."""
        try:
            found = normal(before + text)
        except ValueError:
            return
        self.assertTrue(found.isascii())
        self.assertEqual(normal(found), found)


class FirstLinkTests(SynchronousTestCase):
    """chatr.previews.links.first_link"""

    def test_first(self) -> None:
        """The first one, without what belongs to the text around it."""
        for text, link in (
            ("see https://a.test/x?y=1&z=(2)#f and http://b.test", "https://a.test/x?y=1&z=(2)#f"),
            ("(http://a.test/b_(c)).", "http://a.test/b_(c)"),
            ("[label](http://a.test/b) and", "http://a.test/b"),
            ("[http://a.test/1](http://b.test/2)", "http://a.test/1"),
            ('<http://a.test/b> "http://c.test"', "http://a.test/b"),
            ("**http://a.test/b**, _http://c.test_", "http://a.test/b"),
            ("HTTPS://A.test!", "HTTPS://A.test"),
            ("看http://a.test/b。很好", "http://a.test/b"),
            ("http://ä.test/ü", "http://ä.test/ü"),
            ("xhttp://a.test http://b.test", "http://b.test"),
            ("ftp://a.test, nothing", ""),
            ("nothing", ""),
        ):
            self.assertEqual(links.first_link(text), link, text)

    def test_code(self) -> None:
        """What is quoted as code is no link: between backquotes, in a fence, in one that is not closed."""
        for text in (
            *("`http://a.test`", "``http://a.test ` ``", "```\nhttp://a.test\n```", "```http://a.test```"),
            *("x\n```python\nhttp://a.test", "~~~\nhttp://a.test\n~~~\n", "a `b http://a.test c` d"),
        ):
            self.assertEqual(links.first_link(text), "", text)
        self.assertEqual(links.first_link("`http://a.test` http://b.test"), "http://b.test")
        self.assertEqual(links.first_link("```\nhttp://a.test\n```\nhttp://b.test"), "http://b.test")
        self.assertEqual(links.first_link("```http://a.test``` http://b.test"), "http://b.test")
        self.assertEqual(links.first_link("a ` http://b.test"), "http://b.test")
        self.assertEqual(links.first_link("`` http://b.test `"), "http://b.test")

    def test_long_texts(self) -> None:
        """However much quotes what, the link behind it is found, unless a fence that nobody closes hides it."""
        runs = " ".join("`" * number for number in range(1, 126))
        for text in ("` " * 4000, "``` " * 2000, "\n```" * 2000, runs):
            self.assertEqual(links.first_link(text + " http://a.test"), "http://a.test")
        self.assertEqual(links.first_link("`" * 8000 + " http://a.test"), "")
        for link in ("http://" * 1100 + "a.test", "http://" + "(" * 8000):
            self.assertEqual(links.first_link(link + " http://a.test"), link)

    @given(st.lists(st.sampled_from(["`", "``", "```", "````", "~~~", "\n", " ", "a", "x`y", "    "]), max_size=14))
    def test_what_is_code(self, parts: list[str]) -> None:
        """Code is what it is by the plain rule."""
        text = "".join(parts)
        self.assertEqual(links._without_code(text), _CODE.sub(" ", text))
