"""A server that speaks S3 (moto, in memory): one per process, started when first asked for."""

from __future__ import annotations

import atexit
import os
import re
import subprocess
import sys
import tempfile
import time
from functools import cache

_WAIT_S = 60.0
_SCRIPT = """
import ctypes, signal
# It does not outlive whoever started it.
ctypes.CDLL(None).prctl(1, signal.SIGKILL)
from moto.server import main
main(["-p", "0"])
"""


class Moto:
    """The server. What it says goes into a file, which has no end that could be full."""

    def __init__(self) -> None:
        with tempfile.NamedTemporaryFile("w+") as log:
            line = [sys.executable, "-c", _SCRIPT]
            settings = {**os.environ, "S3_UPLOAD_PART_MIN_SIZE": "1000"}
            self._process = subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=settings)
            atexit.register(self._close)
            end = time.monotonic() + _WAIT_S
            while (found := re.search(r"Running on (http://127\.0\.0\.1:\d+)", log.read())) is None:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError("moto was not ready")
                time.sleep(0.02)
                log.seek(0)
            self.url = found[1]

    def _close(self) -> None:
        self._process.kill()
        self._process.wait(10)


@cache
def running() -> Moto:
    """The one of this process."""
    return Moto()
