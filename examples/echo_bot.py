#!/usr/bin/env python3
"""A bot that answers every message with the same text, and misses none: not when the connection drops, not when the
server restarts, not when the bot itself was away.

usage: echo_bot.py --url ws://127.0.0.1:8080/ws --api http://127.0.0.1:8080/api --login bot --password … [--state FILE]

It resumes as docs/clients.rst describes: subscribe first and buffer, sync.changes, conversation.log for what is
behind, then live; a gap in seq is filled from the log. The clientId of an answer is derived from the message that it
answers, so that an answer is never sent twice. Progress is kept in the state file.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import sys
import uuid
from typing import Any

import treq
from autobahn.twisted.wamp import ApplicationSession
from autobahn.twisted.websocket import WampWebSocketClientFactory
from autobahn.wamp.exception import ApplicationError, TransportLost
from autobahn.wamp.types import ComponentConfig
from twisted.internet import reactor
from twisted.internet.defer import Deferred, DeferredLock
from twisted.internet.endpoints import clientFromString
from twisted.logger import globalLogBeginner, textFileLogObserver

NAMESPACE = uuid.UUID("5f4f2c5e-9d0c-4f0e-8f5c-0f3d1c8f6a11")


class State:
    """What survives a restart: the sync cursor and how far each conversation has been handled."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.cursor: str | None = None
        self.seqs: dict[str, int] = {}
        if os.path.exists(path):
            with open(path) as file:
                saved = json.load(file)
            self.cursor, self.seqs = saved["cursor"], saved["seqs"]

    def save(self) -> None:
        with open(self.path + ".new", "w") as file:
            json.dump({"cursor": self.cursor, "seqs": self.seqs}, file)
            file.flush()
            os.fsync(file.fileno())
        os.replace(self.path + ".new", self.path)


class EchoBot(ApplicationSession):
    """One connection. State outlives it."""

    def __init__(self, config: ComponentConfig) -> None:
        super().__init__(config)
        self.state: State = config.extra["state"]
        self.ticket: str = config.extra["ticket"]
        self.me: str = config.extra["me"]
        self.buffer: list[dict[str, Any]] | None = []
        # Events are handled one after the other: a gap is filled before what came behind it.
        self.lock = DeferredLock()

    def onConnect(self) -> None:
        self.join("chatr", ["ticket"], self.me)

    def onChallenge(self, challenge: Any) -> str:
        return self.ticket

    async def onJoin(self, details: Any) -> None:
        try:
            await self.subscribe(self.received, "chatr.message.received")
            await self.subscribe(self.resume_soon, "chatr.sync.required")
            await self.resume()
            print("echo bot: live", flush=True)
        except (ApplicationError, TransportLost) as error:
            print(f"echo bot: {error}", file=sys.stderr, flush=True)
            self.disconnect()

    def received(self, **event: Any) -> None:
        if self.buffer is not None:
            self.buffer.append(event)
        else:
            self.in_order(self.apply, event)

    def resume_soon(self, **_: Any) -> None:
        self.in_order(self.resume)

    def in_order(self, work: Any, *args: Any) -> None:
        def run() -> Deferred[None]:
            return Deferred.fromCoroutine(work(*args))

        # What fails for a lost connection is done again after the next resume: progress is only saved behind it.
        self.lock.run(run).addErrback(self.failed)

    def failed(self, failure: Any) -> None:
        print(f"echo bot: {failure.getErrorMessage()}", file=sys.stderr, flush=True)
        self.disconnect()

    async def resume(self) -> None:
        known = {"cursor": self.state.cursor} if self.state.cursor else {}
        answer = (await self.call("chatr.sync.changes", **known)).kwresults
        for conversation in answer["conversations"]:
            await self.catch_up(conversation["id"], conversation["headSeq"])
        buffered, self.buffer = self.buffer or [], None
        for event in buffered:
            await self.apply(event)
        # Saved last: if this connection breaks earlier, the next resume starts from the old cursor.
        self.state.cursor = answer["cursor"]
        self.state.save()

    async def catch_up(self, conversation_id: str, head: int) -> None:
        while self.state.seqs.get(conversation_id, 0) < head:
            after = self.state.seqs.get(conversation_id, 0)
            page = (await self.call("chatr.conversation.log", id=conversation_id, after=after)).kwresults
            for entry in page["entries"]:
                await self.handle(conversation_id, entry["seq"], entry["data"])
            if not page["entries"]:
                self.state.seqs[conversation_id] = page["headSeq"]
            head = page["headSeq"]

    async def apply(self, event: dict[str, Any]) -> None:
        conversation_id, seq = event["conversationId"], event["seq"]
        if seq > self.state.seqs.get(conversation_id, 0) + 1:
            await self.catch_up(conversation_id, seq)
        elif seq == self.state.seqs.get(conversation_id, 0) + 1:
            await self.handle(conversation_id, seq, event)

    async def handle(self, conversation_id: str, seq: int, data: dict[str, Any]) -> None:
        message = data.get("message")
        if message and message["sender"]["id"] != self.me and not message["unsent"]:
            await self.call(
                "chatr.message.send",
                conversationId=conversation_id,
                content=message["content"],
                # Derived from the message it answers: whoever repeats this answer repeats its clientId.
                clientId=str(uuid.uuid5(NAMESPACE, message["id"])),
            )
            await self.call("chatr.message.mark_read", id=conversation_id, seq=seq)
        self.state.seqs[conversation_id] = max(seq, self.state.seqs.get(conversation_id, 0))
        self.state.save()

    def onLeave(self, details: Any) -> None:
        self.disconnect()

    def onDisconnect(self) -> None:
        self.config.extra["gone"].callback(None)


async def sign_in(api: str, login: str, password: str) -> dict[str, Any]:
    """A fresh session and a one-use ticket: the access token itself never goes over the WebSocket."""
    response = await treq.post(f"{api}/auth/login", json={"login": login, "password": password}, timeout=10)
    session = await response.json()
    if "accessToken" not in session:
        raise SystemExit(f"echo bot: sign-in failed: {session.get('detail', 'a mailed code is required')}")
    headers = {"Authorization": f"Bearer {session['accessToken']}"}
    response = await treq.post(f"{api}/auth/ticket", json={}, headers=headers, timeout=10)
    return {"ticket": (await response.json())["ticket"], "me": session["user"]["id"]}


async def connect_once(options: argparse.Namespace, state: State) -> None:
    """One connection, from sign-in to loss."""
    gone: Deferred[None] = Deferred()
    extra = {"state": state, "gone": gone, **await sign_in(options.api, options.login, options.password)}
    factory = WampWebSocketClientFactory(lambda: EchoBot(ComponentConfig("chatr", extra)), url=options.url)
    factory.setProtocolOptions(openHandshakeTimeout=10, autoPingInterval=10, autoPingTimeout=5)
    await clientFromString(reactor, f"tcp:{factory.host}:{factory.port}:timeout=10").connect(factory)
    await gone


async def main(options: argparse.Namespace) -> None:
    state = State(options.state)
    delay_s = 0.5
    while True:
        started = reactor.seconds()
        try:
            await connect_once(options, state)
        except Exception as error:
            print(f"echo bot: not connected: {type(error).__name__}", file=sys.stderr, flush=True)
        if reactor.seconds() - started > 30:
            delay_s = 0.5
        # Back-off with jitter, so that a thousand bots don't return at the same moment.
        wait: Deferred[None] = Deferred()
        reactor.callLater(delay_s * random.uniform(0.5, 1), wait.callback, None)
        await wait
        delay_s = min(delay_s * 2, 15)


def stop_on_exit(failure: Any) -> None:
    print(failure.getErrorMessage(), file=sys.stderr, flush=True)
    reactor.stop()


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", default="ws://127.0.0.1:8080/ws")
    parser.add_argument("--api", default="http://127.0.0.1:8080/api")
    parser.add_argument("--login", required=True)
    parser.add_argument("--password", default=os.environ.get("CHATR_BOT_PASSWORD"))
    parser.add_argument("--state", default="echo_bot.json")
    chosen = parser.parse_args()
    globalLogBeginner.beginLoggingTo([textFileLogObserver(sys.stderr)], redirectStandardIO=False)
    reactor.callWhenRunning(lambda: Deferred.fromCoroutine(main(chosen)).addErrback(stop_on_exit))
    reactor.run()
