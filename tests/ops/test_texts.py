"""What texts are made of."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.ops import texts

#: Code as one pattern, as it was: right, and for each run of backquotes over the rest of the text.
_CODE = re.compile(
    r"^ {0,3}(?P<fence>```+(?=[^`\n]*$)|~~~+).*?(?:^ {0,3}(?P=fence)|\Z)|(?<!`)(?P<run>`+)(?!`).+?(?<!`)(?P=run)(?!`)",
    re.M | re.S,
)


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
        """However it is quoted, it takes no time."""
        for text in ("`" * 8000, "` " * 4000, "``` " * 2000, "\n```" * 2000, "http://" * 1100, "http://" + "(" * 8000):
            texts.first_link(text + " http://a.test")
        runs = " ".join("`" * number for number in range(1, 126))
        texts.first_link(runs + " http://a.test")

    @given(st.lists(st.sampled_from(["`", "``", "```", "````", "~~~", "\n", " ", "a", "x`y", "    "]), max_size=14))
    def test_what_is_code(self, parts: list[str]) -> None:
        """Code is what it is by the plain rule."""
        text = "".join(parts)
        self.assertEqual(texts._without_code(text), _CODE.sub(" ", text))
