"""Events: declared on what they carry, and told to nobody else."""

from __future__ import annotations

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from chatr.api.events import EVENTS, people
from chatr.api.events.activity import Activity
from chatr.api.events.messages import Reacted
from chatr.api.events.people import OwnUserUpdated, UserUpdated
from chatr.api.model import Me, Privacy, User, Wire
from chatr.api.topics import USER, declared, event, event_of

SOMEBODY = {"id": "019a7c00-0000-7000-8000-000000000001", "username": "@ann", "display_name": "Ann", "revision": 1}


class DeclaredTests(SynchronousTestCase):
    """What the module of events declares."""

    def test_every_struct_is_in_one_event(self) -> None:
        """The event that carries a payload is found by it, and it alone."""
        for name, record in EVENTS.items():
            self.assertEqual((record.name, record.topic), (name, f"chatr.{name}"))
            for payload in record.payloads:
                self.assertIs(event_of(payload), record)
        payloads = [payload for record in EVENTS.values() for payload in record.payloads]
        self.assertEqual(len(payloads), len(set(payloads)))

    def test_no_event(self) -> None:
        """What some payloads have in common is none, nor is what is derived from one."""

        class Derived(UserUpdated, frozen=True):
            """Another struct."""

        for payload in (Activity, Privacy, Derived):
            self.assertRaises(TypeError, event_of, payload)

    def test_twice(self) -> None:
        """Two declarations of one name stop the start."""

        @event("user.updated", USER, "Once more.")
        class Again(Wire, frozen=True):
            """A payload."""

        error = self.assertRaises(TypeError, declared, {**vars(people), "Again": Again})
        self.assertIn("user.updated", str(error))

    def test_exact(self) -> None:
        """Whoever decodes by the declaration loses nothing, also where an event carries one of two."""
        me = Me(
            **SOMEBODY,
            email_verified=True,
            phone_verified=False,
            two_factor_enabled=False,
            privacy=Privacy(),
            settings={},
        )
        for sent in (OwnUserUpdated(me, me.revision), UserUpdated.of(User(**SOMEBODY))):
            record, encoded = event_of(type(sent)), msgspec.json.encode(sent)
            for payload in record.payloads:
                try:
                    found = msgspec.json.decode(encoded, type=payload)
                    break
                except msgspec.ValidationError:
                    continue
            self.assertEqual(found, sent)

    def test_logged(self) -> None:
        """Entries of a log are about messages, and say what the log keeps of them."""
        logged = {name: record.facts for name, record in EVENTS.items() if record.logged}
        self.assertEqual({name.partition(".")[0] for name in logged}, {"message", "group"})
        self.assertEqual(logged["message.reaction"], Reacted)
        self.assertEqual(logged["message.received"], type(None))
