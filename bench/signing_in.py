"""``python -m bench.signing_in``: what signing in costs the server, and what its timing gives away. Chatr alone.

1. 50 people sign in at once, bcrypt at its real cost: the reactor must not be late by 50 ms.
2. Login, forgotten password and resent code, for accounts that exist and for accounts that don't, in random order. For
   each the chance that the slower of two answers is the one about an existing account (0.5: no difference), and the
   probability of a distance as large as that when nothing is different (Mann-Whitney). Answers must be the same text.

The server is a twistd of its own in production mode on an embedded PostgreSQL; the rate limits are off.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import bcrypt
import psycopg2

PASSWORD = "Correct-horse-7"
PEOPLE = 50
LAG_LIMIT_S = 0.05
#: Tries with wrong passwords at one login name: below the ten that lock it.
TRIES_EACH = 8
#: What differs between any two answers; and ``sentTo`` of an account that waits for its first confirmation: its id is
#: known to whoever registered it and to nobody else.
CHANGING = re.compile(r'"(requestId|expiresAt)":"[^"]*"|"sentTo":"f[^"]*"|"sentTo":"\*\*\*"')
# A difference that chance brings once in a thousand runs is not believed to be chance.
SIGNIFICANT = 0.001


class Server:
    """A chatr of its own, from its start to its end."""

    def __init__(self, home: Path) -> None:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        options = ["--http", f"tcp:{self.port}:interface=127.0.0.1:backlog=512", "--data-dir", str(home)]
        for setting in ("server.mode=production", "auth.login_code=off", "limits.enabled=false"):
            options += ["--set", setting]
        twistd = [sys.executable, "-c", "from twisted.scripts.twistd import run; run()", "--nodaemon", "--pidfile="]
        environment = {key: value for key, value in os.environ.items() if not key.startswith("CHATR_")}
        self._log = (home.parent / "chatr.log").open("w+")
        self._process = subprocess.Popen(
            [*twistd, "chatr", *options], stdout=self._log, stderr=subprocess.STDOUT, env=environment
        )
        deadline = time.monotonic() + 60
        while not self._ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop()
                self._log.seek(0)
                raise SystemExit(f"the server did not start:\n{self._log.read()}")
            time.sleep(0.1)
        self.database = psycopg2.connect(host=(home / "pg.socket").read_text().strip(), user="chatr", dbname="chatr")
        self.database.autocommit = True

    def stop(self) -> None:
        """End it and wait."""
        self._process.terminate()
        self._process.wait(30)

    def post(self, path: str, body: object) -> tuple[int, str]:
        """Status and text of an answer, over a new connection."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            connection.request("POST", f"/api{path}", json.dumps(body), {"Content-Type": "application/json"})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def lag(self) -> dict[float, float]:
        """Looks at the reactor so far by the bucket that they are at most: seconds -> how many."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", "/metrics")
        text = connection.getresponse().read().decode()
        connection.close()
        found = re.findall(r'^chatr_reactor_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', text, re.M)
        return {float(bound): float(number) for bound, number in found}

    def ids(self, kind: str) -> list[str]:
        """Of the people made by :func:`populate`."""
        with self.database.cursor() as cursor:
            cursor.execute("SELECT id FROM users WHERE username LIKE %s", (f"@{kind}%",))
            return [str(row[0]) for row in cursor.fetchall()]

    def _ready(self) -> bool:
        try:
            connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
            connection.request("GET", "/ready")
            return connection.getresponse().status == 200
        except OSError:
            return False


def populate(server: Server) -> None:
    """People who can sign in, ``@known0`` …, and for each one who has not confirmed the address, ``@fresh0`` …"""
    hashed = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(12)).decode()
    with server.database.cursor() as cursor:
        for number in range(PEOPLE):
            for kind, verified in (("known", "now()"), ("fresh", "NULL")):
                name = f"{kind}{number}"
                cursor.execute(
                    "INSERT INTO users (id, username, email, password_hash, display_name, email_verified_at)"
                    f" VALUES (%s, %s, %s, %s, %s, {verified})",
                    (str(uuid.uuid4()), f"@{name}", f"{name}@example.org", hashed, name),
                )


def at_once(server: Server) -> bool:
    """50 logins in the same moment; whether the reactor was on time throughout."""
    before, started = server.lag(), time.monotonic()

    def login(number: int) -> float:
        status, text = server.post("/auth/login", {"login": f"known{number}", "password": PASSWORD})
        assert status == 200, text
        return time.monotonic() - started

    with ThreadPoolExecutor(PEOPLE) as threads:
        seconds = sorted(threads.map(login, range(PEOPLE)))
    looks = {bound: number - before[bound] for bound, number in server.lag().items()}
    total, late = looks[float("inf")], looks[float("inf")] - looks[LAG_LIMIT_S]
    bounds = ", ".join(f"≤ {bound * 1000:g} ms: {number:g}" for bound, number in looks.items() if bound <= LAG_LIMIT_S)
    print(f"{PEOPLE} logins at once: first after {seconds[0]:.2f} s, last after {seconds[-1]:.2f} s")
    print(f"  reactor lag, {total:g} looks: {bounds}; later than that: {late:g}")
    return total > 0 and late == 0


def compare(server: Server, name: str, path: str, known: list[object], unknown: list[object]) -> bool:
    """Ask both in random order; whether text and time are the same."""
    asked = [(True, body) for body in known] + [(False, body) for body in unknown]
    random.shuffle(asked)
    times: dict[bool, list[float]] = {True: [], False: []}
    texts: dict[bool, set[str]] = {True: set(), False: set()}
    server.post(path, unknown[0])
    for exists, body in asked:
        started = time.perf_counter()
        status, text = server.post(path, body)
        times[exists].append(time.perf_counter() - started)
        texts[exists].add(f"{status} " + CHANGING.sub("", text))
    chance, probability = mann_whitney(times[True], times[False])
    medians = [statistics.median(times[exists]) * 1000 for exists in (True, False)]
    same = texts[True] == texts[False]
    print(
        f"{name}: known {medians[0]:.2f} ms, unknown {medians[1]:.2f} ms (medians of {len(known)}), slower is known: "
        f"{chance:.2f}, p = {probability:.3f}; texts {'the same' if same else f'differ: {texts}'}"
    )
    return same and probability > SIGNIFICANT


def mann_whitney(a: list[float], b: list[float]) -> tuple[float, float]:
    """The chance that a member of ``a`` is above one of ``b``, and the two-sided probability under no difference.

    Normal approximation, which holds from about 20 values a side on.
    """
    above = sum((x > y) + 0.5 * (x == y) for x in a for y in b)
    mean, deviation = len(a) * len(b) / 2, (len(a) * len(b) * (len(a) + len(b) + 1) / 12) ** 0.5
    return above / (len(a) * len(b)), 2 * statistics.NormalDist().cdf(-abs(above - mean) / deviation)


def main() -> int:
    """Measure and print; 1 when the reactor was late or an answer gives away who has an account."""
    parser = argparse.ArgumentParser(prog="python -m bench.signing_in", description=__doc__.partition("\n")[0])
    parser.add_argument("--samples", type=int, default=200, help="answers of each kind")
    samples = parser.parse_args().samples
    each = range(PEOPLE), range(-(-samples // PEOPLE))
    if len(each[1]) > TRIES_EACH:
        parser.error(f"at most {PEOPLE * TRIES_EACH} samples: more would lock the accounts")

    def bodies(make: str) -> list[object]:
        return [json.loads(make % number) for number in each[0] for _ in each[1]][:samples]

    # A folder that the unprivileged account of the embedded PostgreSQL can pass, as root runs it under another name.
    with tempfile.TemporaryDirectory(prefix="chatr-bench-", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o755)
        server = Server(Path(folder) / "data")
        try:
            populate(server)
            good = at_once(server)
            login = '{"login": "%s%%d", "password": "Wrong-horse-7"}'
            forgot = '{"email": "%s%%d@example.org"}'
            good &= compare(server, "login", "/auth/login", bodies(login % "known"), bodies(login % "other"))
            good &= compare(
                server, "forgot", "/auth/forgot-password", bodies(forgot % "known"), bodies(forgot % "other")
            )
            resend = '{"userId": "%s", "purpose": "email"}'
            nobody: list[object] = [json.loads(resend % uuid.uuid4()) for _ in range(samples)]
            for kind in ("known", "fresh"):
                ids = [json.loads(resend % user_id) for user_id in server.ids(kind) for _ in each[1]][:samples]
                good &= compare(server, f"resend ({kind})", "/auth/resend-verification", ids, nobody)
        finally:
            server.stop()
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
