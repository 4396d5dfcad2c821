"""Finding messages by their words."""

from __future__ import annotations

from typing import Any

from twisted.internet import reactor

from chatr.process.tasks import Tasks
from chatr.services.indexer import Indexer
from chatr.store.messages import message_search, search_terms
from tests.ops.case import Person
from tests.ops.people.test_friends import FriendsCase


class SearchTests(FriendsCase):
    """message.search"""

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        texts = ("The quick brown fox", "Füchse sind schnell", "foxes & <b>brown</b> bears", "nothing")
        self.sent = [await self.ann.send(self.ben, text) for text in texts]
        self.conversation = self.sent[0]["conversationId"]

    async def found(self, q: str, person: Person | None = None, **params: Any) -> list[str]:
        """What somebody finds, in order: before the index has it, and after."""
        person = person or self.ben
        before = (await person.call("message.search", q=q, **params))["items"]
        await self.node.indexer.catch_up()
        after = (await person.call("message.search", q=q, **params))["items"]
        self.assertEqual(before, after)
        return [item["content"] for item in after]

    async def test_taken_into_the_index_in_pieces(self) -> None:
        """As many messages as one statement does well within its timeout: fewer of long ones, and never none."""
        await self.node.indexer.catch_up()
        for number in range(7):
            await self.ann.send(self.ben, f"long{number} " + "word " * 1500)
        pieces = 0
        while (await message_search.index(self.node.db, "simple")).conversations:
            pieces += 1
        self.assertEqual(pieces, 3)
        for number in range(7):
            self.assertEqual(len(await self.found(f"long{number}")), 1)

    async def test_many_conversations(self) -> None:
        """However many there are, a statement looks at some only; the next ones at the others."""
        self.patch(message_search, "MOST_LOOKED", 2)
        self.patch(message_search, "MOST_CONVERSATIONS", 1)
        self.patch(message_search, "MOST_MESSAGES", 2)
        for number in range(5):
            other = await self.person(f"other{number}")
            await self.befriend(other, self.ben)
            for _ in range(5):
                await other.send(self.ben, "kiwi")
        self.assertEqual(len(await self.found("kiwi")), 25)
        behind = await self.node.db.query(
            "SELECT 1 FROM conversations c LEFT JOIN search_progress p ON p.conversation_id = c.id"
            " WHERE p.words_seq IS DISTINCT FROM c.head_seq"
        )
        self.assertEqual(behind, [])

    async def test_words(self) -> None:
        """All words, each at least the beginning of one, whatever the case; newest first."""
        self.assertEqual(await self.found("FOX"), ["foxes & <b>brown</b> bears", "The quick brown fox"])
        self.assertEqual(await self.found("brown qu"), ["The quick brown fox"])
        self.assertEqual(await self.found("füch"), ["Füchse sind schnell"])
        self.assertEqual(await self.found("' | ! :* fox'; --"), ["foxes & <b>brown</b> bears", "The quick brown fox"])
        self.assertEqual(await self.found("fox nothing"), [])
        await self.refused(self.ben.call("message.search", q=" !? "), "invalid", "$.q")
        await self.refused(self.ben.call("message.search", q=" ".join(map(str, range(11)))), "invalid", "$.q")

    async def test_parts_of_words(self) -> None:
        """Each term may be inside a word, whatever the case, beyond ASCII too."""
        await self.ann.send(self.ben, "Telephone ΟΔΟΣ Straßenbahn ПРИВЕТ")
        for q in ("hone", "ELEPH", "δοσ", "ßENB", "ривет", "phone bahn"):
            self.assertEqual(await self.found(q), ["Telephone ΟΔΟΣ Straßenbahn ПРИВЕТ"], q)
        self.assertEqual(await self.found("phone brown"), [])

    async def test_marks(self) -> None:
        """Marks belong to the letters that they stand on, and it does not matter how the two are composed."""
        texts = ("हिन्दी", "नहीं देखा", "cafe\u0301 noir", "สวัสดี", "ส ว ด")
        for text in texts:
            await self.ann.send(self.ben, text)
        for q, hits in (("हिन्दी", [0]), ("नहीं", [1]), ("caf\u00e9", [2]), ("cafe\u0301", [2]), ("สวัสดี", [3])):
            self.assertEqual(await self.found(q), [texts[index] for index in hits], q)
        [item] = (await self.ben.call("message.search", q="caf\u00e9"))["items"]
        self.assertEqual(item["snippet"], "<mark>caf\u00e9</mark> noir")

    async def test_scripts_without_spaces(self) -> None:
        """Two letters of Chinese, Japanese or Korean are found by the index, not only among the newest messages."""
        for text in ("我喜欢你", "東京都に行く", "안녕하세요", "欢喜"):
            await self.ann.send(self.ben, text)
        self.assertEqual(await self.found("喜欢"), ["我喜欢你"])
        self.assertEqual(await self.found("京都"), ["東京都に行く"])
        self.assertEqual(await self.found("하세"), ["안녕하세요"])
        terms = await search_terms.parse(self.node.db, "simple", ["喜欢"])
        self.assertFalse(terms.short)
        [item] = (await self.ben.call("message.search", q="喜欢"))["items"]
        self.assertEqual(item["snippet"], "我<mark>喜欢</mark>你")

    async def test_short_words(self) -> None:
        """Two letters are found at the beginning of words, and inside of words among the newest messages."""
        self.assertEqual(await self.found("ox"), ["foxes & <b>brown</b> bears", "The quick brown fox"])
        self.assertEqual(await self.found("qu ro"), ["The quick brown fox"])

    async def test_wildcards(self) -> None:
        """What means something to LIKE or to tsquery stands between words and means nothing."""
        await self.ann.send(self.ben, "100% of snake_case in C:\\temp")
        for q in ("100%", "snake_case", "C:\\temp", "%case%", "\\temp\\"):
            self.assertEqual(await self.found(q), ["100% of snake_case in C:\\temp"], q)
        for q in ("1%9", "snake_%cases", "te_p_q", "100\\%x"):
            self.assertEqual(await self.found(q), [], q)
        await self.refused(self.ben.call("message.search", q="%_\\"), "invalid", "$.q")

    async def test_long_text(self) -> None:
        """The snippet is a window around the first hit, in words or in letters where there are no words."""
        await self.ann.send(self.ben, "before " * 100 + "a <needle> here " + "after " * 100)
        [item] = (await self.ben.call("message.search", q="EEDL"))["items"]
        shown = "… " + "before " * 13 + "a &lt;n<mark>eedl</mark>e&gt; here" + " after" * 13 + " …"
        self.assertEqual(item["snippet"], shown)
        await self.ann.send(self.ben, "喜" * 500 + "欢" + "喜" * 500)
        [item] = (await self.ben.call("message.search", q="喜欢喜"))["items"]
        self.assertEqual(item["snippet"], "… " + "喜" * 120 + "<mark>喜欢喜</mark>" + "喜" * 120 + " …")

    async def test_snippet(self) -> None:
        """What was found is marked, and nothing else is HTML: all is escaped."""
        [item] = (await self.ben.call("message.search", q="bears"))["items"]
        self.assertEqual(item["snippet"], "foxes &amp; &lt;b&gt;brown&lt;/b&gt; <mark>bears</mark>")
        self.assertEqual((item["id"], item["seq"]), (self.sent[2]["id"], 3))
        [item] = (await self.ann.call("message.search", q="bears"))["items"]
        self.assertEqual(item["status"], "sent")

    async def test_own_conversations_only(self) -> None:
        """Strangers find nothing; nobody finds what they deleted from their view, or what was unsent."""
        eve = await self.person("eve")
        self.assertEqual(await self.found("fox", eve), [])
        where = {"conversationId": self.conversation}
        await self.refused(eve.call("message.search", q="fox", **where), "not_found")
        await self.befriend(self.ann, eve)
        await self.ann.send(eve, "another fox")
        self.assertEqual(len(await self.found("fox", self.ann)), 3)
        self.assertEqual(len(await self.found("fox", self.ann, **where)), 2)
        self.assertEqual(await self.found("fox", eve), ["another fox"])
        await self.ann.call("message.unsend", id=self.sent[0]["id"])
        self.assertEqual(await self.found("fox"), ["foxes & <b>brown</b> bears"])
        await self.ben.call("conversation.delete", id=self.conversation)
        self.assertEqual(await self.found("fox"), [])
        self.assertEqual(len(await self.found("fox", self.ann)), 2)

    async def test_edits(self) -> None:
        """What a message says now is found, what it said before is not; edited before it was indexed, or after."""
        for number in (0, 3):
            await self.ann.call("message.edit", id=self.sent[number]["id"], content=f"a cat {number}")
            self.assertEqual(await self.found(f"cat {number}"), [f"a cat {number}"])
        self.assertEqual((await self.found("quick"), await self.found("nothing")), ([], []))

    async def test_unsent_and_edited_parts(self) -> None:
        """Parts of words follow edits, unsending and the view that somebody deleted, like words do."""
        await self.found("uick")
        await self.ann.call("message.edit", id=self.sent[0]["id"], content="telephone")
        self.assertEqual((await self.found("uick"), await self.found("hone")), ([], ["telephone"]))
        await self.ann.call("message.unsend", id=self.sent[0]["id"])
        self.assertEqual(await self.found("hone"), [])
        eve = await self.person("eve")
        self.assertEqual(await self.found("oxe", eve), [])
        await self.ben.call("conversation.delete", id=self.conversation)
        self.assertEqual((await self.found("oxe"), len(await self.found("oxe", self.ann))), ([], 1))

    async def test_pages_beyond_the_newest(self) -> None:
        """Pages have neither repeats nor gaps where they go from the newest messages to the index."""
        # More than are looked through one by one, some at the same moment, in steps of more than one.
        await self.node.db.execute(
            """INSERT INTO messages (id, conversation_id, seq, sender_id, client_id, content, created_at)
               SELECT gen_random_uuid(), %s, 4 + n, %s, gen_random_uuid(),
                      CASE WHEN n %% 400 < 2 THEN 'Telephone ' WHEN n %% 1500 < 4 THEN 'Megaphone ' ELSE 'Fax ' END
                        || n, now() + n / 7 * interval '1 second'
                 FROM generate_series(1, 12000) n""",
            (self.conversation, self.ann.id),
        )
        await self.node.db.execute("UPDATE conversations SET head_seq = 12004 WHERE id = %s", (self.conversation,))
        await self.node.indexer.catch_up()
        numbers = range(1, 12001)
        often = {f"Telephone {n}" for n in numbers if n % 400 < 2}
        seldom = {f"Megaphone {n}" for n in numbers if n % 1500 < 4 and n % 400 >= 2}
        # Common among the few newest; not on every page; rare.
        for q, limit, expected in (("elepho", 7, often), ("gaphon", 3, seldom), ("gaphon", 50, seldom)):
            found = await self.pages(q, limit)
            self.assertEqual((len(found), set(found)), (len(expected), expected))
            seconds = [int(text.split()[1]) // 7 for text in found]
            self.assertEqual(seconds, sorted(seconds, reverse=True))
        # Too short for the index, inside of a word, and rare: still found in all of the newest that may be read.
        short = (await self.ann.call("message.search", q="ga", limit=50))["items"]
        newest = {text for text in seldom if int(text.split()[1]) > 12_000 - 8_000}
        self.assertLessEqual(newest, {item["content"] for item in short})

    async def pages(self, q: str, limit: int) -> list[str]:
        """What Ann finds, page by page."""
        found: list[str] = []
        cursor: dict[str, Any] = {}
        while True:
            page = await self.ann.call("message.search", q=q, limit=limit, **cursor)
            found += [item["content"] for item in page["items"]]
            if page["nextCursor"] is None:
                return found
            cursor = {"before": page["nextCursor"]}

    async def test_sender_and_pages(self) -> None:
        """Only of one sender; page by page without gap or repeat."""
        for number in range(5):
            await self.ben.send(self.ann, f"page {number}")
        await self.ann.send(self.ben, "page of ann")
        self.assertEqual(await self.found("page", senderId=self.ann.id), ["page of ann"])
        found = await self.pages("page", 2)
        self.assertEqual(found, ["page of ann", *(f"page {number}" for number in range(4, -1, -1))])
        await self.refused(self.ann.call("message.search", q="page", before="x"), "invalid", "$.before")


class DictionaryTests(FriendsCase):
    """message.search by a dictionary that knows forms of words."""

    settings = {"messages.search_dictionary": "english"}

    async def setUp(self) -> None:
        await super().setUp()
        await self.befriend(self.ann, self.ben)
        for text in ("I run", "the fox runs", "telephones", "to be or not to be"):
            self.last = await self.ann.send(self.ben, text)

    async def found(self, q: str) -> list[str]:
        """What is found, the same before the index has it and after."""
        before = (await self.ben.call("message.search", q=q))["items"]
        await self.node.indexer.catch_up()
        after = (await self.ben.call("message.search", q=q))["items"]
        self.assertEqual(before, after)
        return [item["content"] for item in after]

    async def test_forms(self) -> None:
        """Forms of a word find each other, parts of words are found too; both are marked."""
        self.assertEqual(await self.found("running"), ["the fox runs", "I run"])
        self.assertEqual(await self.found("hone"), ["telephones"])
        items = (await self.ben.call("message.search", q="running"))["items"]
        self.assertEqual([item["snippet"] for item in items], ["the fox <mark>runs</mark>", "I <mark>run</mark>"])
        await self.ann.call("message.edit", id=self.last["id"], content="foxes")
        self.assertEqual(await self.found("foxing"), ["foxes", "the fox runs"])

    async def test_stop_words(self) -> None:
        """Stop words don't count beside others; alone they are found by their letters."""
        self.assertEqual(await self.found("the running"), ["the fox runs", "I run"])
        self.assertEqual(await self.found("the"), ["the fox runs"])
        self.assertEqual(await self.found("not to be"), ["to be or not to be"])

    async def test_switch(self) -> None:
        """Under another dictionary the index is made anew; meanwhile the letters find, and nothing is lost by it."""
        await self.ann.send(self.ben, "my pony")
        await Indexer(Tasks(reactor), self.node.db, "simple").catch_up()
        self.assertEqual([await self.indexed("pony"), await self.indexed("poni")], [1, 0])
        self.assertEqual((len(await self.search("pony")), await self.search("ponies")), (1, []))
        await self.ann.send(self.ben, "a pony")
        self.assertEqual(len(await self.search("ponies")), 1)
        await self.node.indexer.catch_up()
        self.assertEqual([await self.indexed("pony"), await self.indexed("poni")], [0, 2])
        self.assertEqual((len(await self.search("pony")), len(await self.search("ponies"))), (2, 2))

    async def search(self, q: str) -> list[Any]:
        """What is found."""
        items: list[Any] = (await self.ben.call("message.search", q=q))["items"]
        return items

    async def indexed(self, lexeme: str) -> int:
        """How many messages have a word in the index."""
        rows = await self.node.db.query("SELECT count(*) FROM message_words WHERE words @@ %s::tsquery", (lexeme,))
        return int(rows[0][0])
