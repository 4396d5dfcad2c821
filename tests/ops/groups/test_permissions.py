"""Who may do what in a group, and to whom: spec/behaviour.md section 5 as a table, each cell tried over both doors."""

from __future__ import annotations

import itertools
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from twisted.trial.unittest import SynchronousTestCase

from chatr.ops.catalog import CONTRACT
from chatr.ops.groups import rules
from tests.e2e.client import Refused, Wamp
from tests.e2e.server import Account, ServerCase

ROLES = ("owner", "admin", "member")
#: Everything that somebody can be to a group; of each there are two people.
STANDINGS = (*ROLES, "invited", "requested", "outsider")

#: Act: its operation and what else it takes; who may; what they are then, unless they are what they were.
ON_GROUP: dict[str, tuple[str, dict[str, Any], set[str], str | None]] = {
    "see": ("group.get", {}, {*ROLES, "invited", "requested"}, None),
    "update": ("group.update", {"description": "new"}, {"owner", "admin"}, None),
    "delete": ("group.delete", {}, {"owner"}, "left"),
    "invite": ("group.invite", {"userIds": ["NOBODY YET"]}, {"owner", "admin"}, None),
    "link_create": ("group.link_create", {}, {"owner", "admin"}, None),
    "link_list": ("group.link_list", {}, {"owner", "admin"}, None),
    "accept": ("group.accept", {}, {"invited"}, "member"),
    "decline": ("group.decline", {}, {"invited", "requested"}, "left"),
    "leave": ("group.leave", {}, {*ROLES}, "left"),
    "step_down": ("group.step_down", {}, {"owner"}, "admin"),
}
#: Act: its operation and what else it takes; who may do it to whom; what those are then.
ON_PEOPLE: dict[str, tuple[str, dict[str, Any], set[tuple[str, str]], str]] = {
    "remove": (
        "group.remove_member",
        {},
        {("owner", target) for target in ("admin", "member", "invited", "requested")}
        | {("admin", target) for target in ("member", "invited", "requested")},
        "left",
    ),
    "promote": ("group.promote", {}, {("owner", "member"), ("admin", "member")}, "admin"),
    "make_owner": ("group.promote", {"role": "owner"}, {("owner", "admin"), ("owner", "member")}, "owner"),
    "demote": ("group.demote", {}, {("owner", "admin"), ("admin", "self")}, "member"),
    "transfer": ("group.transfer_ownership", {}, {("owner", "admin"), ("owner", "member")}, "owner"),
}


class Cell(NamedTuple):
    """Somebody does something, to somebody or to the group: whether they may, and what the one it is about is then."""

    act: str
    operation: str
    params: dict[str, Any]
    caller: str
    target: str | None
    may: bool
    then: str | None


def cells() -> Iterator[Cell]:
    """Every act × everybody × everybody else and oneself."""
    for act, (operation, params, who, then) in ON_GROUP.items():
        for caller in STANDINGS:
            yield Cell(act, operation, params, caller, None, caller in who, then)
    for act, (operation, params, pairs, then) in ON_PEOPLE.items():
        for caller, target in itertools.product(STANDINGS, ("self", *STANDINGS)):
            yield Cell(act, operation, params, caller, target, (caller, target) in pairs, then)


def refusal(cell: Cell) -> set[str]:
    """What whoever may not is told: to those who are not in it the group is not there, nor who is not in it either."""
    if cell.caller in ("outsider", "requested"):
        return {"not_found"}
    if cell.caller == "invited":
        return {"forbidden"}
    if cell.target == "outsider":
        return {"not_found"}
    if cell.caller == "member":
        return {"forbidden", "conflict"} if cell.target in ("self", None) else {"forbidden"}
    return {"forbidden", "conflict"}


class RulesTests(SynchronousTestCase):
    """The table of the code."""

    def test_whole(self) -> None:
        """It has a cell for each act and everybody in a group, and says what the specification says."""
        acts = set(typing.get_args(rules.Act))
        self.assertEqual({key[0] for key in rules.VERDICTS}, acts)
        for cell in cells():
            act = "link" if cell.act.startswith("link") else cell.act
            if cell.target is None and (act, cell.caller) in rules.VERDICTS:
                verdict = rules.VERDICTS[act, cell.caller]
                # Who is not in it yet sees what it is called.
                self.assertEqual(verdict == "yes", cell.may and (act != "see" or cell.caller in ROLES), cell)
            elif cell.target is not None and cell.caller in ROLES and cell.target != "outsider":
                self.assertEqual(rules.VERDICTS[act, cell.caller, cell.target] == "yes", cell.may, cell)

    def test_printed(self) -> None:
        """The page about groups has the tables as they are."""
        page = (Path(__file__).parents[3] / "docs" / "architecture" / "groups.rst").read_text()
        printed = [line.strip() for line in page.splitlines()]
        for line in (rules.ON_GROUP + rules.ON_PEOPLE).strip().splitlines():
            self.assertIn(line.strip(), printed)


class TableCase(ServerCase):
    """Two people of each kind; before each try the group is as it was."""

    settings = {"limits.enabled": "false", "wamp.max_sessions_per_address": "1000"}

    async def setUp(self) -> None:
        await super().setUp()
        self.people: dict[str, tuple[Account, Account]] = {}
        for standing in STANDINGS:
            one, other = [await self.person(f"{standing}_{number}") for number in "12"]
            self.people[standing] = one, other
        self.newcomer = await self.person("newcomer")
        owner = self.people["owner"][0]
        self.group = (await owner.rest("POST", "/groups", {"name": "Foxes"}, 201))["id"]
        self.db = self.service.node.db

    async def reset(self) -> None:
        """Everybody is in the group what their name says."""
        await self.db.execute("UPDATE conversations SET deleted_at = NULL WHERE id = %s", (self.group,))
        await self.db.execute("DELETE FROM group_links WHERE conversation_id = %s", (self.group,))
        await self.db.execute("DELETE FROM members WHERE conversation_id = %s", (self.group,))
        rows = [
            (person.id, standing if standing in ROLES else "member", "joined" if standing in ROLES else standing)
            for standing, pair in self.people.items()
            if standing != "outsider"
            for person in pair
        ]
        ids, roles, statuses = (list(column) for column in zip(*rows, strict=True))
        await self.db.execute(
            """INSERT INTO members (conversation_id, user_id, role, status)
               SELECT %s, r.* FROM unnest(%s::uuid[], %s::text[], %s::text[]) r""",
            (self.group, ids, roles, statuses),
        )

    async def rows(self) -> dict[str, str]:
        """What everybody is by now."""
        found = await self.db.query(
            """SELECT user_id, CASE WHEN status = 'joined' THEN role ELSE status END FROM members
                WHERE conversation_id = %s""",
            (self.group,),
        )
        return dict(found)

    async def rest_outcome(self, person: Account, operation: str, params: dict[str, Any]) -> str | None:
        """The code with which a call over REST is refused, if it is."""
        route = CONTRACT.operations[operation].route
        path, body = route.path, dict(params)
        for name in route.variables:
            path = path.replace(f"<{name}>", body.pop(name))
        answer = await person.rest(route.verb, path, body if route.verb in ("POST", "PATCH") else None, 0)
        return answer.get("code") if "requestId" in answer else None

    async def wamp_outcome(self, person: Account, operation: str, params: dict[str, Any]) -> str | None:
        """The same over WAMP."""
        try:
            await self.connections[person.id].call(operation, **params)
        except Refused as refused:
            return refused.uri.removeprefix("chatr.error.")
        return None

    async def sweep(self, outcome: Any) -> None:
        tried = 0
        for cell in cells():
            await self.reset()
            before = await self.rows()
            caller = self.people[cell.caller][0]
            target = caller if cell.target == "self" else self.people[cell.target or cell.caller][1]
            params = {"id": self.group, **cell.params}
            if cell.target is not None:
                params["userId"] = target.id
            if "userIds" in params:
                params["userIds"] = [self.newcomer.id]
            code = await outcome(caller, cell.operation, params)
            after = await self.rows()
            if cell.may:
                self.assertIsNone(code, cell)
                about = caller.id if cell.target is None else target.id
                if cell.then is not None:
                    self.assertEqual(after[about], cell.then, cell)
            else:
                self.assertIn(code, refusal(cell), cell)
                self.assertEqual(after, before, cell)
            if cell.act != "delete" or not cell.may:
                self.assertIn("owner", after.values(), cell)
            tried += 1
        self.assertGreater(tried, 250)


class RestTests(TableCase):
    """Over REST."""

    async def test_table(self) -> None:
        """✔ Each cell: whoever may does it, and for whoever may not nothing has changed."""
        await self.sweep(self.rest_outcome)


class WampTests(TableCase):
    """Over WAMP."""

    async def test_table(self) -> None:
        """✔ The same."""
        self.connections: dict[str, Wamp] = {}
        for pair in self.people.values():
            self.connections[pair[0].id] = await Wamp.connect(self.http_port, pair[0].token)
        await self.sweep(self.wamp_outcome)
        for wamp in self.connections.values():
            await wamp.leave()
