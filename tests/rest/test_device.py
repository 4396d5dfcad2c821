"""Browsers that somebody has signed in with before."""

from __future__ import annotations

from tests.e2e.server import PASSWORD
from tests.rest.test_cookies import LOGIN, REFRESH, CookieCase


class DeviceTests(CookieCase):
    """The mark that a browser keeps."""

    async def test_kept(self) -> None:
        """It is set with a session, where no script reads it and no other site has it sent, and outlives a logout."""
        session = await self.login()
        mark = self.jar["chatr_device"]
        self.assertEqual((mark["path"], mark["samesite"].lower(), mark["max-age"]), ("/api/auth", "strict", "7776000"))
        self.assertTrue(mark["httponly"])
        await self.post("/api/auth/logout", Authorization=f"Bearer {session['accessToken']}")
        self.assertEqual(set(self.jar), {"chatr_device"})
        await self.login()
        self.assertEqual(self.jar["chatr_device"].value, mark.value)
        [(marks,)] = await self.service.node.db.query("SELECT count(*) FROM known_places")  # type: ignore[union-attr]
        # The address, the browser that registered without keeping cookies, and this one.
        self.assertEqual(marks, 3)

    async def test_refused_calls_set_none(self) -> None:
        """Who does not sign in is not marked."""
        status, _ = await self.post(LOGIN, {"login": "ann", "password": "Wrong-pass-1"})
        self.assertEqual((status, self.jar), (401, {}))

    async def test_what_is_no_mark_is_replaced(self) -> None:
        """Nobody chooses the mark of another, or one that anybody could guess."""
        for kept in ("x", "a" * 44, "a" * 10_000, "a" * 42 + "!"):
            self.jar.clear()
            _, headers, _ = await self.answer(
                "POST", LOGIN, json={"login": "ann", "password": PASSWORD}, headers={"Cookie": f"chatr_device={kept}"}
            )
            [line] = [each for each in headers.getRawHeaders("set-cookie", []) if each.startswith("chatr_device=")]
            self.assertRegex(line, "^chatr_device=[A-Za-z0-9_-]{43};")
            self.assertNotIn(kept + ";", line)

    async def test_nobody_locks_a_browser_out(self) -> None:
        """Not even from the owner's own network: the browser's tries are counted by its mark.

        Before: ten wrong logins from the same address answered the owner 423.
        """
        await self.login()
        for _ in range(12):
            await self.answer("POST", LOGIN, json={"login": "ann", "password": "Wrong-pass-1"})
        status, _, problem = await self.answer("POST", LOGIN, json={"login": "ann", "password": PASSWORD})
        self.assertEqual((status, problem["code"]), (423, "locked"))
        await self.login()
        for _ in range(11):
            await self.post(LOGIN, {"login": "ann", "password": "Wrong-pass-1"})
        status, problem = await self.post(LOGIN, {"login": "ann", "password": PASSWORD})
        self.assertEqual((status, problem["code"]), (423, "locked"))

    async def test_who_keeps_none_pushes_none_out(self) -> None:
        """A program that refreshes its session without cookies, 110 times, leaves the marks of browsers as they were.

        Before, each time added a mark, and after a day of that the owner's browsers were no longer known.
        """
        await self.login()
        marks = await self.marks()
        _, _, session = await self.answer("POST", LOGIN, json={"login": "ann", "password": PASSWORD})
        known = await self.marks()
        for _ in range(110):
            token = session["refreshToken"]
            status, headers, session = await self.answer("POST", REFRESH, json={"refreshToken": token})
            self.assertEqual(status, 200)
            self.assertNotIn("chatr_device", "".join(headers.getRawHeaders("set-cookie", [])))
        self.assertEqual((await self.marks(), known - marks != set()), (known, True))

    async def marks(self) -> set[bytes]:
        """What is known of where somebody has signed in."""
        rows = await self.service.node.db.query("SELECT hash FROM known_places")  # type: ignore[union-attr]
        return {bytes(row[0]) for row in rows}
