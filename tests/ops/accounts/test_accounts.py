"""Registration, verification, signing in and out."""

from __future__ import annotations

import re
import uuid
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller
from chatr.auth.code_hashes import Codes
from tests.ops.case import PASSWORD, OpsCase


class RegisterTests(OpsCase):
    """account.register."""

    async def register(self, **change: Any) -> Any:
        params = {"username": "ann", "email": "ann@example.org", "password": PASSWORD, **change}
        return await self.call("account.register", **{key: value for key, value in params.items() if value is not ...})

    async def test_register_verify(self) -> None:
        """A code comes by mail; with it the account is verified and signed in."""
        made = await self.register(firstName=" Ann ", lastName="Lee")
        self.assertEqual(made["verification"], "email")
        session = await self.call("account.verify_email", userId=made["userId"], code=self.last_code("ann@example.org"))
        user = session["user"]
        self.assertEqual((user["username"], user["displayName"], user["email"]), ("@ann", "Ann Lee", "ann@example.org"))
        self.assertEqual((user["emailVerified"], user["twoFactorEnabled"], session["expiresIn"]), (True, False, 900))
        self.assertEqual(self.node.ports.accounts.tokens.verify(session["accessToken"]).user_id, made["userId"])
        self.assertRegex(user["createdAt"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    async def test_field_rules(self) -> None:
        """Each field that breaks a rule is named."""
        for path, change in (
            ("$.username", {"username": "ab"}),
            ("$.username", {"username": "a" * 21}),
            ("$.username", {"username": "@@ann"}),
            ("$.username", {"username": "ann\n"}),
            ("$.username", {"username": "änn"}),
            ("$.email", {"email": "nobody"}),
            ("$.email", {"email": "a@b..c"}),
            ("$.email", {"email": "a b@example.org"}),
            ("$.email", {"email": ...}),
            ("$.phoneNumber", {"phoneNumber": "+41 12"}),
            ("$.phoneNumber", {"phoneNumber": "0790000000"}),
            ("$.password", {"password": "P@ssw0rd"}),
            ("$.password", {"password": "Short-1"}),
            ("$.password", {"password": "no-upper-case"}),
            ("$.password", {"password": "NoSpecial1"}),
            ("$.password", {"password": "Aa-" + "x" * 126}),
            ("$.password", {"password": "Ann@Example.org"}),
            ("$.displayName", {"displayName": "x" * 51}),
            ("$.gender", {"gender": "robot"}),
            ("$.isAdmin", {"isAdmin": True}),
        ):
            await self.refused(self.register(**change), "invalid", path)
        self.assertEqual((self.mails(), await self.node.db.query("SELECT 1 FROM users")), ([], []))

    async def test_username_is_unique_without_regard_to_case(self) -> None:
        """A taken username is a conflict that names it, kept as typed by whoever came first."""
        await self.person("Ann")
        await self.refused(self.register(username="aNN", email="other@example.org"), "conflict", "$.username")

    async def test_verified_email_is_never_overwritten(self) -> None:
        """The address of a verified account is a conflict, whatever its case; the account stays as it is."""
        ann = await self.person("ann")
        await self.refused(self.register(username="eve", email="ANN@example.org"), "conflict", "$.email")
        self.assertEqual((await ann.call("user.me"))["username"], "@ann")

    async def test_unverified_account_is_replaced(self) -> None:
        """Who registers again before verifying starts anew: the earlier code and password are void."""
        first = await self.register()
        code = self.last_code("ann@example.org")
        await self.refused(self.register(username="ann2", password="Another-pass-9"), "rate_limited")
        await self.codes_later()
        second = await self.register(username="ann2", password="Another-pass-9")
        await self.refused(self.call("account.verify_email", userId=first["userId"], code=code), "code_wrong")
        await self.call("account.verify_email", userId=second["userId"], code=self.last_code("ann@example.org"))
        await self.refused(self.call("session.login", login="ann2", password=PASSWORD), "code_wrong")
        await self.call("session.login", login="ann2", password="Another-pass-9")

    async def test_concurrent_registrations(self) -> None:
        """Of many registrations of one username at once, one wins and the others get conflict."""
        calls = [
            Deferred.fromCoroutine(self.register(email=f"ann{n}@example.org")).addErrback(lambda f: f.value.code)
            for n in range(6)
        ]
        answers = await gatherResults(calls)
        self.assertEqual(sorted("won" if isinstance(a, dict) else a for a in answers), ["conflict"] * 5 + ["won"])


class VerifyTests(OpsCase):
    """Codes."""

    async def setUp(self) -> None:
        await super().setUp()
        made = await self.call("account.register", username="ann", email="ann@example.org", password=PASSWORD)
        self.user_id = made["userId"]

    def wrong(self) -> str:
        return f"{(int(self.last_code('ann@example.org')) + 1) % 1_000_000:06d}"

    async def verify(self, code: str) -> Any:
        return await self.call("account.verify_email", userId=self.user_id, code=code)

    async def test_five_attempts(self) -> None:
        """After five wrong attempts a code is void, the right one too."""
        for _ in range(5):
            await self.refused(self.verify(self.wrong()), "code_wrong")
        await self.refused(self.verify(self.last_code("ann@example.org")), "code_wrong")

    async def test_concurrent_guesses_count(self) -> None:
        """Guesses at the same moment can't slip past the limit."""
        guesses = [Deferred.fromCoroutine(self.refused(self.verify(self.wrong()), "code_wrong")) for _ in range(20)]
        await gatherResults(guesses)
        [(attempts,)] = await self.node.db.query("SELECT attempts FROM codes WHERE purpose = 'email'")
        self.assertEqual(attempts, 5)

    async def test_a_code_works_once(self) -> None:
        """Of two verifications with the right code at once, one signs in."""
        code = self.last_code("ann@example.org")
        both = [Deferred.fromCoroutine(self.verify(code)).addErrback(lambda f: f.value.code) for _ in range(2)]
        answers = await gatherResults(both)
        self.assertEqual(sorted("won" if isinstance(a, dict) else a for a in answers), ["code_wrong", "won"])

    async def test_expired(self) -> None:
        """A code that is too old says so."""
        await self.node.db.execute("UPDATE codes SET expires_at = now()")
        await self.refused(self.verify(self.last_code("ann@example.org")), "code_expired")

    async def test_resend(self) -> None:
        """A new code takes the old one's place, at most once a minute; the answer is masked and always alike."""
        old = self.last_code("ann@example.org")
        sent = await self.call("account.resend_code", userId=self.user_id, purpose="email")
        self.assertEqual((sent["sentTo"], len(self.mails())), ("***", 1))
        await self.codes_later(61)
        await self.call("account.resend_code", userId=self.user_id, purpose="email")
        self.assertEqual(len(self.mails()), 2)
        new = self.last_code("ann@example.org")
        if old != new:
            await self.refused(self.verify(old), "code_wrong")
        await self.verify(new)
        stranger = await self.call("account.resend_code", userId=str(uuid.uuid4()), purpose="email")
        self.assertEqual((set(stranger), stranger["sentTo"]), (set(sent), sent["sentTo"]))

    async def test_nobody_signs_in_unverified(self) -> None:
        """The right password answers what the account waits for, a wrong one nothing; another device can finish it."""
        await self.refused(self.call("session.login", login="ann", password="Wrong-pass-1"), "code_wrong")
        for login in ("ann", "ann@example.org"):
            waiting = await self.call("session.login", login=login, password=PASSWORD)
            self.assertEqual((waiting["userId"], waiting["verification"]), (self.user_id, "email"))
            self.assertNotIn("accessToken", waiting)
        self.assertEqual(len(self.mails()), 1)
        await self.verify(self.last_code("ann@example.org"))

    async def test_a_code_that_is_over_is_sent_anew(self) -> None:
        """Whoever signs in with no code that works in hand gets one, as soon as one may leave."""
        await self.node.db.execute("UPDATE codes SET expires_at = now() WHERE purpose = 'email'")
        error = await self.refused(self.call("session.login", login="ann", password=PASSWORD), "rate_limited")
        self.assertIn(error.retry_after_s, range(50, 61))
        await self.codes_later(61)
        await self.call("session.login", login="ann", password=PASSWORD)
        self.assertEqual(len(self.mails()), 2)
        await self.verify(self.last_code("ann@example.org"))

    async def test_codes_are_stored_hashed(self) -> None:
        """The database holds no code in clear."""
        rows = await self.node.db.query("SELECT codes::text, encode(hash, 'escape') FROM codes")
        self.assertNotIn(self.last_code("ann@example.org"), str(rows))


class LoginTests(OpsCase):
    """session.login and what follows."""

    async def test_by_username_or_email(self) -> None:
        """Username with or without @, or e-mail, in any case."""
        ann = await self.person("ann")
        for login in ("ann", "@ANN", "Ann@Example.org", " ann "):
            session = await self.call("session.login", login=login, password=PASSWORD)
            self.assertEqual(session["user"]["id"], ann.id)

    async def test_wrong_answers_are_alike(self) -> None:
        """A wrong password and an unknown account can't be told apart."""
        await self.person("ann")
        details = set()
        for login, password in (("ann", "Wrong-pass-1"), ("nobody", PASSWORD), ("no@example.org", PASSWORD)):
            error = await self.refused(self.call("session.login", login=login, password=password), "code_wrong")
            details.add(error.detail)
        self.assertEqual(len(details), 1)

    async def test_refresh_rotates(self) -> None:
        """Each refresh token works once and gives the next."""
        ann = await self.person("ann")
        second = await self.call("session.refresh", refreshToken=ann.session["refreshToken"])
        self.assertNotEqual(second["refreshToken"], ann.session["refreshToken"])
        third = await self.call("session.refresh", refreshToken=second["refreshToken"])
        self.assertEqual(self.node.ports.accounts.tokens.verify(third["accessToken"]).session_id, ann.session_id)
        await self.refused(self.call("session.refresh", refreshToken="unknown"), "unauthenticated")

    async def test_reuse_ends_the_family(self) -> None:
        """A refresh token used twice ends the session: its tokens, its sockets, and the person is told."""
        ann = await self.person("ann")
        device = ann.device()
        second = await self.call("session.refresh", refreshToken=ann.session["refreshToken"])
        await self.node.db.execute("UPDATE refresh_tokens SET used_at = used_at - interval '10 seconds'")
        await self.refused(self.call("session.refresh", refreshToken=ann.session["refreshToken"]), "unauthenticated")
        await self.refused(self.call("session.refresh", refreshToken=second["refreshToken"]), "unauthenticated")
        self.assertEqual(device.named("session.revoked")[0]["reason"], "refresh_token_reused")
        self.assertEqual(len(device.ended), 1)
        for token in (ann.session["accessToken"], second["accessToken"]):
            error = self.assertRaises(Exception, self.node.ports.accounts.tokens.verify, token)
            self.assertEqual(getattr(error, "code", ""), "unauthenticated")

    async def test_concurrent_refresh(self) -> None:
        """Two tabs that refresh at once get the same successor, and the session lives on with it."""
        ann = await self.person("ann")
        both = [
            Deferred.fromCoroutine(self.call("session.refresh", refreshToken=ann.session["refreshToken"]))
            for _ in range(8)
        ]
        answers = await gatherResults(both)
        [successor] = {answer["refreshToken"] for answer in answers}
        for answer in answers:
            self.assertEqual(self.node.ports.accounts.tokens.verify(answer["accessToken"]).session_id, ann.session_id)
        third = await self.call("session.refresh", refreshToken=successor)
        self.assertNotEqual(third["refreshToken"], successor)
        self.assertEqual(await self.node.db.query("SELECT count(*) FROM refresh_tokens"), [(3,)])

    async def test_a_lost_answer_is_repeated_for_its_caller_alone(self) -> None:
        """Within ten seconds the same network gets the same answer; from another the reuse ends the session."""
        for name, first, second, again in (
            ("ann", "192.0.2.7", "192.0.2.7", True),
            ("bea", "2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
            ("cid", "192.0.2.7", "192.0.2.8", False),
            ("dan", "2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ):
            token = (await self.person(name)).session["refreshToken"]
            answer = await self.call("session.refresh", Caller(address=first), refreshToken=token)
            if again:
                repeated = await self.call("session.refresh", Caller(address=second), refreshToken=token)
                self.assertEqual(repeated["refreshToken"], answer["refreshToken"])
                continue
            await self.refused(
                self.call("session.refresh", Caller(address=second), refreshToken=token), "unauthenticated"
            )
            await self.refused(self.call("session.refresh", refreshToken=answer["refreshToken"]), "unauthenticated")
            await self.node.ports.accounts.outbound.settled()
            self.assertIn("continued from two places", self.mails()[-1][1])

    async def test_a_successor_takes_all_three(self) -> None:
        """The same token under another salt or another server key has another successor: no leak of one gives it."""
        codes = self.node.ports.accounts.codes
        made = codes.successors("token", b"salt")
        self.assertEqual(made, codes.successors("token", b"salt"))
        others = [*codes.successors("token", b"tlas"), *codes.successors("other", b"salt")]
        others += Codes([b"x" * 32]).successors("token", b"salt")
        self.assertEqual(set(made) & set(others), set())

    async def test_logout(self) -> None:
        """Signing out ends the tokens and the sockets of that session, and of no other."""
        ann = await self.person("ann")
        other = await self.call("session.login", login="ann", password=PASSWORD)
        device = ann.device()
        await ann.call("session.logout")
        self.assertEqual([code for code, _ in device.ended], ["unauthenticated"])
        self.assertRaises(Exception, self.node.ports.accounts.tokens.verify, ann.session["accessToken"])
        self.node.ports.accounts.tokens.verify(other["accessToken"])
        await self.refused(self.call("session.refresh", refreshToken=ann.session["refreshToken"]), "unauthenticated")
        self.assertRaises(Exception, self.node.ports.accounts.tokens.verify, ann.session["accessToken"])

    async def test_secrets_are_stored_hashed(self) -> None:
        """Neither passwords nor tokens are in the database."""
        ann = await self.person("ann")
        ticket = await ann.call("realtime.ticket")
        dump = ""
        for table in ("users", "sessions", "refresh_tokens", "tickets"):
            dump += str(await self.node.db.query(f"SELECT {table}::text FROM {table}"))
        for secret in (PASSWORD, ann.session["refreshToken"], ticket["ticket"]):
            self.assertNotIn(secret, dump)
            self.assertNotIn(secret.encode().hex(), dump)

    async def test_ticket_opens_once(self) -> None:
        """A ticket admits one connection; an access token any number, until its session ends."""
        ann = await self.person("ann")
        ticket = (await ann.call("realtime.ticket"))["ticket"]
        admission = await self.node.gate.admit(ticket)
        self.assertEqual((admission.user_id, admission.role), (ann.id, "user"))
        self.assertEqual(admission.rooms, (f"user:{ann.id}", f"session:{ann.session_id}"))
        await self.refused(self.node.gate.admit(ticket), "unauthenticated")
        for _ in range(2):
            await self.node.gate.admit(ann.session["accessToken"])
        old = (await ann.call("realtime.ticket"))["ticket"]
        await self.node.db.execute("UPDATE tickets SET expires_at = now()")
        await self.refused(self.node.gate.admit(old), "unauthenticated")
        unused = (await ann.call("realtime.ticket"))["ticket"]
        await ann.call("session.logout")
        for secret in (unused, ann.session["accessToken"]):
            await self.refused(self.node.gate.admit(secret), "unauthenticated")

    async def test_revoked_while_it_is_let_in(self) -> None:
        """A session that ends between the look-up and the welcome is not let in."""
        ann = await self.person("ann")
        async with self.node.db.transaction() as tx:
            # The look-up of the connection waits behind this lock.
            await tx.execute("LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE")
            admission = Deferred.fromCoroutine(
                self.refused(self.node.gate.admit(ann.session["accessToken"]), "unauthenticated")
            )
            self.node.ports.live.publisher.end(f"session:{ann.session_id}", "unauthenticated", "Signed out")
        await admission

    async def test_expired_tokens(self) -> None:
        """Access tokens end by the clock."""
        ann = await self.person("ann")
        self.moved = timedelta(seconds=901)
        await self.refused(self.node.gate.admit(ann.session["accessToken"]), "unauthenticated")


class LoginCodeTests(OpsCase):
    """A mailed code as the second step."""

    settings = {"auth.login_code": "email"}

    async def test_second_step(self) -> None:
        """The password gives a challenge, the mailed code with it the session; neither alone does."""
        ann = await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        self.assertEqual((step["userId"], step["methods"]), (ann.id, ["email"]))
        self.assertNotIn("accessToken", step)
        code = self.last_code("ann@example.org")
        await self.refused(self.call("session.verify_login", challenge="other", code=code), "code_wrong")
        session = await self.call("session.verify_login", challenge=step["challenge"], code=code)
        self.assertEqual(session["user"]["id"], ann.id)
        await self.refused(self.call("session.verify_login", challenge=step["challenge"], code=code), "code_wrong")

    async def test_five_attempts(self) -> None:
        """Five wrong codes void the challenge."""
        await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        code = self.last_code("ann@example.org")
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(5):
            await self.refused(self.call("session.verify_login", challenge=step["challenge"], code=wrong), "code_wrong")
        await self.refused(self.call("session.verify_login", challenge=step["challenge"], code=code), "code_wrong")

    async def test_mail_names_no_password(self) -> None:
        """The mail holds the code and nothing else that is secret."""
        await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        text = self.mails()[-1][1]
        self.assertNotIn(step["challenge"], text)
        self.assertEqual(len(re.findall(r"\d{6}", text)), 1)


class UserTests(OpsCase):
    """People as others find them."""

    async def test_me_and_others(self) -> None:
        """One sees all of oneself and of others what privacy shows: no e-mail by default."""
        ann, ben = await self.person("ann"), await self.person("ben")
        self.assertEqual((await ann.call("user.me"))["email"], "ann@example.org")
        seen = await ben.call("user.get", userId=ann.id)
        self.assertNotIn("email", seen)
        self.assertEqual(seen, await ben.call("user.get_by_username", username="ANN"))
        await self.refused(ben.call("user.get", userId=str(uuid.uuid4())), "not_found")
        await self.refused(ben.call("user.get", userId="x"), "invalid", "$.userId")

    async def test_unverified_are_not_found(self) -> None:
        """Accounts that are not verified don't exist for others."""
        ann = await self.person("ann")
        made = await self.call("account.register", username="new", email="new@example.org", password=PASSWORD)
        await self.refused(ann.call("user.get", userId=made["userId"]), "not_found")
        self.assertEqual((await ann.call("user.search", q="new"))["items"], [])

    async def test_search(self) -> None:
        """By the beginning of the username or display name; never oneself, never an e-mail; wild cards are text."""
        ann, _, _ = [await self.person(name) for name in ("ann", "anna", "ben")]
        found = (await ann.call("user.search", q="An"))["items"]
        self.assertEqual([(user["username"], user["isFriend"]) for user in found], [("@anna", False)])
        self.assertNotIn("email", found[0])
        self.assertEqual((await ann.call("user.search", q="@be"))["items"][0]["username"], "@ben")
        for text in ("%n", "a_n", "\\\\"):
            self.assertEqual((await ann.call("user.search", q=text))["items"], [])
        await self.refused(ann.call("user.search", q="a"), "invalid", "$.q")

    async def test_check_username(self) -> None:
        """Free, taken and malformed names; anybody may ask."""
        await self.person("ann")
        self.assertEqual(await self.call("user.check_username", username="@ben"), {"available": True})
        self.assertEqual(
            await self.call("user.check_username", username="ANN"), {"available": False, "reason": "is taken"}
        )
        self.assertFalse((await self.call("user.check_username", username="a b"))["available"])

    async def test_strangers(self) -> None:
        """Every operation that is not public refuses a stranger before it looks at parameters."""
        public = 0
        for name, operation in self.node.dispatcher.contract.operations.items():
            if "anonymous" in operation.who:
                public += 1
            else:
                await self.refused(self.call(name, nonsense=True), "unauthenticated")
        self.assertEqual(public, 16)

    async def test_guests(self) -> None:
        """A guest may not call what is for signed-in users."""
        await self.refused(
            self.call("user.search", Caller(role="guest", user_id=str(uuid.uuid4())), q="xx"), "forbidden"
        )
