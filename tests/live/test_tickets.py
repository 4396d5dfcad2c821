"""Tickets: what opens a session of the realm, and what does not."""

from __future__ import annotations

from typing import Any, ClassVar

import msgspec

from chatr.api.errors import ApiError
from tests.wamp.case import ALICE, BOB, DENIED, HELLO, Client, SessionCase


class TicketTests(SessionCase):
    """Who shows a ticket, and who does not."""

    def test_no_matching_method(self) -> None:
        """Without "ticket" there is no way in."""
        for methods in (["wampcra"], ["anonymous"], [], None, "ticket", 5):
            client = Client(self.setting)
            client.session.received(msgspec.json.encode([1, "chatr", {**HELLO[2], "authmethods": methods}]))
            self.assertAborted(client, "wamp.error.no_matching_auth_method", saying="ticket")

    def test_wrong_ticket(self) -> None:
        """A ticket that is not valid is refused with the reason."""
        client = Client(self.setting)
        client.say(HELLO)
        client.session.received(b'[5, "mallory", {}]')
        self.assertAborted(client, DENIED, saying="the ticket is not valid")
        self.assertEqual(self.setting.attendance.events, [])

    def test_verification_unavailable(self) -> None:
        """A client learns that trying again may help."""
        self.setting.tickets.failure = ApiError("unavailable")
        client = Client(self.setting)
        client.say(HELLO)
        client.session.received(b'[5, "alice", {}]')
        self.assertAborted(client, "chatr.error.unavailable")

    def test_authid_may_be_empty_or_right(self) -> None:
        """The ticket says who it is; authid may say the same."""
        for authid in ("", ALICE, None):
            client = Client(self.setting)
            client.say([1, "chatr", {**HELLO[2], "authid": authid}])
            self.assertEqual(client.say([5, "alice", {}])[0][0], 2)

    def test_authid_of_another_user(self) -> None:
        """A ticket of one user does not open a session for another."""
        client = Client(self.setting)
        client.say([1, "chatr", {**HELLO[2], "authid": BOB}])
        client.session.received(b'[5, "alice", {}]')
        self.assertAborted(client, DENIED, saying="authid")


class AnonymousTests(SessionCase):
    """The operator opened the door to strangers."""

    limits: ClassVar[dict[str, Any]] = {"anonymous": True}

    def test_anonymous(self) -> None:
        """A stranger has the role anonymous, no rooms and no presence, and may call public operations only."""
        client = Client(self.setting)
        ((code, _, details),) = client.say([1, "chatr", {"roles": {"caller": {}}}])
        self.assertEqual((code, details["authrole"], details["authmethod"]), (2, "anonymous", "anonymous"))
        self.assertEqual(self.setting.attendance.events, [])
        self.assertEqual(client.say([48, 1, {}, "chatr.echo.whoami"])[0][4]["role"], "anonymous")
        answer = client.say([48, 2, {}, "chatr.echo.get", [], {"text": "x"}])[0]
        self.assertEqual(answer[4], "chatr.error.unauthenticated")

    def test_ticket_goes_first(self) -> None:
        """Who can show a ticket is asked for it."""
        client = Client(self.setting)
        message = [1, "chatr", {"roles": {"caller": {}}, "authmethods": ["anonymous", "ticket"]}]
        self.assertEqual(client.say(message), [[4, "ticket", {}]])
