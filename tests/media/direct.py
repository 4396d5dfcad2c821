"""What a worker does with a file, done in the process of the test, where it is quicker."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

from PIL import Image
from twisted.trial.unittest import SynchronousTestCase

from chatr.media import seeing
from chatr.media.asked import ORIGINAL, Look, Purpose, Seen, Unsupported
from chatr.media.ends import told_by_ends
from chatr.media.kinds import ending
from chatr.media.processes.frames import Said, Want
from chatr.media.processes.handed import Handed
from chatr.media.processes.handing import Handing

MAX_PIXELS = 50_000_000
#: Places in made.picture(), and what colour is there.
QUARTERS = {
    (0.25, 0.25): (255, 0, 0),
    (0.75, 0.25): (0, 255, 0),
    (0.25, 0.75): (0, 0, 255),
    (0.75, 0.75): (255, 255, 255),
}
#: The same, when the camera was held on its side: what is seen is what it meant.
CLOCKWISE = {(0.25, 0.25): (0, 0, 255), (0.75, 0.25): (255, 0, 0), (0.75, 0.75): (0, 255, 0)}


class DirectCase(SynchronousTestCase):
    """Looks at files; ``forms`` has what was made of the last."""

    forms: dict[str, bytes]

    def look(self, content: bytes, name: str, purpose: Purpose = "file") -> Seen:
        """Look at a file, and assert that what is made is what is told, and that no more is told without a worker."""
        made: dict[str, bytearray] = {}

        def ask(said: Said) -> bytes:
            if isinstance(said, Want):
                return content[said.offset : said.offset + said.size]
            made.setdefault(said.name, bytearray()).extend(said.content)
            return b""

        look = Look(ending(name), purpose, MAX_PIXELS)
        at_once = self.at_once(content, look)
        try:
            seen = seeing.look(look, Handed(len(content), ask))
        except Unsupported as error:
            self.assertIn(at_once, (None, str(error)))
            raise
        self.assertIn(at_once, (None, seen))
        self.forms = {form: bytes(each) for form, each in made.items()}
        self.assertEqual({form: self.opened(form).size for form in made}, seen.forms)
        return seen

    def at_once(self, content: bytes, look: Look) -> Seen | str | None:
        """What is told without a worker, or why it is refused; None: nothing."""
        path = Path(self.mktemp())
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        handing = Handing(path, len(content))
        try:
            return told_by_ends(look, handing)
        except Unsupported as error:
            return str(error)
        finally:
            handing.close(keep=False)

    def refused(self, content: bytes, name: str, purpose: Purpose = "file") -> str:
        """Assert that it can't be sent; the reason."""
        try:
            self.look(content, name, purpose)
        except Unsupported as error:
            return str(error)
        self.fail(f"{name} was taken")

    def opened(self, form: str) -> Any:
        """An image that was made."""
        image = Image.open(io.BytesIO(self.forms[form]))
        self.addCleanup(image.close)
        image.load()
        self.assertTrue(form == ORIGINAL or image.format == "WEBP")
        return image

    def assert_colours(self, expected: dict[tuple[float, float], tuple[int, int, int]] = QUARTERS) -> None:
        """Assert that these colours stand at these places of all forms, nearly."""
        for form in self.forms:
            check_colours(self, self.opened(form), expected)


def check_colours(
    test: Any, image: Image.Image, expected: dict[tuple[float, float], tuple[int, int, int]] = QUARTERS
) -> None:
    """Assert that these colours stand at these places of an image, nearly."""
    plain = image.convert("RGB")
    for (x, y), colour in expected.items():
        found: Any = plain.getpixel((int(x * image.width), int(y * image.height)))
        for ours, theirs in zip(found, colour, strict=True):
            test.assertApproximates(ours, theirs, 40, f"{found} at {x}, {y} of {image}")
