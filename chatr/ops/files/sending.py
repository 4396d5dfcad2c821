"""Files as messages: why one can't be sent."""

from __future__ import annotations

from chatr.api.errors import ApiError, invalid

#: Outcomes of SQL function judge_sends that are about the file.
REFUSED = frozenset({"no_file", "file_used", "no_files_yet"})


def refused(outcome: str) -> ApiError:
    """What a sender is told."""
    if outcome == "file_used":
        return ApiError("conflict", "The file is in another message already: upload it again")
    if outcome == "no_files_yet":
        return ApiError("forbidden", "Files can be sent when the recipient has accepted the request")
    return invalid("$.fileId", "is no file of yours that could be sent")
