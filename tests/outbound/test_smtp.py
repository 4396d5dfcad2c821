"""Mail by SMTP to a real relay, and the queue in front of it."""

from __future__ import annotations

import re
from pathlib import Path

from twisted.internet import reactor
from twisted.internet.defer import Deferred

from chatr.node import Node
from chatr.store import outbound
from tests.ops.case import PASSWORD, OpsCase
from tests.outbound.relay import HOST, USERNAME, Relay, make_certificate
from tests.outbound.relay import PASSWORD as RELAY_PASSWORD

EMAIL = "ann@example.org"


class SmtpCase(OpsCase):
    """A node whose mail goes to a relay."""

    secure = "none"
    login = False
    relay_settings: dict[str, str] = {}

    async def setUp(self) -> None:
        certificate = make_certificate(Path(self.mktemp())) if self.secure != "none" else None
        self.relay = Relay(secure=self.secure, certificate=certificate, login=self.login)
        self.relay.start()
        self.addCleanup(self.relay.stop)
        self.settings = {
            "mail.transport": "smtp",
            "mail.sender": "Chatr <chat@example.org>",
            "mail.smtp_host": HOST,
            "mail.smtp_port": str(self.relay.port),
            "mail.smtp_security": self.secure,
            "mail.smtp_ca_file": str(certificate or ""),
            **self.relay_settings,
        }
        await super().setUp()

    async def register(self, email: str = EMAIL) -> str:
        made = await self.call("account.register", username=email[:3], email=email, password=PASSWORD)
        return str(made["userId"])

    def code_in(self, number: int = -1) -> str:
        text = self.relay.mails[number].get_body(("plain",)).get_content()  # type: ignore[union-attr]
        return re.findall(r"\b[0-9]{6}\b", text)[0]

    async def queued(self) -> list[tuple[int, str, bool]]:
        rows = await self.node.db.query(
            "SELECT attempts, coalesce(error, ''), dead_at IS NOT NULL FROM outbound ORDER BY created_at"
        )
        return [(row[0], row[1], row[2]) for row in rows]

    async def make_due(self) -> None:
        await self.node.db.execute("UPDATE outbound SET due_at = now() WHERE dead_at IS NULL")
        self.node.ports.accounts.outbound.wake()
        await self.node.ports.accounts.outbound.settled()


class PlainTests(SmtpCase):
    """Without encryption, for a relay on the same machine."""

    async def test_mail_is_well_formed(self) -> None:
        """Text and HTML, the same code in both, headers that a mail has, lines ended by CRLF, colours for dark mode."""
        user_id = await self.register()
        await self.node.ports.accounts.outbound.settled()
        [mail], [envelope], [raw] = self.relay.mails, self.relay.envelopes, self.relay.raw
        self.assertEqual((envelope.mail_from, envelope.rcpt_tos), ("chat@example.org", [EMAIL]))
        self.assertEqual((mail["From"], mail["To"]), ("Chatr <chat@example.org>", EMAIL))
        self.assertRegex(mail["Message-ID"], r"^<[^@]+@example\.org>$")
        self.assertEqual(mail["Auto-Submitted"], "auto-generated")
        self.assertIsNotNone(mail["Date"].datetime)
        self.assertEqual([part.get_content_type() for part in mail.iter_parts()], ["text/plain", "text/html"])
        self.assertEqual(raw.count(b"\n"), raw.count(b"\r\n"))
        self.assertLess(max(len(line) for line in raw.splitlines()), 998)
        html = mail.get_body(("html",)).get_content()
        self.assertIn(f">{self.code_in()}</p>", html)
        self.assertIn('<meta name="color-scheme" content="light dark">', html)
        self.assertIn("prefers-color-scheme: dark", html)
        self.assertEqual(mail.defects, [])
        session = await self.call("account.verify_email", userId=user_id, code=self.code_in())
        self.assertEqual(session["user"]["email"], EMAIL)
        self.assertEqual(await self.queued(), [])

    async def test_relay_is_down_for_a_while(self) -> None:
        """Registration answers at once; the mail is tried again, later each time, and arrives."""
        self.relay.stop()
        user_id = await self.register()
        await self.node.ports.accounts.outbound.settled()
        [(attempts, error, dead)] = await self.queued()
        self.assertEqual((attempts, dead), (1, False))
        self.assertIn("Unable to connect", error)
        waits = []
        for _ in range(3):
            await self.make_due()
            [(wait,)] = await self.node.db.query("SELECT extract(epoch FROM due_at - now())::float8 FROM outbound")
            waits.append(round(wait / 5))
        self.assertEqual(waits, [2, 4, 8])
        self.relay.start()
        await self.make_due()
        await self.call("account.verify_email", userId=user_id, code=self.code_in())

    async def test_arrives_after_a_restart(self) -> None:
        """What is queued is sent by the next process; what the last one died with, once its lease has run out."""
        self.relay.stop()
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        claimed = await self.node.db.query("UPDATE outbound SET due_at = now() RETURNING 1")
        self.assertEqual(len(claimed), 1)
        self.assertEqual(len(await outbound.claim(self.node.db, 8, 180)), 1)
        await self.node.close()
        self.relay.start()
        self.node = Node(self.config(), reactor, self.data, now=self.now)
        await self.node.open(self.dsn)
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(self.relay.mails, [])
        await self.make_due()
        self.assertEqual(len(self.relay.mails), 1)

    async def test_refused_for_good(self) -> None:
        """A 5xx answer buries the letter, with the answer and without what was in it; it can be revived."""
        self.relay.answer = "554 no such person"
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(await self.queued(), [(1, "554 no such person", True)])
        [dead] = await outbound.dead(self.node.db, 10)
        self.assertEqual((dead.channel, dead.error), ("email", "554 no such person"))
        self.relay.answer = ""
        self.assertEqual(await outbound.revive(self.node.db, 60), 1)
        await self.make_due()
        self.assertEqual(len(self.relay.mails), 1)

    async def test_refused_for_now(self) -> None:
        """A 4xx answer is tried again."""
        self.relay.answer = "451 greylisted"
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(await self.queued(), [(1, "451 greylisted", False)])

    async def test_too_late(self) -> None:
        """A code that would arrive expired is not sent: the letter is buried with the last trouble it had."""
        self.relay.answer = "451 greylisted"
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.relay.answer = ""
        await self.node.db.execute("UPDATE outbound SET expires_at = now()")
        await self.make_due()
        self.assertEqual(self.relay.mails, [])
        self.assertEqual(await self.queued(), [(2, "451 greylisted; expired before it could be sent", True)])

    async def test_nothing_readable_is_queued(self) -> None:
        """The queue holds neither address nor code in clear, and dead letters are forgotten in the end."""
        self.relay.answer = "554 no"
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        [(dump,)] = await self.node.db.query("SELECT outbound::text || encode(payload, 'escape') FROM outbound")
        self.assertNotIn("example.org", dump)
        self.assertNotIn("Your Chatr code", dump)
        await self.node.db.execute("UPDATE outbound SET dead_at = now() - interval '31 days'")
        await self.node.nightly.run()
        self.assertEqual(await self.queued(), [])

    async def test_two_nodes_share_the_queue(self) -> None:
        """Two processes on one database send every letter once."""
        other = Node(self.config(), reactor, self.data, now=self.now)
        await other.open(self.dsn)
        self.addCleanup(lambda: Deferred.fromCoroutine(other.close()))
        people = [f"p{number:02d}@example.org" for number in range(20)]
        for email in people:
            await self.register(email)
            other.ports.accounts.outbound.wake()
        await self.node.ports.accounts.outbound.settled()
        await other.ports.accounts.outbound.settled()
        self.assertEqual(sorted(mail["To"] for mail in self.relay.mails), people)


class StartTlsTests(SmtpCase):
    """STARTTLS and a password."""

    secure = "starttls"
    login = True
    relay_settings = {"mail.smtp_username": USERNAME, "mail.smtp_password": RELAY_PASSWORD}

    async def test_encrypted_and_signed_in(self) -> None:
        """The mail goes over TLS after a login."""
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual((len(self.relay.mails), self.relay.tls), (1, [True]))
        self.assertEqual(self.relay.logins, [USERNAME.encode()])


class WrongPasswordTests(SmtpCase):
    """A relay that refuses our password."""

    secure = "starttls"
    login = True
    relay_settings = {"mail.smtp_username": USERNAME, "mail.smtp_password": "Wrong-secret-9"}

    async def test_password_is_not_told(self) -> None:
        """The reason is kept, and the password isn't in it, in clear or in base64."""
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        [(_, error, _)] = await self.queued()
        self.assertIn("535", error)
        self.assertNotRegex(error, "Wrong-secret|V3JvbmctctZ|V3Jvbmct")


class NoStartTlsTests(SmtpCase):
    """A relay that offers no STARTTLS where it is asked for."""

    relay_settings = {"mail.smtp_security": "starttls"}

    async def test_nothing_goes_in_clear(self) -> None:
        """The mail waits instead of leaving unencrypted."""
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(self.relay.mails, [])
        [(_, error, _)] = await self.queued()
        self.assertIn("does not support secure communication", error)


class ImplicitTlsTests(SmtpCase):
    """TLS from the start."""

    secure = "tls"

    async def test_encrypted(self) -> None:
        """The mail goes over TLS."""
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(self.relay.tls, [True])


class UntrustedTests(SmtpCase):
    """A certificate that nobody vouches for."""

    secure = "starttls"
    relay_settings = {"mail.smtp_ca_file": ""}

    async def test_refused(self) -> None:
        """The mail is not handed to a relay that can't show who it is."""
        await self.register()
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(self.relay.mails, [])
        [(_, error, dead)] = await self.queued()
        self.assertIn("certificate", error)
        self.assertFalse(dead)
