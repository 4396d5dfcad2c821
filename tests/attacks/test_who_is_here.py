"""Finding out who has an account, by addresses."""

from __future__ import annotations

from collections import Counter

from chatr.api.context import Caller
from tests.attacks.test_code_bombing import BombingCase
from tests.ops.case import PASSWORD, outcome


class AddressTests(BombingCase):
    """Whether an address is somebody's."""

    settings = {"auth.phone_region": "CH", "limits.enabled": "true", "limits.exempt_loopback": "false"}

    async def test_conflicts_are_counted(self) -> None:
        """One account asks for changes to addresses that are taken and to others, in turn: ten of each are answered.

        From then on both are ``rate_limited``. Before, each taken one answered ``conflict`` for ever, 60 a minute.
        """
        await self.owner_of("owner@example.org")
        mallory = await self.person("mallory")
        answers: dict[str, Counter[str]] = {"taken": Counter(), "free": Counter()}
        for number in range(25):
            for kind, email in (("taken", "Owner@example.org"), ("free", f"free{number}@example.org")):
                told = await outcome(mallory.call("user.update", email=email))
                answers[kind][told if isinstance(told, str) else "answered"] += 1
        self.assertEqual(answers["taken"], {"conflict": 10, "rate_limited": 15})
        self.assertEqual(answers["free"], {"answered": 10, "rate_limited": 15})


class ResendTests(BombingCase):
    """Using up what an owner may ask for."""

    settings = {"auth.login_code": "email", "limits.enabled": "true", "limits.exempt_loopback": "false"}

    async def test_resends_of_others_are_their_own(self) -> None:
        """A stranger asks again and again for codes of somebody's account; its owner gets one all the same.

        Before: whoever knew the id of an account had its owner answered ``rate_limited`` for five minutes, for ever.
        """
        ann = await self.person("ann")
        step = await self.call("session.login", login="ann", password=PASSWORD)
        stranger = Caller(address="198.51.100.7")
        for purpose in ("login", "email", "phone"):
            await self.call("account.resend_code", stranger, userId=ann.id, purpose=purpose)
        await self.codes_later(61)
        sent = self.sent_to("ann@example.org")
        challenge = step["challenge"]
        answer = await self.call("account.resend_code", userId=ann.id, purpose="login", challenge=challenge)
        self.assertNotEqual(answer["sentTo"], "***")
        await self.node.ports.accounts.outbound.settled()
        self.assertEqual(self.sent_to("ann@example.org"), sent + 1)
