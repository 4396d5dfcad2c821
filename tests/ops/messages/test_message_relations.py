"""Every way in which two people can stand to each other × everything about conversations and messages."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from chatr.api.errors import ApiError
from tests.ops.case import PASSWORD, Device, Person
from tests.ops.people.test_friends import FriendsCase

#: What Ann gets who calls, by how she and Ben stand to each other: the code of the refusal, and nothing has changed and
#: nobody has heard of it; ``ok`` when it is done without a word to Ben; ``told`` when it is done and he hears of it.
#: The list says which part of it has the conversation. What there is not, as a message of Ben's who was only asked, she
#: asks for by an id of nothing.
TABLE = """
conversation            list      get        with_user  accept     decline    delete     update     log

stranger                -         not_found  not_found  not_found  not_found  not_found  not_found  not_found
asked by me             chats     ok         ok         forbidden  forbidden  ok         ok         ok
asked by them           requests  ok         ok         told       told       ok         ok         ok
declined by them        chats     ok         ok         conflict   conflict   ok         ok         ok
declined by me          -         not_found  not_found  not_found  not_found  not_found  not_found  ok
accepted                chats     ok         ok         conflict   conflict   ok         ok         ok
friends                 chats     ok         ok         conflict   conflict   ok         ok         ok
cleared by me           -         not_found  not_found  not_found  not_found  not_found  not_found  ok
blocked by me           chats     ok         ok         conflict   conflict   ok         ok         ok
blocked by them         chats     ok         ok         conflict   conflict   ok         ok         ok
blocked by both         chats     ok         ok         conflict   conflict   ok         ok         ok
asked by me, blocked    chats     ok         ok         forbidden  forbidden  ok         ok         ok
asked by them, blocked  requests  ok         ok         blocked    told       ok         ok         ok
not a participant       -         not_found  not_found  not_found  not_found  not_found  not_found  not_found
deleted                 chats     ok         ok         conflict   conflict   ok         ok         ok
asked by them, deleted  requests  ok         ok         not_found  ok         ok         ok         ok


message                 history    history:person  get        edits      search     mark_delivered  mark_read  readers

stranger                not_found  ok              not_found  not_found  not_found  not_found       not_found  not_found
asked by me             ok         ok              ok         ok         ok         ok              ok         forbidden
asked by them           ok         ok              ok         ok         ok         ok              ok         forbidden
declined by them        ok         ok              ok         ok         ok         ok              ok         forbidden
declined by me          ok         ok              not_found  not_found  ok         ok              ok         not_found
accepted                ok         ok              ok         ok         ok         told            told       forbidden
friends                 ok         ok              ok         ok         ok         told            told       forbidden
cleared by me           ok         ok              not_found  not_found  ok         told            told       not_found
blocked by me           ok         ok              ok         ok         ok         ok              ok         forbidden
blocked by them         ok         ok              ok         ok         ok         ok              ok         forbidden
blocked by both         ok         ok              ok         ok         ok         ok              ok         forbidden
asked by me, blocked    ok         ok              ok         ok         ok         ok              ok         forbidden
asked by them, blocked  ok         ok              ok         ok         ok         ok              ok         forbidden
not a participant       not_found  ok              not_found  not_found  not_found  not_found       not_found  not_found
deleted                 ok         ok              ok         ok         ok         ok              ok         forbidden
asked by them, deleted  ok         ok              ok         ok         ok         ok              ok         forbidden


message                 send       send:person  edit       edit:theirs  unsend     unsend:theirs  send:quote

stranger                not_found  told         not_found  not_found    not_found  not_found      not_found
asked by me             told       told         told       not_found    told       not_found      invalid
asked by them           told       told         not_found  forbidden    not_found  forbidden      told
declined by them        forbidden  forbidden    forbidden  not_found    ok         not_found      forbidden
declined by me          told       told         not_found  not_found    not_found  not_found      invalid
accepted                told       told         told       forbidden    told       forbidden      told
friends                 told       told         told       forbidden    told       forbidden      told
cleared by me           told       told         not_found  not_found    not_found  not_found      invalid
blocked by me           blocked    blocked      blocked    forbidden    told       forbidden      blocked
blocked by them         blocked    blocked      blocked    forbidden    told       forbidden      blocked
blocked by both         blocked    blocked      blocked    forbidden    told       forbidden      blocked
asked by me, blocked    blocked    blocked      blocked    not_found    told       not_found      blocked
asked by them, blocked  blocked    blocked      not_found  forbidden    not_found  forbidden      blocked
not a participant       not_found  told         not_found  not_found    not_found  not_found      not_found
deleted                 not_found  not_found    not_found  forbidden    ok         forbidden      not_found
asked by them, deleted  not_found  not_found    not_found  forbidden    not_found  forbidden      not_found


message                 react      react:theirs  mark_listened

stranger                not_found  not_found     not_found
asked by me             forbidden  not_found     not_found
asked by them           not_found  forbidden     forbidden
declined by them        forbidden  not_found     not_found
declined by me          not_found  not_found     not_found
accepted                told       told          told
friends                 told       told          told
cleared by me           not_found  not_found     not_found
blocked by me           blocked    blocked       blocked
blocked by them         blocked    blocked       blocked
blocked by both         blocked    blocked       blocked
asked by me, blocked    blocked    not_found     not_found
asked by them, blocked  not_found  blocked       blocked
not a participant       not_found  not_found     not_found
deleted                 not_found  not_found     not_found
asked by them, deleted  not_found  not_found     not_found


activity                typing     recording  draft      listening

stranger                not_found  not_found  not_found  not_found
asked by me             forbidden  forbidden  forbidden  not_found
asked by them           forbidden  forbidden  forbidden  forbidden
declined by them        forbidden  forbidden  forbidden  not_found
declined by me          forbidden  forbidden  forbidden  not_found
accepted                told       told       told       told
friends                 told       told       told       told
cleared by me           told       told       told       not_found
blocked by me           blocked    blocked    blocked    blocked
blocked by them         blocked    blocked    blocked    blocked
blocked by both         blocked    blocked    blocked    blocked
asked by me, blocked    blocked    blocked    blocked    not_found
asked by them, blocked  blocked    blocked    blocked    blocked
not a participant       not_found  not_found  not_found  not_found
deleted                 not_found  not_found  not_found  not_found
asked by them, deleted  not_found  not_found  not_found  not_found


conversation            files

stranger                not_found
asked by me             ok
asked by them           ok
declined by them        ok
declined by me          ok
accepted                ok
friends                 ok
cleared by me           ok
blocked by me           ok
blocked by them         ok
blocked by both         ok
asked by me, blocked    ok
asked by them, blocked  ok
not a participant       not_found
deleted                 ok
asked by them, deleted  ok


message                 set_waveform

stranger                not_found
asked by me             forbidden
asked by them           not_found
declined by them        forbidden
declined by me          not_found
accepted                forbidden
friends                 forbidden
cleared by me           not_found
blocked by me           forbidden
blocked by them         forbidden
blocked by both         forbidden
asked by me, blocked    forbidden
asked by them, blocked  not_found
not a participant       not_found
deleted                 forbidden
asked by them, deleted  not_found
"""

#: What has happened between the two; I am Ann, but where she does not take part: there it is Cat.
RELATIONS = {
    "stranger": (),
    "asked by me": ("I write",),
    "asked by them": ("they write",),
    "declined by them": ("I write", "they decline"),
    "declined by me": ("they write", "I decline"),
    "accepted": ("I write", "they write"),
    "friends": ("I befriend", "I write", "they write"),
    "cleared by me": ("I write", "they write", "I clear"),
    "blocked by me": ("I write", "they write", "I block"),
    "blocked by them": ("I write", "they write", "they block"),
    "blocked by both": ("I befriend", "I write", "they write", "I block", "they block"),
    "asked by me, blocked": ("I write", "they block"),
    "asked by them, blocked": ("they write", "I block"),
    "not a participant": ("I befriend", "I write", "they write"),
    "deleted": ("I befriend", "I write", "they write", "they leave"),
    "asked by them, deleted": ("they write", "they leave"),
}

#: The event by which Ben hears of it; activities have the names of their events.
EVENTS = {
    "conversation.accept": "conversation.accepted",
    "conversation.decline": "conversation.declined",
    "message.send": "message.received",
    "message.edit": "message.edited",
    "message.unsend": "message.unsent",
    "message.react": "message.reaction",
    "message.mark_delivered": "message.status",
    "message.mark_read": "message.status",
    "message.mark_listened": "message.listened",
}

#: All that the cells can change, in an order in which it can be put back.
TABLES = (
    *("conversations", "members", "messages", "message_edits", "reactions", "listens"),
    *("message_words", "search_progress", "log"),
)


def cells(table: str) -> Iterator[tuple[str, str, str]]:
    """The cells of the table: the relation, the operation with its variant, the outcome."""
    for part in table.strip().split("\n\n\n"):
        head, rows = part.split("\n\n")
        noun, *verbs = head.split()
        for row in rows.splitlines():
            relation, *outcomes = [word for word in row.split("  ") if word]
            for verb, outcome in zip(verbs, outcomes, strict=True):
                yield relation, f"{noun}.{verb}", outcome.strip()


WANTED = {(relation, call): outcome for relation, call, outcome in cells(TABLE)}


class Scene(NamedTuple):
    """What a cell finds: Ben, one of his devices, the ids of what there is between the two, or of nothing."""

    ben: Person
    device: Device
    conversation: str
    mine: str
    theirs: str
    either: str


#: What each call takes.
CALLS: dict[str, Callable[[Scene], dict[str, Any]]] = {
    "conversation.get": lambda scene: {"id": scene.conversation},
    "conversation.with_user": lambda scene: {"userId": scene.ben.id},
    "conversation.accept": lambda scene: {"id": scene.conversation},
    "conversation.decline": lambda scene: {"id": scene.conversation},
    "conversation.delete": lambda scene: {"id": scene.conversation},
    "conversation.update": lambda scene: {"id": scene.conversation, "pinned": True},
    "conversation.log": lambda scene: {"id": scene.conversation},
    "conversation.files": lambda scene: {"id": scene.conversation},
    "message.set_waveform": lambda scene: {"id": scene.mine, "waveform": [0.5]},
    "message.history": lambda scene: {"conversationId": scene.conversation},
    "message.history:person": lambda scene: {"otherUserId": scene.ben.id},
    "message.get": lambda scene: {"id": scene.either},
    "message.edits": lambda scene: {"id": scene.either},
    "message.readers": lambda scene: {"id": scene.either},
    "message.search": lambda scene: {"q": "word", "conversationId": scene.conversation},
    "message.mark_delivered": lambda scene: {"id": scene.conversation, "seq": 2},
    "message.mark_read": lambda scene: {"id": scene.conversation, "seq": 2},
    "message.send": lambda scene: {"conversationId": scene.conversation, **message()},
    "message.send:person": lambda scene: {"recipientId": scene.ben.id, **message()},
    "message.send:quote": lambda scene: {"conversationId": scene.conversation, "replyToId": scene.theirs, **message()},
    "message.edit": lambda scene: {"id": scene.mine, "content": "another word"},
    "message.edit:theirs": lambda scene: {"id": scene.theirs, "content": "another word"},
    "message.unsend": lambda scene: {"id": scene.mine},
    "message.unsend:theirs": lambda scene: {"id": scene.theirs},
    "message.react": lambda scene: {"id": scene.mine, "emoji": "👍"},
    "message.react:theirs": lambda scene: {"id": scene.theirs, "emoji": "👍"},
    "message.mark_listened": lambda scene: {"id": scene.theirs},
    "activity.typing": lambda scene: {"conversationId": scene.conversation},
    "activity.recording": lambda scene: {"conversationId": scene.conversation},
    "activity.draft": lambda scene: {"conversationId": scene.conversation, "text": "a wo"},
    "activity.listening": lambda scene: {"messageId": scene.theirs},
}


def message() -> dict[str, str]:
    """A new message."""
    return {"content": "one more word", "clientId": str(uuid.uuid4())}


class MessageRelationTests(FriendsCase):
    """The table, cell by cell."""

    def test_everything_is_in_the_table(self) -> None:
        """Each operation of conversations, messages and activity, in each relation."""
        contract = self.node.dispatcher.contract.operations
        mine = ("conversation.", "message.", "activity.")
        # What comes with a file: tests/ops/files.
        operations = {name for name, each in contract.items() if name.startswith(mine) and not each.route.upload}
        self.assertEqual({call.partition(":")[0] for _, call in WANTED}, operations)
        calls = {*CALLS, "conversation.list"}
        self.assertEqual(set(WANTED), {(relation, call) for relation in RELATIONS for call in calls})

    async def test_table(self) -> None:
        """What Ann is answered, and what Ben hears of it."""
        # It writes by itself, after some seconds.
        await self.node.indexer.stop()
        cat = await self.person("cat")
        for person in (self.ann, cat):
            await person.call("user.update_settings", privacy={"ghostTyping": True})
        people = {relation: cat if relation == "not a participant" else self.ann for relation in RELATIONS}
        scenes = {relation: await self.scene(person, relation) for relation, person in people.items()}
        strangers = [cat.device(), (await self.person("eve")).device()]
        # So that it finds nothing to do when its time comes, in the middle of the table.
        await self.node.indexer.catch_up()
        self.before = await self.rows()
        found = {(relation, call): await self.outcome(scenes[relation], call) for relation, call in WANTED}
        self.assertEqual({cell: outcome for cell, outcome in found.items() if outcome != WANTED[cell]}, {})
        self.assertEqual([device.events for device in strangers], [[], []])

    async def scene(self, me: Person, relation: str) -> Scene:
        """One more Ben, to whom ``me`` stands like that."""
        steps = RELATIONS[relation]
        ben = await self.person(f"ben_{list(RELATIONS).index(relation)}_")
        await ben.call("user.update_settings", privacy={"ghostTyping": True})
        sent: dict[str, dict[str, Any]] = {}
        for step in steps:
            who, verb = step.split()
            one, other = (me, ben) if who == "I" else (ben, me)
            if verb == "write":
                sent[who] = await one.send(other, "a word")
            else:
                await self.happen(verb, one, other)
        ids = {who: each["id"] for who, each in sent.items()}
        # The messages of the others are heard too.
        await self.node.db.execute("UPDATE messages SET type = 'audio' WHERE id = %s", (ids.get("they"),))
        nothing = str(uuid.uuid4())
        return Scene(
            ben=ben,
            device=Device("gone") if "they leave" in steps else ben.device(),
            conversation=next((each["conversationId"] for each in sent.values()), nothing),
            mine=ids.get("I", nothing),
            theirs=ids.get("they", nothing),
            either=next(iter(ids.values()), nothing),
        )

    async def happen(self, verb: str, one: Person, other: Person) -> None:
        """What ``one`` does about ``other``."""
        if verb == "befriend":
            await self.befriend(one, other)
        elif verb == "decline":
            waiting = await one.call("conversation.with_user", userId=other.id)
            await one.call("conversation.decline", id=waiting["id"])
        elif verb == "clear":
            where = await one.call("conversation.with_user", userId=other.id)
            await one.call("conversation.delete", id=where["id"])
        elif verb == "block":
            await one.call("friend.block", userId=other.id)
        elif verb == "leave":
            await one.call("account.delete", password=PASSWORD)

    async def outcome(self, scene: Scene, call: str) -> str:
        """What the table says of one cell; everything is as before when it is done."""
        if call == "conversation.list":
            return await self.part_of_list(scene)
        name = call.partition(":")[0]
        scene.device.events.clear()
        try:
            await self.ann.call(name, **CALLS[call](scene))
            outcome = "ok"
        except ApiError as error:
            outcome = error.code
        if outcome != "ok" or self.node.dispatcher.contract.operations[name].route.reads:
            self.assertEqual(await self.rows(), self.before, (scene.ben.username, call))
        else:
            await self.put_back()
        heard = [event for event, _ in scene.device.events]
        if outcome == "ok" and EVENTS.get(name, name) in heard:
            return "told"
        return " ".join([outcome, *heard])

    async def part_of_list(self, scene: Scene) -> str:
        """Where the list of conversations has it."""
        parts = {
            part: [item["id"] for item in (await self.ann.call("conversation.list", filter=part))["items"]]
            for part in ("chats", "requests", "archived")
        }
        return " ".join(part for part, ids in parts.items() if scene.conversation in ids) or "-"

    async def rows(self) -> str:
        """All that the cells can change."""
        tables = ", ".join(
            f"'{table}', (SELECT coalesce(json_agg(x ORDER BY x::text), '[]') FROM {table} x)" for table in TABLES
        )
        return str((await self.node.db.query(f"SELECT json_build_object({tables})::text"))[0][0])

    async def put_back(self) -> None:
        """Make it what it was."""
        async with self.node.db.transaction() as tx:
            await tx.execute("DELETE FROM conversations; DELETE FROM messages; DELETE FROM log")
            for table in TABLES:
                await tx.execute(
                    f"INSERT INTO {table} SELECT * FROM json_populate_recordset(NULL::{table}, %s::json->'{table}')",
                    (self.before,),
                )
