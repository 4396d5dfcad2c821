"""Making the demo: once, by the operations that people use, so that its logs are as true as any."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

import msgspec
from twisted.internet.defer import Deferred, DeferredList, DeferredLock
from twisted.internet.threads import deferToThread
from twisted.python.failure import Failure

from chatr.api.context import Caller, Context, Uploaded
from chatr.api.errors import ApiError
from chatr.api.model import Session
from chatr.demo.made import made
from chatr.demo.scenes import (
    ACTORS,
    ASKED,
    BOT,
    GROUPS,
    SCENES,
    Actor,
    DemoScene,
    GroupScene,
    React,
    Read,
    Rewrite,
    Say,
    Share,
    Step,
    Unsend,
)
from chatr.ops import operator
from chatr.ops.catalog import CONTRACT
from chatr.ops.ports import Ctx, Ports
from chatr.store.ids import uuid7
from chatr.store.people.people import Person

#: Tells accounts of the demo from those of people who like the same names; no mail ever goes there (RFC 2606).
_DOMAIN = "demo.invalid"
_NAMESPACE = uuid.UUID("0b1d7a53-6f2f-4be6-9a57-0f6a5b0c7b11")
#: What the bot's own settings say when everything is there.
_MADE = "demoMade"


class Player(msgspec.Struct, frozen=True):
    """Somebody one may sign in as, or a bot that one may write to."""

    username: str
    display_name: str


PLAYERS = [Player(actor.username, actor.display_name) for actor in ACTORS if actor.played]
BOTS = [Player(actor.username, actor.display_name) for actor in ACTORS if actor.is_bot]


class Demo:
    """The demo of a server in development."""

    def __init__(self, ports: Ports, now: Callable[[], datetime]) -> None:
        self._ports = ports
        self._now = now
        self._lock = DeferredLock()
        self.bot_id = ""
        """Empty while there is no demo, as far as is known here."""

    async def sign_in(self, caller: Caller, username: str) -> Session:
        """A session of a player, after making what is not there yet. Raises ``not_found`` for anybody else."""
        if username not in {player.username for player in PLAYERS}:
            raise ApiError("not_found", "Nobody of the demo has this name")
        cast = await self.make()
        return await operator.issue_session(self._ctx(caller), cast[username])

    async def make(self) -> dict[str, Person]:
        """Everybody of the demo, with all that they have written; made where it is missing.

        Raises ``conflict`` when one of the names is somebody else's.
        """
        await self._lock.acquire()
        try:
            cast = await self._cast()
            if not (await self.act(cast[BOT].id, "user.me")).settings.get(_MADE):
                for scene in SCENES:
                    await self._play(scene, cast)
                for group in GROUPS:
                    await self._play_group(group, cast)
                for one, other in ASKED:
                    await self._unless_done(cast[one].id, "friend.request", addressee_id=cast[other].id)
                await self.act(cast[BOT].id, "user.update_settings", settings={_MADE: True})
            self.bot_id = cast[BOT].id
        finally:
            self._lock.release()
        return cast

    async def look(self) -> None:
        """Look whether there is a demo: another process may have made it."""
        try:
            self.bot_id = self.bot_id or (await self._found(BOT)).id
        except ApiError as error:
            if error.code != "not_found":
                raise

    async def known(self) -> dict[str, str]:
        """The ids of players and bots who are there already, by username."""
        ids = {}
        for username in [each.username for each in (*PLAYERS, *BOTS)]:
            try:
                ids[username] = (await self._found(username)).id
            except ApiError as error:
                if error.code != "not_found":
                    raise
        return ids

    async def act(self, user_id: str, name: str, /, **params: Any) -> Any:
        """Carry out an operation as somebody of the demo, without the limits of how often."""
        record = CONTRACT.operations[name]
        return await record.run(self._ctx(Caller(role="user", user_id=user_id)), record.params(**params))

    def _ctx(self, caller: Caller, uploaded: Uploaded | None = None) -> Ctx:
        return Context(caller=caller, request_id="demo", now=self._now(), ports=self._ports, uploaded=uploaded)

    async def _cast(self) -> dict[str, Person]:
        # Each has a password to be hashed, which takes a while: all at the same time.
        made = DeferredList([Deferred.fromCoroutine(self._somebody(actor)) for actor in ACTORS], consumeErrors=True)
        cast: dict[str, Person] = {}
        for actor, (_, outcome) in zip(ACTORS, await made, strict=True):
            if isinstance(outcome, Failure):
                outcome.raiseException()
            cast[actor.username] = outcome
        return cast

    async def _somebody(self, actor: Actor) -> Person:
        try:
            return await self._found(actor.username)
        except ApiError as error:
            if error.code != "not_found":
                raise
            new = operator.NewUser(
                username=actor.username,
                password=f"A-{secrets.token_urlsafe(15)}",
                email=f"{actor.username}@{_DOMAIN}",
                display_name=actor.display_name,
                is_bot=actor.is_bot,
            )
            return await self._created(new)

    async def _created(self, new: operator.NewUser) -> Person:
        try:
            return await operator.create_user(self._ctx(Caller(role="admin")), new)
        except ApiError as error:
            if error.code != "conflict":
                raise
            detail = f"The demo can't be made: somebody else is called @{new.username}"
            raise ApiError("conflict", detail) from error

    async def _found(self, username: str) -> Person:
        return await operator.find(self._ctx(Caller(role="admin")), f"{username}@{_DOMAIN}")

    async def _play(self, scene: DemoScene, cast: dict[str, Person]) -> None:
        """What was begun and not finished is done again: sends are by their client id, the rest changes nothing."""
        first, second = cast[scene.first].id, cast[scene.second].id
        if scene.friends:
            asked = await self._unless_done(first, "friend.request", addressee_id=second)
            if asked is not None:
                await self._unless_done(second, "friend.accept", friendship_id=asked.friendship.id)
        others = {scene.first: {"recipient_id": second}, scene.second: {"recipient_id": first}}
        said: dict[str, Any] = {}
        for number, step in enumerate(scene.steps):
            await self._step(step, f"{scene.first} {scene.second} {number}", cast, others, said)
        conversation_id = said[""].conversation_id
        for username, change in ((scene.pinned_by, "pinned"), (scene.archived_by, "archived")):
            if username:
                await self.act(cast[username].id, "conversation.update", id=conversation_id, **{change: True})

    async def _play_group(self, scene: GroupScene, cast: dict[str, Person]) -> None:
        owner, wanted = cast[scene.first].id, (*scene.members, *scene.invited)
        groups = (await self.act(owner, "group.list")).items
        group = next((each for each in groups if each.title == scene.name), None)
        if group is None:
            ids = [cast[username].id for username in wanted]
            made = {"name": scene.name, "description": scene.description, "member_ids": ids}
            group = await self.act(owner, "group.create", **made)
        for username in scene.members:
            await self._unless_done(cast[username].id, "group.accept", id=group.id)
        for username in scene.admins:
            await self._unless_done(owner, "group.promote", id=group.id, user_id=cast[username].id)
        where = {username: {"conversation_id": group.id} for username in (scene.first, *scene.members)}
        said: dict[str, Any] = {}
        for number, step in enumerate(scene.steps):
            await self._step(step, f"{scene.name} {number}", cast, where, said)

    async def _step(
        self, step: Step, name: str, cast: dict[str, Person], where: dict[str, dict[str, str]], said: dict[str, Any]
    ) -> None:
        """``where``: to whom or where each writes; ``said``: the messages so far by name, the last one has none."""
        if isinstance(step, Share):
            said[step.name] = said[""] = await self._share(step, name, cast[step.by].id, where[step.by])
        elif isinstance(step, Say):
            reply = {"reply_to_id": said[step.reply_to].id} if step.reply_to else {}
            client_id = str(uuid.uuid5(_NAMESPACE, name))
            said[step.name] = said[""] = await self.act(
                cast[step.by].id,
                "message.send",
                content=step.text,
                client_id=client_id,
                **where[step.by],
                **reply,
            )
        elif isinstance(step, Read):
            message = said[""]
            await self.act(cast[step.by].id, "message.mark_read", id=message.conversation_id, seq=message.seq)
        elif isinstance(step, React):
            await self._unless_done(cast[step.by].id, "message.react", id=said[step.name].id, emoji=step.emoji)
        elif isinstance(step, Rewrite):
            message = said[step.name]
            await self._unless_done(message.sender.id, "message.edit", id=message.id, content=step.text)
        elif isinstance(step, Unsend):
            message = said[step.name]
            await self._unless_done(message.sender.id, "message.unsend", id=message.id)

    async def _share(self, step: Share, name: str, user_id: str, where: dict[str, str]) -> Any:
        """Upload and send files; the last message."""
        message = None
        group = {"group_id": str(uuid.uuid5(_NAMESPACE, name))} if len(step.files) > 1 else {}
        for number, file in enumerate(step.files):
            client_id = str(uuid.uuid5(_NAMESPACE, f"{name} {number}"))
            caption = "" if number else step.text
            said = {"caption": caption, "client_id": client_id, **group, **where}
            message = await self._upload(user_id, file, **said)
        return message

    async def _upload(self, user_id: str, file: str, **params: Any) -> Any:
        """Send a file of made.py, as if it had come in by a door."""
        record = CONTRACT.operations["message.upload"]
        content = await deferToThread(made, file)
        folder = Path(await deferToThread(mkdtemp, prefix="chatr-demo-"))
        try:
            path = folder / "upload"
            await deferToThread(path.write_bytes, content)
            digest = sha256(content).digest()
            uploaded = Uploaded(id=uuid7(), path=path, size=len(content), sha256=digest, name=file)
            ctx = self._ctx(Caller(role="user", user_id=user_id), uploaded)
            return await record.run(ctx, record.params(**params))
        finally:
            await deferToThread(rmtree, folder, ignore_errors=True)

    async def _unless_done(self, user_id: str, name: str, /, **params: Any) -> Any:
        """The answer of an operation, None where it was done before."""
        try:
            return await self.act(user_id, name, **params)
        except ApiError as error:
            if error.code not in ("conflict", "gone"):
                raise
            return None
