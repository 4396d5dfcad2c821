"""What texts are made of."""

from __future__ import annotations

import emoji
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.errors import ApiError
from chatr.ops.messages import texts

#: What leaves no mark: space of every width, ignorable and filling letters, blanks, controls, selectors, tags.
INVISIBLE = (
    *("\u200b", "\u3164", "\u00ad", "\u2800", "\u00a0", "\u3000", "\ufeff", "\u2060", "\u115f", "\uffa0", "\u034f"),
    *("\x01", "\x7f", "\x85", "\u2028", "\u202e", "\u2066", "\ufe0f", "\U000e0101", "\u180e", "\u17b4"),
    *("\U000e0041", "\U000e0001", "\U0001d159", "\ufff9", "\u200d", " \u200b\u2800\ufe0f\u3164 "),
)


class VisibleTests(SynchronousTestCase):
    """chatr.ops.messages.texts.visible and content"""

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


class EmojiTests(SynchronousTestCase):
    """chatr.ops.messages.texts.all_emoji"""

    def test_table(self) -> None:
        """The table as it lies there says what the library says, which is asked where it lies elsewhere."""
        self.assertEqual(set(texts.all_emoji()), set(emoji.EMOJI_DATA))
        self.assertIsNot(texts.all_emoji(), emoji.EMOJI_DATA)
        self.patch(texts, "_TABLE", "unicode_codes/elsewhere.json")
        self.assertIs(texts.all_emoji(), emoji.EMOJI_DATA)
