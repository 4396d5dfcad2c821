#!/usr/bin/env python3
"""A bot that answers every message with the same text, and misses none: not when the connection drops, not when the
server restarts, not when the bot itself was away.

usage: ECHO_BOT_PASSWORD=… echo_bot.py --login bot [--url ws://127.0.0.1:8080/ws --api http://127.0.0.1:8080/api]
       [--state FILE]

The account may be made by ``chatr user create bot --bot``, which prints a password. ``--password`` works too, but shows
it to whoever lists the machine's processes.
chatr.client does the work: it resumes, fills gaps from the log, and keeps its progress in the state file. The clientId
of an answer is derived from the message that it answers, so that an answer is never sent twice.
"""

from __future__ import annotations

import argparse
import os
import sys
import uuid
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.logger import globalLogBeginner, textFileLogObserver

from chatr.client import Client, FileState, Lost, Refused, SignIn

NAMESPACE = uuid.UUID("5f4f2c5e-9d0c-4f0e-8f5c-0f3d1c8f6a11")


class EchoBot:
    """Answers what it is handed. What it could not finish it is handed again."""

    def __init__(self, reactor: Any, options: argparse.Namespace) -> None:
        sign_in = SignIn(reactor, options.api, login=options.login, password=options.password)
        self.client = Client(reactor, options.url, sign_in, self.heard, state=FileState(options.state))

    async def heard(self, name: str, data: dict[str, Any]) -> None:
        if name == "sync.changes":
            print("echo bot: connected", flush=True)
        message = data.get("message")
        if name != "message.received" or message["unsent"] or message["sender"]["id"] == self.client.user_id:
            return
        try:
            # Derived from the message it answers: whoever repeats this answer repeats its clientId.
            client_id = str(uuid.uuid5(NAMESPACE, message["id"]))
            await self.client.send(message["content"], conversation=data["conversationId"], clientId=client_id)
            await self.client.call("message.mark_read", id=data["conversationId"], seq=data["seq"])
        except Refused as error:
            # Blocked, for example: there is nobody to answer.
            print(f"echo bot: {error.code}: {error.detail}", file=sys.stderr, flush=True)


async def main(reactor: Any, options: argparse.Namespace) -> None:
    bot = EchoBot(reactor, options)
    reactor.addSystemEventTrigger("before", "shutdown", lambda: Deferred.fromCoroutine(bot.client.stop()))
    try:
        await bot.client.start()
        print("echo bot: live", flush=True)
        await bot.client.ended()
    except Lost:
        # Stopped by Ctrl-C before it had connected.
        return
    except Refused as error:
        raise SystemExit(f"echo bot: {error.code}: {error.detail}") from None


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="ws://127.0.0.1:8080/ws")
    parser.add_argument("--api", default="http://127.0.0.1:8080/api")
    parser.add_argument("--login", required=True)
    parser.add_argument("--password", default=os.environ.get("ECHO_BOT_PASSWORD"))
    parser.add_argument("--state", default="echo_bot.sqlite")
    chosen = parser.parse_args()
    if not chosen.password:
        parser.error("no password: give it as ECHO_BOT_PASSWORD")
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    react(lambda reactor: Deferred.fromCoroutine(main(reactor, chosen)))
