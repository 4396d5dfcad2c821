"""Writing a new file past the system's memory for files (O_DIRECT), where nobody is about to read it.

The system copies what is written to pages of its own, and from there to the disk: that is 7 % of the processor time of
an upload, and 35 % where the machine has to be given those pages first, as a virtual one may. Here the disk takes it
from memory that is used again and again.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from errno import EINVAL
from mmap import mmap
from pathlib import Path
from threading import local

#: Where and in what sizes disks are written to, at the least; more is a multiple of it.
BLOCK_BYTES = 4096
#: Other systems have no such way, or another one.
_DIRECT = getattr(os, "O_DIRECT", 0)


class Unbuffered:
    """Writes files of up to ``most_bytes``, a multiple of :data:`BLOCK_BYTES`. Keeps so much memory for each thread."""

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._of_thread = local()

    def write(self, path: Path, pieces: Sequence[bytes], mode: int) -> bool:
        """Write a whole file, in a thread. False: not here, or not so many bytes; write it the ordinary way.

        As with any write an fsync is needed so that it outlasts a loss of power. Raises OSError.
        """
        size = sum(map(len, pieces))
        if not _DIRECT or size > self._most_bytes:
            return False
        try:
            flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC | _DIRECT
            descriptor = os.open(path, flags, mode)
        except OSError as error:
            if error.errno != EINVAL:
                raise
            return False
        try:
            # Less than all: whatever the reason is, the ordinary way finds it out.
            content = self._filled(pieces, size)
            if os.write(descriptor, content) < len(content):
                return False
            os.ftruncate(descriptor, size)
        except OSError as error:
            # This disk has larger blocks.
            if error.errno != EINVAL:
                raise
            return False
        finally:
            os.close(descriptor)
        return True

    def _filled(self, pieces: Sequence[bytes], size: int) -> memoryview:
        """The pieces in whole blocks, the last with zeros behind them: what others have sent was here before."""
        memory: mmap | None = getattr(self._of_thread, "memory", None)
        if memory is None:
            # By pages, as the disk wants it.
            memory = self._of_thread.memory = mmap(-1, self._most_bytes)
        at = 0
        for piece in pieces:
            memory[at : at + len(piece)] = piece
            at += len(piece)
        stop = -(-size // BLOCK_BYTES) * BLOCK_BYTES
        memory[size:stop] = bytes(stop - size)
        return memoryview(memory)[:stop]
