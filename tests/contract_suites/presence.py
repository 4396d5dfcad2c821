"""What every presence store must do."""

from __future__ import annotations

from typing import Any

from chatr.realtime.presence import PresenceStore

USERS = [f"00000000-0000-4000-8000-{number:012d}" for number in range(5)]
ANN, BEN, CAT, DAN, EVE = USERS


class PresenceSuite:
    """Mixed into a test case per implementation, which makes ``store`` and lets ``pass_s`` pass time."""

    store: PresenceStore
    assertEqual: Any
    assertTrue: Any
    assertLess: Any

    async def pass_s(self, seconds: float) -> None:
        """Let time pass, as the store measures it."""

    def another(self) -> PresenceStore:
        """The store as another node has it, or the same where there are no others."""
        return self.store

    async def test_statuses(self) -> None:
        """What was said last holds, until the node has somebody no more; nobody else is here."""
        await self.store.beat()
        await self.store.put({ANN: "online", BEN: "away", CAT: "online"})
        await self.store.put({ANN: "away", CAT: None, DAN: None})
        self.assertEqual(
            await self.store.statuses(USERS),
            {ANN: "away", BEN: "away", CAT: "offline", DAN: "offline", EVE: "offline"},
        )
        self.assertEqual(await self.store.statuses([]), {})

    async def test_news_once(self) -> None:
        """A change is news once; what is as it was is none."""
        await self.store.beat()
        await self.store.put({ANN: "online", BEN: "away"})
        settled = await self.store.settle([ANN, BEN, CAT])
        self.assertEqual((settled.news, settled.later_s), ({ANN: "online", BEN: "away"}, {}))
        settled = await self.store.settle([ANN, BEN, CAT])
        self.assertEqual((settled.news, settled.later_s), ({}, {}))

    async def test_interval(self) -> None:
        """A second change within a second waits for the rest of it, and is none if it is undone by then."""
        await self.store.beat()
        await self.store.put({ANN: "online", BEN: "online"})
        await self.store.settle([ANN, BEN])
        await self.store.put({ANN: None, BEN: "away"})
        settled = await self.store.settle([ANN, BEN])
        self.assertEqual((settled.news, sorted(settled.later_s)), ({}, [ANN, BEN]))
        self.assertTrue(all(0 < seconds <= 1 for seconds in settled.later_s.values()))
        await self.store.put({BEN: "online"})
        await self.pass_s(max(settled.later_s.values()))
        settled = await self.store.settle([ANN, BEN])
        self.assertEqual((settled.news, settled.later_s), ({ANN: "offline"}, {}))
        await self.store.put({ANN: "online"})
        self.assertEqual(list((await self.store.settle([ANN])).later_s), [ANN])

    async def test_many(self) -> None:
        """Thousands at once."""
        await self.store.beat()
        users = [f"00000000-0000-4000-8000-{number:012d}" for number in range(3000)]
        await self.store.put(dict.fromkeys(users, "online"))
        self.assertEqual(set((await self.store.settle(users)).news), set(users))
        self.assertEqual(set((await self.store.statuses(users)).values()), {"online"})

    async def test_leave(self) -> None:
        """When the last node has ended nobody is here, for whoever asks after it."""
        await self.store.beat()
        await self.store.put({ANN: "online", BEN: "away"})
        await self.store.settle([ANN, BEN])
        alone = await self.store.leave()
        await self.pass_s(6)
        other = self.another()
        heard = await other.beat()
        self.assertEqual({*alone, *heard.orphans}, {ANN, BEN})
        self.assertEqual((await other.settle([ANN, BEN])).news, {ANN: "offline", BEN: "offline"})
        self.assertEqual(await other.statuses([ANN, BEN]), {ANN: "offline", BEN: "offline"})
