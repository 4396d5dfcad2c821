"""``python -m bench.signing_in``: what signing in costs the server, and what its timing gives away. Chatr alone.

1. 50 people sign in at once, bcrypt at its real cost: the reactor must not be late by 50 ms.
2. 300 logins at once from one IPv6 /64: the logins of somebody else meanwhile must take less than a second each.
3. Login, forgotten password and resent code, for accounts that exist and for accounts that don't, in random order. For
   each the chance that the slower of two answers is the one about an existing account (0.5: no difference), and the
   probability of a distance as large as that when nothing is different (Mann-Whitney). Answers must be the same text.

The server is a twistd of its own in production mode on an embedded PostgreSQL; the rate limits are off.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import statistics
import sys
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import bcrypt

from bench.server import Server, running

PASSWORD = "Correct-horse-7"
PEOPLE = 50
LAG_LIMIT_S = 0.05
#: Logins from one network at once, and what somebody else's may take meanwhile.
CROWD, HONEST_LIMIT_S = 300, 1.0
#: Tries with wrong passwords at one login name: below the ten that lock it.
TRIES_EACH = 8
#: What differs between any two answers; and ``sentTo`` of an account that waits for its first confirmation: its id is
#: known to whoever registered it and to nobody else.
CHANGING = re.compile(r'"(requestId|expiresAt)":"[^"]*"|"sentTo":"f[^"]*"|"sentTo":"\*\*\*"')
# A difference that chance brings once in a thousand runs is not believed to be chance.
SIGNIFICANT = 0.001


def lag(server: Server) -> dict[float, float]:
    """Looks at the reactor so far by the bucket that they are at most: seconds -> how many."""
    text = server.get("/metrics")
    found = re.findall(r'^chatr_reactor_lag_seconds_bucket\{le="([^"]+)"\} (\S+)', text, re.M)
    return {float(bound): float(number) for bound, number in found}


def ids(server: Server, kind: str) -> list[str]:
    """Of the people made by :func:`populate`."""
    with server.database.cursor() as cursor:
        cursor.execute("SELECT id FROM users WHERE username LIKE %s", (f"@{kind}%",))
        return [str(row[0]) for row in cursor.fetchall()]


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
    before, started = lag(server), time.monotonic()

    def login(number: int) -> float:
        status, text = server.post("/auth/login", {"login": f"known{number}", "password": PASSWORD})
        assert status == 200, text
        return time.monotonic() - started

    with ThreadPoolExecutor(PEOPLE) as threads:
        seconds = sorted(threads.map(login, range(PEOPLE)))
    looks = {bound: number - before[bound] for bound, number in lag(server).items()}
    total, late = looks[float("inf")], looks[float("inf")] - looks[LAG_LIMIT_S]
    bounds = ", ".join(f"≤ {bound * 1000:g} ms: {number:g}" for bound, number in looks.items() if bound <= LAG_LIMIT_S)
    print(f"{PEOPLE} logins at once: first after {seconds[0]:.2f} s, last after {seconds[-1]:.2f} s")
    print(f"  reactor lag, {total:g} looks: {bounds}; later than that: {late:g}")
    return total > 0 and late == 0


def crowd(server: Server) -> bool:
    """Logins of one network in the same moment, and a few of somebody else's among them; whether those were quick."""

    def login(number: int) -> int:
        # Few of each account, so that none locks itself.
        body = {"login": f"known{2 + number % (PEOPLE - 2)}", "password": PASSWORD}
        return server.post("/auth/login", body, f"2001:db8:bad:1::{number:x}")[0]

    def honest() -> float:
        started = time.monotonic()
        status, text = server.post("/auth/login", {"login": "known1", "password": PASSWORD}, "2001:db8:0:1::1")
        assert status == 200, text
        return time.monotonic() - started

    alone = statistics.median(honest() for _ in range(5))
    with ThreadPoolExecutor(CROWD) as threads:
        answers = [threads.submit(login, number) for number in range(CROWD)]
        while waiting(server) < 50:
            time.sleep(0.01)
        among = [honest() for _ in range(5)]
        behind = waiting(server)
    statuses = [answer.result() for answer in answers]
    signed_in, refused = statuses.count(200), statuses.count(503)
    shown = ", ".join(f"{each:.2f}" for each in among)
    print(f"{CROWD} logins at once from one /64: {signed_in} signed in, {refused} refused as too many")
    print(f"  somebody else's logins: alone {alone:.2f} s, meanwhile {shown} s; {behind:g} of the crowd wait still")
    return max(among) < HONEST_LIMIT_S and behind > 0 and signed_in + refused == CROWD


def waiting(server: Server) -> float:
    """Password hashes that wait for a thread."""
    found = re.search(r"^chatr_passwords_waiting (\S+)", server.get("/metrics"), re.M)
    assert found is not None
    return float(found[1])


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

    with running("auth.login_code=off", "server.trusted_proxies=1") as server:
        populate(server)
        good = at_once(server)
        good &= crowd(server)
        login = '{"login": "%s%%d", "password": "Wrong-horse-7"}'
        forgot = '{"email": "%s%%d@example.org"}'
        good &= compare(server, "login", "/auth/login", bodies(login % "known"), bodies(login % "other"))
        good &= compare(server, "forgot", "/auth/forgot-password", bodies(forgot % "known"), bodies(forgot % "other"))
        resend = '{"userId": "%s", "purpose": "email"}'
        nobody: list[object] = [json.loads(resend % uuid.uuid4()) for _ in range(samples)]
        for kind in ("known", "fresh"):
            known = [json.loads(resend % user_id) for user_id in ids(server, kind) for _ in each[1]][:samples]
            good &= compare(server, f"resend ({kind})", "/auth/resend-verification", known, nobody)
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
