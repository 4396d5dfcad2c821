"""The first link of a text, outside of code. Which may be fetched says urls.py."""

from __future__ import annotations

import re

#: Markdown's code begins: a fence at the beginning of a line, to the next or to the end, or a run of backquotes.
_CODE = re.compile(r"^ {0,3}(?P<fence>```+(?=[^`\n]*$)|~~~+)|(?<!`)(?P<run>`++)", re.M)
_FENCE = re.compile(r"^ {0,3}(```+|~~~+)", re.M)
_RUN = re.compile(r"`++")
#: Up to a space, a quotation mark, an angle bracket, or punctuation of scripts that have no spaces.
_LINK = re.compile(
    r"(?<![A-Za-z0-9+.-])https?://[^\s<>\"“”«»\u3000-\u303f\uff01-\uff0f\uff1a-\uff20\uff3b-\uff40\uff5b-\uff65]+", re.I
)
_CLOSING = {")": "(", "]": "[", "}": "{"}


def first_link(text: str) -> str:
    """The first http(s) URL outside of code, without the punctuation around it; empty if there is none."""
    if "://" not in text:
        return ""
    found = _LINK.search(_without_code(text) if "`" in text or "~" in text else text)
    return _balanced(found[0]).rstrip("?!.,:;*_~'’") if found else ""


def _without_code(text: str) -> str:
    """A text with a space for each piece of Markdown's code. It passes over the text once for each of its steps.

    One pattern would look for the end of each run of backquotes anew: 126 times through a message of 8,000.
    """
    runs: dict[int, list[int]] = {}
    for run in reversed(list(_RUN.finditer(text))):
        runs.setdefault(len(run[0]), []).append(run.start())
    kept: list[str] = []
    done = at = 0
    while found := _CODE.search(text, at):
        end = _end_of_code(text, found, runs)
        if end is not None:
            kept += [text[done : found.start()], " "]
            done = end
        at = end or found.end()
    return "".join([*kept, text[done:]])


def _end_of_code(text: str, found: re.Match[str], runs: dict[int, list[int]]) -> int | None:
    """Where code ends that begins here; None when it is not closed. ``runs``: starts by length, the first one last."""
    fence = found["fence"]
    if fence:
        closing = (each for each in _FENCE.finditer(text, found.end()) if each[1].startswith(fence))
        return next((each.start(1) + len(fence) for each in closing), len(text))
    same = runs[len(found["run"])]
    while same and same[-1] <= found.start():
        same.pop()
    return same[-1] + len(found["run"]) if same else None


def _balanced(link: str) -> str:
    """A link up to the first bracket that closes what it did not open: that belongs to the text around it."""
    open_ones: list[str] = []
    for index, character in enumerate(link):
        if character in "([{":
            open_ones.append(character)
        elif character in _CLOSING and (not open_ones or open_ones.pop() != _CLOSING[character]):
            return link[:index]
    return link
