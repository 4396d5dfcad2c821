#!/usr/bin/env python3
"""Sends somebody a file, such as a picture, however often the connection breaks meanwhile, and prints its message's id.

usage: SEND_FILE_PASSWORD=… send_file.py --login bot --to @ann [--caption TEXT] [--url ws://127.0.0.1:8080/ws
       --api http://127.0.0.1:8080/api] FILE

Files go to friends and in conversations that were accepted. Without a state file what was not sent at the end of the
program is lost; examples/echo_bot.py has one.
"""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from chatr.client import Client, Refused, SignIn


def show(sent: int, size: int) -> None:
    print(f"\r{100 * sent // size} %", end="", file=sys.stderr, flush=True)


async def main(reactor: Any, options: argparse.Namespace) -> None:
    sign_in = SignIn(reactor, options.api, login=options.login, password=options.password)
    client = Client(reactor, options.url, sign_in, lambda name, data: None, history=False)
    try:
        await client.start()
        person = await client.call("user.get_by_username", username=options.to)
        sent = await client.send_file(options.file, to=person["id"], caption=options.caption, progress=show)
        print(f"\n{sent['file']['name']} is in message {sent['id']}")
    except (Refused, OSError) as error:
        raise SystemExit(f"send_file: {error}") from None
    finally:
        await client.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="ws://127.0.0.1:8080/ws")
    parser.add_argument("--api", default="http://127.0.0.1:8080/api")
    parser.add_argument("--login", required=True)
    parser.add_argument("--password", default=os.environ.get("SEND_FILE_PASSWORD"))
    parser.add_argument("--to", required=True, help="the username of whoever gets it")
    parser.add_argument("--caption", default="")
    parser.add_argument("file")
    chosen = parser.parse_args()
    if not chosen.password:
        parser.error("no password: give it as SEND_FILE_PASSWORD")
    react(lambda reactor: Deferred.fromCoroutine(main(reactor, chosen)))
