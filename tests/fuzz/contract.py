"""Schemathesis against a server of its own: ``python -m tests.fuzz.contract [seconds]``, part of ``make soak``.

What may fail: nothing. No answer is a server error, none differs from its schema, and a request that the reference
calls valid is refused only for a rule that the reference says in words (``tests/fuzz/hooks.py``).
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import datetime, timezone
from pathlib import Path

from bench.server import Server, running
from chatr.auth.tokens import Tokens
from chatr.datadir import DataDirectory

SECONDS = 180
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "ignored_auth",
    "valid_request_accepted",
)
#: They end the session that the other requests are made with.
LEFT_OUT = ("session.logout", "account.delete")


def main(seconds: int) -> int:
    """The exit code of Schemathesis: 0 when every check passed."""
    with running() as server:
        url = f"http://127.0.0.1:{server.port}/api"
        command = [str(Path(sys.executable).parent / "schemathesis"), "run", f"{url}/openapi.json", "--url", url]
        command += ["--header", f"Authorization: Bearer {_token(server)}", "--checks", ",".join(CHECKS)]
        command += ["--phases", "coverage,fuzzing", "--max-time", str(seconds), "--continue-on-failure"]
        command += ["--warnings", "off", "--suppress-health-check", "all"]
        for name in LEFT_OUT:
            command += ["--exclude-operation-id", name]
        environment = {**os.environ, "SCHEMATHESIS_HOOKS": "tests.fuzz.hooks"}
        return subprocess.run(command, env=environment, timeout=seconds + 120, check=False).returncode


def _token(server: Server) -> str:
    """An access token of a new account that lasts longer than the run."""
    [person, *_] = server.people(10)
    keys = DataDirectory.open(server.home).signing_keys()
    tokens = Tokens(keys, lifetime_s=3600, now=lambda: datetime.now(timezone.utc))
    return tokens.issue(person, person, "user")


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else SECONDS))
