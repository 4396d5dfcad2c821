"""What texts are made of."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.ops import texts

#: Code as one pattern, as it was: right, and for each run of backquotes over the rest of the text.
_CODE = re.compile(
    r"^ {0,3}(?P<fence>```+(?=[^`\n]*$)|~~~+).*?(?:^ {0,3}(?P=fence)|\Z)|(?<!`)(?P<run>`+)(?!`).+?(?<!`)(?P=run)(?!`)",
    re.M | re.S,
)

#: What leaves no mark: space of every width, ignorable and filling letters, blanks, controls, selectors, tags.
INVISIBLE = (
    *("\u200b", "\u3164", "\u00ad", "\u2800", "\u00a0", "\u3000", "\ufeff", "\u2060", "\u115f", "\uffa0", "\u034f"),
    *("\x01", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ufe0f", "\U000e0101", "\u180e", "\u17b4"),
    *("\U000e0041", "\U000e0001", "\U0001d159", "\ufff9", "\u200d", " \u200b\u2800\ufe0f\u3164 "),
)


class VisibleTests(SynchronousTestCase):
    """chatr.ops.texts.visible and content"""

    def test_invisible(self) -> None:
        """A text that shows nothing is none, however much of it there is."""
        for text in INVISIBLE:
            self.assertFalse(texts.visible(text), ascii(text))
            for content in (text + "\u200b", text * 100):
                if content.strip():
                    error = self.assertRaises(ApiError, texts.content, content)
                    self.assertEqual([each.path for each in error.errors], ["$.content"], ascii(text))

    def test_visible(self) -> None:
        """Letters of all scripts, signs, emoji, marks by themselves, what no font has yet; with invisible ones too."""
        for text in ("a", ".", "李", "ا", "👍", "❤️", "\u0301", "\u0600", "\U0001fbfa", "\ue000", "\u200ba\u200b", "_"):
            self.assertTrue(texts.visible(text), ascii(text))
            self.assertEqual(texts.content(text), text)


class FirstLinkTests(SynchronousTestCase):
    """chatr.ops.texts.first_link"""

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
            self.assertEqual(texts.first_link(text), link, text)

    def test_code(self) -> None:
        """What is quoted as code is no link: between backquotes, in a fence, in one that is not closed."""
        for text in (
            *("`http://a.test`", "``http://a.test ` ``", "```\nhttp://a.test\n```", "```http://a.test```"),
            *("x\n```python\nhttp://a.test", "~~~\nhttp://a.test\n~~~\n", "a `b http://a.test c` d"),
        ):
            self.assertEqual(texts.first_link(text), "", text)
        self.assertEqual(texts.first_link("`http://a.test` http://b.test"), "http://b.test")
        self.assertEqual(texts.first_link("```\nhttp://a.test\n```\nhttp://b.test"), "http://b.test")
        self.assertEqual(texts.first_link("```http://a.test``` http://b.test"), "http://b.test")
        self.assertEqual(texts.first_link("a ` http://b.test"), "http://b.test")
        self.assertEqual(texts.first_link("`` http://b.test `"), "http://b.test")

    def test_long_texts(self) -> None:
        """However much quotes what, the link behind it is found, unless a fence that nobody closes hides it."""
        runs = " ".join("`" * number for number in range(1, 126))
        for text in ("` " * 4000, "``` " * 2000, "\n```" * 2000, runs):
            self.assertEqual(texts.first_link(text + " http://a.test"), "http://a.test")
        self.assertEqual(texts.first_link("`" * 8000 + " http://a.test"), "")
        for link in ("http://" * 1100 + "a.test", "http://" + "(" * 8000):
            self.assertEqual(texts.first_link(link + " http://a.test"), link)

    @given(st.lists(st.sampled_from(["`", "``", "```", "````", "~~~", "\n", " ", "a", "x`y", "    "]), max_size=14))
    def test_what_is_code(self, parts: list[str]) -> None:
        """Code is what it is by the plain rule."""
        text = "".join(parts)
        self.assertEqual(texts._without_code(text), _CODE.sub(" ", text))
