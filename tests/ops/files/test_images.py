"""Images of people and groups."""

from __future__ import annotations

from tests.ops.case import outcome
from tests.ops.files.case import FilesCase, png


class ImageTests(FilesCase):
    """Who shows them, and who sees them."""

    async def test_of_a_person(self) -> None:
        """An image is shown to everybody at an address of its own, until there is another."""
        friend, other = self.ben.device(), self.ann.device()
        image = await self.upload(self.ann, png(500, 300), "me.png", "user.set_image")
        path = image["url"]
        self.assertEqual((await self.call_me())["profileImage"], path)
        self.assertEqual(friend.named("user.updated")[-1]["user"]["profileImage"], path)
        self.assertEqual(other.named("user.updated")[-1]["user"]["profileImage"], path)
        served = await self.serving.picture(path.split("/")[-1], "")
        self.assertEqual((served.media_type, served.public, served.inline), ("image/webp", True, True))
        small = await self.serving.picture(path.split("/")[-1], "96")
        self.assertNotEqual(small.key, served.key)
        sent = await self.ann.send(self.ben, "hi")
        self.assertEqual(sent["sender"]["profileImage"], path)
        later = await self.upload(self.ann, png(), "me.png", "user.set_image")
        await self.kept()
        self.assertNotEqual(later["url"], path)
        self.assertEqual(await outcome(self.serving.picture(path.split("/")[-1], "")), "not_found")
        await self.ann.call("user.remove_image")
        await self.kept()
        self.assertNotIn("profileImage", await self.call_me())
        self.assertEqual(await self.objects(), [])
        cover = await self.upload(self.ann, png(300, 500), "me.png", "user.set_cover_image")
        self.assertEqual((await self.ben.call("user.get", userId=self.ann.id))["coverImage"], cover["url"])

    async def test_of_a_group(self) -> None:
        """Owners and admins choose the image; the log says that they did, and it goes with the group."""
        made = await self.ann.call("group.create", name="Foxes", memberIds=[self.ben.id])
        await self.ben.call("group.accept", id=made["id"])
        refused = self.upload(self.ben, png(), "a.png", "group.set_image", id=made["id"])
        await self.refused(refused, "forbidden")
        cat = await self.person("cat")
        await self.refused(self.upload(cat, png(), "a.png", "group.set_image", id=made["id"]), "not_found")
        self.assertEqual(await self.objects(), [])
        image = await self.upload(self.ann, png(), "a.png", "group.set_image", id=made["id"])
        seen = await self.ben.call("conversation.get", id=made["id"])
        self.assertEqual(seen["profileImage"], image["url"])
        self.assertEqual((await self.ben.call("group.get", id=made["id"]))["group"]["profileImage"], image["url"])
        said = (await self.ben.call("conversation.log", id=made["id"]))["entries"]
        self.assertEqual(said[-2]["data"]["message"]["event"], "pictured")
        self.assertEqual(said[-1]["data"]["group"]["profileImage"], image["url"])
        cover = await self.upload(self.ann, png(), "a.png", "group.set_cover_image", id=made["id"])
        self.assertEqual((await self.ann.call("group.get", id=made["id"]))["group"]["coverImage"], cover["url"])
        await self.refused(self.ben.call("group.remove_image", id=made["id"]), "forbidden")
        await self.ann.call("group.remove_image", id=made["id"])
        self.assertNotIn("profileImage", await self.ben.call("conversation.get", id=made["id"]))
        await self.ann.call("group.delete", id=made["id"])
        await self.kept()
        self.assertEqual(await self.objects(), [])

    async def call_me(self) -> dict[str, object]:
        """The account of Ann."""
        found: dict[str, object] = await self.ann.call("user.me")
        return found
