"""What files are called: names of strangers made fit for a disk, a header and a screen."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, unquote_to_bytes

MAX_NAME_BYTES = 255
#: The most that is kept as the ending of a name that is cut.
MAX_ENDING_BYTES = 32
#: Of a file that has none, or one that nothing is left of.
NAMELESS = "file"
#: In names of people's languages and of emoji: joiners, and the variation selectors that are no control characters.
_JOINERS = "\u200c\u200d"
_SLASH = re.compile(r"[/\\]")
_ESCAPED = re.compile(r'\\(["\\])')
#: One parameter of a header (RFC 9110, section 5.6.6): its name, and a token or a quoted string. Nothing of it can
#: match in two ways.
_PARAMETER = re.compile(
    r';[ \t]*+([A-Za-z0-9!#$&+.^_`|~*-]++)[ \t]*+=[ \t]*+("(?:[^"\\]++|\\.)*+"|[^;" \t]++)', re.DOTALL
)
_EXTENDED = re.compile(r"(utf-8|iso-8859-1)'[A-Za-z0-9-]*'(.*)", re.IGNORECASE | re.DOTALL)
#: As browsers write what would end a quoted string (WHATWG HTML, multipart/form-data).
_ESCAPES = (("%22", '"'), ("%0D", "\r"), ("%0A", "\n"))
#: What a token of RFC 8187 may have as it is.
_ATTRIBUTE_CHARS = "!#$&+.^_`|~"


def clean(name: str) -> str:
    """A name as it is kept: the last component of a path, without controls and directions, at most 255 bytes.

    Its ending is kept where it is cut. Never empty, never ``.`` or ``..``.
    """
    last = _SLASH.split(name)[-1]
    text = unicodedata.normalize("NFC", "".join(map(_shown, last))).strip()
    cut = _cut(text)
    return cut if cut.strip(".") else NAMELESS


def of_disposition(header: str) -> str:
    """The file name of a Content-Disposition, cleaned; empty without one. ``filename*`` counts more (RFC 6266)."""
    found = {name.lower(): value for name, value in _PARAMETER.findall(header)}
    extended = _EXTENDED.fullmatch(found.get("filename*", ""))
    if extended:
        charset, encoded = extended.groups()
        return clean(unquote_to_bytes(encoded).decode(charset, "replace"))
    plain = found.get("filename")
    return "" if plain is None else clean(_unquoted(plain))


def disposition(name: str, *, inline: bool) -> str:
    """The header Content-Disposition: an ASCII name for old programs, and the whole one (RFC 6266, RFC 8187)."""
    kind = "inline" if inline else "attachment"
    plain = "".join(each if " " <= each <= "~" and each not in '"\\%' else "_" for each in name)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(name, safe=_ATTRIBUTE_CHARS)}"


def _shown(character: str) -> str:
    """A character of a name; a space for one of another width, nothing for what can't be seen."""
    category = unicodedata.category(character)
    if category == "Zs":
        return " "
    return character if category[0] not in "CZ" or character in _JOINERS else ""


def _unquoted(value: str) -> str:
    """A parameter's value; in quotes as browsers write it, or with backslashes as mail does.

    A backslash stands before a quote or another one, or is that of a path.
    """
    if value[:1] != '"':
        return value
    text = _ESCAPED.sub(r"\1", value[1:-1])
    for escape, meant in _ESCAPES:
        text = text.replace(escape, meant)
    return text


def _cut(name: str) -> str:
    """The beginning and the ending, of whole characters, where it is too long."""
    if len(name.encode()) <= MAX_NAME_BYTES:
        return name
    stem, dot, ending = name.rpartition(".")
    if not stem or len(ending.encode()) >= MAX_ENDING_BYTES:
        stem, dot, ending = name, "", ""
    room = MAX_NAME_BYTES - len((dot + ending).encode())
    return stem.encode()[:room].decode(errors="ignore").rstrip() + dot + ending
