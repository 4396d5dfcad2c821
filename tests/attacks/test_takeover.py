"""Taking an account with a stolen access token, keeping its owner out, holding an address of somebody else's."""

from __future__ import annotations

import re
from typing import Any

import pyotp
from twisted.internet.defer import Deferred, gatherResults

from chatr.api.context import Caller, Context
from chatr.ops import operator
from tests.ops.case import PASSWORD, OpsCase, Person

VICTIM, MALLORYS, NEW = "ann@example.org", "mallory@evil.example", "Another-pass-9"
NUMBER, OTHER = "+41791234567", "+41791234568"


class TakeoverCase(OpsCase):
    """An owner, and what was stolen from them."""

    async def stolen(self) -> Person:
        """The owner's session of yesterday: whoever has its access token may call what it may call."""
        ann = await self.person("ann")
        await self.node.db.execute("UPDATE sessions SET created_at = created_at - interval '601 seconds'")
        return ann

    def texts_to(self, address: str) -> list[str]:
        return [text for to, text in self.mails() if to == address]

    def undo_token(self, address: str) -> str:
        """The secret in the newest letter to an address."""
        found = re.search(r"^[A-Za-z0-9_-]{43}$|undo it with ([A-Za-z0-9_-]{43})", self.texts_to(address)[-1], re.M)
        assert found is not None, self.texts_to(address)
        return found[1] or found[0]


class TokenTests(TakeoverCase):
    """A token, and no password."""

    async def test_a_token_alone_changes_no_way_to_sign_in(self) -> None:
        """Each operation that changes how somebody signs in asks for the password, by name, and changes nothing.

        Before: user.update sent a code to the thief, and two_factor.setup and enable locked the owner out.
        """
        ann = await self.stolen()
        before = await self.account()
        for name, params in (
            ("user.update", {"email": MALLORYS}),
            ("user.update", {"phoneNumber": NUMBER}),
            ("two_factor.setup", {}),
            ("two_factor.enable", {"code": "123456"}),
        ):
            await self.refused(ann.call(name, **params), "code_wrong", "$.password")
            await self.refused(ann.call(name, **params, password="Wrong-pass-1"), "code_wrong")
        for name, params in (
            ("password.change", {"password": NEW}),
            ("account.delete", {}),
            ("two_factor.disable", {"code": "123456"}),
            ("two_factor.recovery_codes", {}),
        ):
            field = "current" if name == "password.change" else "password"
            await self.refused(ann.call(name, **params), "invalid", f"$.{field}")
            await self.refused(ann.call(name, **params, **{field: "Wrong-pass-1"}), "code_wrong")
        self.assertEqual((await self.account(), self.texts_to(MALLORYS), self.texts_to(NUMBER)), (before, [], []))
        await ann.call("user.update", firstName="Ann")

    async def account(self) -> Any:
        return await self.node.db.query(
            "SELECT email, phone_number, password_hash, totp_secret, totp_enabled_at, deleted_at FROM users"
        )

    async def test_refreshing_is_no_sign_in(self) -> None:
        """A stolen refresh token doesn't make the sign-in of yesterday one of now."""
        ann = await self.stolen()
        await self.call("session.refresh", refreshToken=ann.session["refreshToken"])
        await self.refused(ann.call("user.update", email=MALLORYS), "code_wrong", "$.password")

    async def test_the_owner_goes_on(self) -> None:
        """With the password, or within ten minutes of a sign-in, all of it works as before."""
        ann = await self.stolen()
        await ann.call("user.update", email="new@example.org", password=PASSWORD)
        await ann.call("account.verify_email", userId=ann.id, code=self.last_code("new@example.org"))
        setup = await ann.call("two_factor.setup", password=PASSWORD)
        await ann.call("two_factor.enable", password=PASSWORD, code=pyotp.TOTP(setup["secret"]).at(self.now()))
        ben = await self.person("ben")
        await ben.call("two_factor.setup")
        await ben.call("user.update", email="new2@example.org")

    async def test_without_a_password_a_sign_in_is_the_proof(self) -> None:
        """An account that signs in elsewhere has no password to give: it must have signed in a moment ago."""
        ann = await self.stolen()
        await self.node.db.execute("UPDATE users SET password_hash = ''")
        for name, params in (
            ("user.update", {"email": MALLORYS}),
            ("password.change", {"password": NEW}),
            ("account.delete", {}),
        ):
            error = await self.refused(ann.call(name, **params), "code_wrong", "$.password")
            self.assertIn("sign in again", error.detail)
        await self.node.db.execute("UPDATE sessions SET created_at = now()")
        await ann.call("password.change", password=NEW)


class UndoTests(TakeoverCase):
    """The thief was quick, or knew the password: the owner takes the account back."""

    async def taken(self) -> Person:
        """Everything the thief can do within ten minutes of the owner's sign-in, without the password at first."""
        ann = await self.person("ann")
        await ann.call("user.update", email=MALLORYS)
        await ann.call("account.verify_email", userId=ann.id, code=self.last_code(MALLORYS))
        await self.call("password.forgot", email=MALLORYS)
        await self.node.ports.accounts.outbound.settled()
        await self.call("password.reset", email=MALLORYS, code=self.last_code(MALLORYS), password=NEW)
        thief = Person(self, await self.call("session.login", login=MALLORYS, password=NEW))
        setup = await thief.call("two_factor.setup")
        await thief.call("two_factor.enable", code=pyotp.TOTP(setup["secret"]).at(self.now()))
        await thief.call("user.update", email="second@evil.example")
        await thief.call("account.verify_email", userId=ann.id, code=self.last_code("second@evil.example"))
        await thief.call("user.update", phoneNumber=NUMBER)
        await thief.call("account.verify_phone", userId=ann.id, code=self.last_code(NUMBER))
        await self.codes_later()
        await thief.call("user.update", email="third@evil.example")
        return thief

    async def test_the_owner_undoes_it(self) -> None:
        """By the secret in the first mail: address back, the thief out, password and authenticator of theirs void."""
        thief = await self.taken()
        pending = self.last_code("third@evil.example")
        thiefs_token = self.undo_token(MALLORYS)
        device = thief.device()
        await self.call("account.undo_change", token=self.undo_token(VICTIM))
        self.assertEqual(device.named("session.revoked")[0]["reason"], "address_restored")
        self.assertEqual(len(device.ended), 1)
        for login in (MALLORYS, "second@evil.example", NUMBER, "ann", VICTIM):
            await self.refused(self.call("session.login", login=login, password=NEW), "code_wrong")
        await self.refused(thief.call("account.verify_email", userId=thief.id, code=pending), "code_wrong")
        await self.refused(self.call("account.undo_change", token=thiefs_token), "code_wrong")
        await self.call("password.forgot", email="second@evil.example")
        await self.call("password.forgot", email=VICTIM)
        await self.node.ports.accounts.outbound.settled()
        await self.call("password.reset", email=VICTIM, code=self.last_code(VICTIM), password="Mine-again-1")
        session = await self.call("session.login", login=VICTIM, password="Mine-again-1")
        user = session["user"]
        shown = (user["email"], user["emailVerified"], user["twoFactorEnabled"], user.get("phoneNumber"))
        self.assertEqual(shown, (VICTIM, True, False, None))

    async def test_once_and_for_seven_days(self) -> None:
        """A secret works once, until a week is over, and only if it is one; of many uses at once one."""
        await self.taken()
        token = self.undo_token(VICTIM)
        await self.refused(self.call("account.undo_change", token=token[::-1]), "code_wrong")
        await self.node.db.execute("UPDATE address_changes SET changed_at = changed_at - interval '7 days'")
        await self.refused(self.call("account.undo_change", token=token), "code_wrong")
        await self.node.db.execute("UPDATE address_changes SET changed_at = changed_at + interval '1 hour'")
        calls = [
            Deferred.fromCoroutine(self.call("account.undo_change", token=token)).addErrback(lambda f: f.value.code)
            for _ in range(5)
        ]
        answers = await gatherResults(calls)
        self.assertEqual(sorted(map(str, answers)), ["code_wrong"] * 4 + ["{}"])

    async def test_what_the_owner_has_stays(self) -> None:
        """A password and an authenticator from before the change are the owner's: they stay."""
        ann = await self.person("ann")
        setup = await ann.call("two_factor.setup")
        totp = pyotp.TOTP(setup["secret"])
        await ann.call("two_factor.enable", code=totp.at(self.now()))
        await ann.call("user.update", email=MALLORYS)
        await ann.call("account.verify_email", userId=ann.id, code=self.last_code(MALLORYS))
        await self.call("account.undo_change", token=self.undo_token(VICTIM))
        step = await self.call("session.login", login=VICTIM, password=PASSWORD)
        self.assertEqual(step["methods"], ["totp", "recovery_code"])

    async def test_a_former_number_is_told(self) -> None:
        """A changed number: the mail address is told, and the number by SMS; either undoes it. An added address too."""
        ann = await self.person("ann")
        for number in (NUMBER, OTHER):
            await ann.call("user.update", phoneNumber=number)
            await ann.call("account.verify_phone", userId=ann.id, code=self.last_code(number))
        self.assertEqual(self.undo_token(NUMBER), self.undo_token(VICTIM))
        await self.call("account.undo_change", token=self.undo_token(NUMBER))
        session = await self.call("session.login", login=NUMBER, password=PASSWORD)
        self.assertEqual(session["user"]["phoneNumber"], NUMBER)
        await self.refused(self.call("session.login", login=OTHER, password=PASSWORD), "code_wrong")

    async def test_an_address_that_is_anothers_by_now(self) -> None:
        """Who has confirmed the former address meanwhile keeps it: conflict, and nothing is undone."""
        ann = await self.person("ann")
        await ann.call("user.update", email="new@example.org")
        await ann.call("account.verify_email", userId=ann.id, code=self.last_code("new@example.org"))
        token = self.undo_token(VICTIM)
        made = await self.call("account.register", username="ann2", email=VICTIM, password=PASSWORD)
        await self.call("account.verify_email", userId=made["userId"], code=self.last_code(VICTIM))
        await self.refused(self.call("account.undo_change", token=token), "conflict")
        await ann.call("user.me")

    async def test_an_operator_undoes_it(self) -> None:
        """``chatr user undo-email``: the last change, and again the one before; then there is none left."""
        thief = await self.taken()
        ctx = self.node_context()
        for expected in (MALLORYS, VICTIM):
            person = await operator.undo_email(ctx, await operator.find(ctx, "ann"))
            self.assertEqual(person.email, expected)
        await self.refused(self.call("session.login", login="ann", password=NEW), "code_wrong")
        await self.refused(operator.undo_email(ctx, person), "not_found")
        await self.refused(self.node.gate.admit(thief.session["accessToken"]), "unauthenticated")

    def node_context(self) -> Any:
        return Context(caller=Caller(role="admin"), request_id="test", now=self.now(), ports=self.node.ports)


class HoldingTests(TakeoverCase):
    """Naming an address of somebody else's first."""

    settings = {"auth.phone_region": "CH"}

    async def test_an_unconfirmed_account_holds_nothing(self) -> None:
        """Whoever enters the right code has the address; the one that only named it loses it, and goes if it was all.

        Before: the owner's right code was answered with conflict, for ever.
        """
        bob = await self.person("bob")
        await self.call("account.register", username="mallory", email="bobs.new@example.org", password=PASSWORD)
        await self.codes_later()
        await bob.call("user.update", email="Bobs.New@example.org")
        code = self.last_code("Bobs.New@example.org")
        session = await bob.call("account.verify_email", userId=bob.id, code=code)
        self.assertEqual(session["user"]["email"], "Bobs.New@example.org")
        self.assertEqual(await self.node.db.query("SELECT username FROM users"), [("@bob",)])

    async def test_naming_it_later_voids_no_code(self) -> None:
        """From another network nobody replaces an account whose code is in hand; both wait, the first confirmed has it.

        Before: the second registration removed the first account, and the owner's code with it.
        """
        made = await self.call("account.register", username="ann", email=VICTIM, password=PASSWORD)
        code = self.last_code(VICTIM)
        await self.codes_later()
        there = Caller(address="203.0.113.7")
        await self.call("account.register", there, username="mallory", email=VICTIM, password=NEW)
        mallorys = self.last_code(VICTIM)
        session = await self.call("account.verify_email", userId=made["userId"], code=code)
        self.assertEqual(session["user"]["email"], VICTIM)
        await self.refused(self.call("session.login", login="mallory", password=NEW), "code_wrong")
        session = await self.call("session.login", login=VICTIM, password=PASSWORD)
        self.assertEqual(session["user"]["username"], "@ann")
        self.assertNotEqual(mallorys, "")

    async def test_of_two_right_codes_at_once_one_wins(self) -> None:
        """Two confirm the same address in the same moment: one has it, the other is told, and nothing is left half."""
        people = [await self.person(name) for name in ("ann", "bob")]
        for person in people:
            await person.call("user.update", email="new@example.org")
            await self.codes_later()
        by_person = dict(zip(people, re.findall(r"\b\d{6}\b", "".join(self.texts_to("new@example.org"))), strict=True))
        calls = [
            Deferred.fromCoroutine(person.call("account.verify_email", userId=person.id, code=code)).addErrback(
                lambda failure: failure.value.code
            )
            for person, code in by_person.items()
        ]
        answers = await gatherResults(calls)
        self.assertEqual(sorted(a if isinstance(a, str) else "won" for a in answers), ["conflict", "won"])

    async def test_a_login_is_the_owners_not_the_holders(self) -> None:
        """An account that only names an address or a number never answers for it when somebody signs in with it."""
        await self.person("ann")
        await self.call("account.register", username="mallory", phoneNumber=NUMBER, password=NEW)
        await self.node.db.execute("UPDATE users SET email = %s WHERE username = '@mallory'", (VICTIM,))
        session = await self.call("session.login", login=VICTIM, password=PASSWORD)
        self.assertEqual(session["user"]["username"], "@ann")
        await self.refused(self.call("session.login", login=VICTIM, password=NEW), "code_wrong")


class MistypedTests(TakeoverCase):
    """A wrong address at registration, put right by its owner and nobody else."""

    settings = {"auth.phone_region": "CH"}

    async def half(self) -> tuple[str, str]:
        """E-mail confirmed, phone mistyped: the account and the proof of having read that mail."""
        made = await self.call("account.register", username="ann", email=VICTIM, phoneNumber=NUMBER, password=PASSWORD)
        waiting = await self.call("account.verify_email", userId=made["userId"], code=self.last_code(VICTIM))
        self.assertEqual(waiting["verification"], "sms")
        return made["userId"], waiting["proof"]

    async def change(self, **params: Any) -> Any:
        return await self.call("account.change_unconfirmed", **params)

    async def test_drop_the_phone_right_away(self) -> None:
        """The mail was just read: the password is what is still to be shown; then the account is in."""
        _, proof = await self.half()
        await self.refused(self.change(proof=proof, phoneNumber=None), "invalid", "$.password")
        await self.refused(self.change(proof=proof, phoneNumber=None, password="Wrong-pass-1"), "code_wrong")
        session = await self.change(proof=proof, phoneNumber=None, password=PASSWORD)
        self.assertEqual((session["user"]["emailVerified"], "phoneNumber" in session["user"]), (True, False))
        await self.refused(self.change(proof=proof, phoneNumber=None, password=PASSWORD), "code_wrong")

    async def test_change_the_phone_on_another_day(self) -> None:
        """By signing in: the password gives a proof, a code to the confirmed mail address the rest."""
        user_id, _ = await self.half()
        waiting = await self.call("session.login", login="ann", password=PASSWORD)
        self.assertEqual((waiting["userId"], waiting["verification"]), (user_id, "sms"))
        asked = await self.change(proof=waiting["proof"], phoneNumber=OTHER)
        self.assertEqual((asked["verification"], asked["proof"]), ("email", waiting["proof"]))
        self.assertEqual(self.texts_to(OTHER), [])
        code = self.last_code(VICTIM)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        await self.refused(self.change(proof=waiting["proof"], phoneNumber=OTHER, code=wrong), "code_wrong")
        changed = await self.change(proof=waiting["proof"], phoneNumber=OTHER, code=code)
        self.assertEqual((changed["userId"], changed["verification"]), (user_id, "sms"))
        session = await self.call("account.verify_phone", userId=user_id, code=self.last_code(OTHER))
        self.assertEqual(session["user"]["phoneNumber"], OTHER)

    async def test_the_password_alone_goes_past_nothing(self) -> None:
        """Who has found out the password can't put a number of their own in place of the mistyped one.

        Nor guess the code: five tries void the proof.
        """
        await self.half()
        proof = (await self.call("session.login", login="ann", password=PASSWORD))["proof"]
        await self.change(proof=proof, phoneNumber=OTHER)
        code = self.last_code(VICTIM)
        wrong = f"{(int(code) + 1) % 1_000_000:06d}"
        for _ in range(5):
            await self.refused(self.change(proof=proof, phoneNumber=OTHER, code=wrong), "code_wrong")
        await self.refused(self.change(proof=proof, phoneNumber=OTHER, code=code), "code_wrong")
        self.assertEqual(await self.node.db.query("SELECT phone_number FROM users"), [(NUMBER,)])
        self.assertEqual(self.texts_to(OTHER), [])

    async def test_the_reverse(self) -> None:
        """A mistyped e-mail address, a right phone: change or drop the address, then the phone gets its code."""
        for name, wanted in (("ann", None), ("bea", "bea@example.org")):
            number = f"+4179123456{len(self.mails())}"
            made = await self.call(
                "account.register", username=name, email=f"{name}@exmaple.org", phoneNumber=number, password=PASSWORD
            )
            answer = await self.change(proof=made["proof"], email=wanted)
            if wanted:
                self.assertEqual(answer["verification"], "email")
                code = self.last_code(wanted)
                answer = await self.call("account.verify_email", userId=made["userId"], code=code)
            self.assertEqual(answer["verification"], "sms")
            session = await self.call("account.verify_phone", userId=made["userId"], code=self.last_code(number))
            self.assertEqual(session["user"].get("email"), wanted)

    async def test_what_is_refused(self) -> None:
        """What is confirmed, or another's, or would leave no address; nothing to change; an unknown or late proof."""
        await self.person("bob")
        _, proof = await self.half()
        shown = {"proof": proof, "password": PASSWORD}
        await self.refused(self.change(**shown), "invalid", "$.email")
        await self.refused(self.change(**shown, email="new@example.org"), "conflict", "$.email")
        await self.refused(self.change(**shown, email=None, phoneNumber=None), "conflict", "$.email")
        await self.refused(self.change(**shown, phoneNumber="12"), "invalid", "$.phoneNumber")
        await self.refused(self.change(proof="x", phoneNumber=None), "code_wrong")
        made = await self.call("account.register", username="cid", email="cid@example.org", password=PASSWORD)
        await self.refused(self.change(proof=made["proof"], email=None), "invalid", "$.email")
        await self.refused(self.change(proof=made["proof"], email="BOB@example.org"), "conflict", "$.email")
        await self.node.db.execute("UPDATE codes SET expires_at = now() WHERE purpose = 'change'")
        await self.refused(self.change(proof=made["proof"], email="new@example.org"), "code_expired")

    async def test_no_code_leaves_no_change(self) -> None:
        """When the new number may get no code at the moment, everything stays as it was."""
        bob = await self.person("bob")
        await bob.call("user.update", phoneNumber=OTHER)
        _, proof = await self.half()
        await self.refused(self.change(proof=proof, password=PASSWORD, phoneNumber=OTHER), "rate_limited")
        self.assertEqual(
            await self.node.db.query("SELECT phone_number FROM users WHERE username = '@ann'"), [(NUMBER,)]
        )
        await self.change(proof=proof, password=PASSWORD, phoneNumber=None)


class KeepOutTests(TakeoverCase):
    """Using up what the owner needs to sign in."""

    settings = {"auth.login_code": "email", "limits.enabled": "true"}

    async def test_forgotten_passwords_leave_the_owner_their_code(self) -> None:
        """A stranger who asks for reset codes as fast as they may: the owner signs in after a minute at most."""
        await self.person("ann")
        for network in range(3):
            await self.call("password.forgot", Caller(address=f"203.0.113.{network}"), email=VICTIM)
            await self.node.ports.accounts.outbound.settled()
            await self.codes_later(60)
        step = await self.call("session.login", login="ann", password=PASSWORD)
        session = await self.call("session.verify_login", challenge=step["challenge"], code=self.last_code(VICTIM))
        self.assertEqual(session["user"]["username"], "@ann")

    async def test_codes_that_a_thief_has_sent_are_not_the_owners(self) -> None:
        """A fresh stolen token that uses up its ten codes an hour: the owner's sign-in has a count of its own."""
        ann = await self.person("ann")
        codes = []
        for number in range(12):
            call = Deferred.fromCoroutine(ann.call("user.update", email=f"stranger{number}@example.org"))
            codes.append(await call.addCallbacks(lambda _: "sent", lambda failure: failure.value.code))
        self.assertEqual(codes, ["sent"] * 10 + ["rate_limited"] * 2)
        self.assertIn("challenge", await self.call("session.login", login="ann", password=PASSWORD))


class NameTests(OpsCase):
    """Usernames that would stand where something else does."""

    async def test_words_of_routes_are_nobodys(self) -> None:
        """Each word that a route begins with, with @ or not, in any case, is refused; suggestions leave them out.

        Before: ``@search`` and ``@conversations`` could register.
        """
        words = {"search", "conversations", "all", "friends", "sync", "check_username", "by_id"}
        for record in self.node.dispatcher.contract.operations.values():
            first = record.route.path.strip("/").partition("/")[0]
            words |= {first} if re.fullmatch(r"[A-Za-z0-9_]{3,20}", first) else set()
        self.assertGreater(len(words), 10)
        for word in sorted(words):
            for name in (word, f"@{word}", word.upper()):
                call = self.call("account.register", username=name, email=VICTIM, password=PASSWORD)
                await self.refused(call, "invalid", "$.username")
                answer = await self.call("user.check_username", username=name)
                self.assertEqual(answer, {"available": False, "reason": "is reserved"})
        names = (await self.call("user.suggest_username", username="Search"))["suggestions"]
        self.assertNotIn("@search", [name.lower() for name in names])
