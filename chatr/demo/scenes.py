"""Who is in the demo and what they have written. Data only: one of everything that a conversation can show."""

from __future__ import annotations

from typing import TypeAlias

import msgspec


class Actor(msgspec.Struct, frozen=True):
    """Somebody of the demo. ``played``: whether one may sign in as them by a click."""

    username: str
    display_name: str
    played: bool = False
    is_bot: bool = False


class Say(msgspec.Struct, frozen=True):
    """A message; later steps call it by ``name``."""

    by: str
    text: str
    name: str = ""
    reply_to: str = ""


class Share(msgspec.Struct, frozen=True):
    """Files of made.py, that are sent together; the first has the caption ``text``."""

    by: str
    files: tuple[str, ...]
    text: str = ""
    name: str = ""


class Rewrite(msgspec.Struct, frozen=True):
    """The text of a message becomes another."""

    name: str
    text: str


class React(msgspec.Struct, frozen=True):
    """An emoji on a message."""

    by: str
    name: str
    emoji: str


class Unsend(msgspec.Struct, frozen=True):
    """A message is taken back."""

    name: str


class Read(msgspec.Struct, frozen=True):
    """Everything so far has been read."""

    by: str


Step: TypeAlias = Say | Share | Rewrite | React | Unsend | Read


class DemoScene(msgspec.Struct, frozen=True):
    """A conversation of two. Without ``friends`` its first message is a request, which waits."""

    first: str
    second: str
    steps: tuple[Step, ...]
    friends: bool = True
    pinned_by: str = ""
    archived_by: str = ""


class GroupScene(msgspec.Struct, frozen=True):
    """A group: ``first`` has made it, ``members`` have come, ``invited`` are still to answer."""

    name: str
    description: str
    first: str
    members: tuple[str, ...]
    admins: tuple[str, ...] = ()
    invited: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()


MIRA, SAM, BOT = "mira", "sam", "echo_bot"
ACTORS = (
    Actor(MIRA, "Mira Castellanos", played=True),
    Actor(SAM, "Sam Rivers", played=True),
    Actor(BOT, "Echo", is_bot=True),
    Actor("ada_okafor", "Ada Okafor"),
    Actor("ben_lindqvist", "Ben Lindqvist"),
    Actor("lea_fontaine", "Léa Fontaine"),
    Actor("nour_almasri", "نور الدين المصري"),
    Actor("priya_raman", "Priya Raman"),
    Actor("wolfgang_a", "Wolfgang-Amadeus von Hohenstaufen-Lichtenberg"),
)

_LONG = """The short version: it works, and I know now why it did not.

The long one. Every reader held the lock for as long as it waited for the network, so one slow phone in a tunnel kept \
all the others from reading. I had looked at the query for two days, because the query was what the graph showed as \
slow. It was not slow, it stood in line. What I changed: the lock is held while the row is read, and what is sent is \
sent from a copy. That is eleven lines less than before, and the tail of the latency went from four seconds to thirty \
milliseconds.

What I would like from you, if you have ten minutes on Thursday: read the part about what happens when the copy is \
older than what somebody else has been sent meanwhile. I believe the number on each entry takes care of it, the \
receiver throws away what it has already. But I have believed things before.

Then there is the test. It starts forty readers, stops one of them in the middle of a message with a signal, and \
measures the others. On the old code it fails each time, on the new one never in a thousand runs. It takes two \
seconds, so it can stay."""
_CODE = """Like this:

```python
async def read(self, seq: int) -> Entry:
    async with self._lock:
        entry = self._entries[seq]
    return entry.copy()   # sent without the lock
```

`copy()` is cheap, entries are **frozen**."""

SCENES = (
    DemoScene(
        MIRA,
        SAM,
        (
            Say(MIRA, "Morning! The harbour walk was worth the alarm clock", "walk"),
            Share(MIRA, ("harbour.jpg", "pier.jpg"), "Half past six", "light"),
            Say(MIRA, "Two more when I find the card reader", "reader"),
            Read(SAM),
            Say(SAM, "That light! 😍"),
            React(SAM, "walk", "❤️"),
            Say(SAM, "Keep the second one for the album. And send me the full size if you can", "keep", "reader"),
            Rewrite(
                "keep",
                "Keep the second one for the album. And send me the full size if you can, I would like to print it for "
                "Oma’s kitchen.",
            ),
            Read(MIRA),
            React(MIRA, "keep", "👍"),
            Say(MIRA, "🎉"),
            Say(MIRA, "No wait, wrong window", "wrong"),
            Unsend("wrong"),
            Say(SAM, "How is the reader thing at work, still slow?"),
            Say(MIRA, _LONG, "long"),
            Read(SAM),
            Say(SAM, "Thursday at ten? Show me the lines", "thursday", "long"),
            Say(MIRA, _CODE, "code"),
            React(SAM, "code", "🔥"),
            Say(SAM, "*Much* nicer. The docs say the same: https://docs.python.org/3/library/asyncio-sync.html"),
            Read(MIRA),
            Share(MIRA, ("Voice note.wav",)),
            Say(MIRA, "Train is at 7:48, platform 6. I booked the quiet coach, seats 61 and 62"),
            Say(MIRA, "Is this the hut you meant? https://en.wikipedia.org/wiki/Mountain_hut", "hut"),
            Read(SAM),
            Say(SAM, "Yes! @mira you are the best", "", "hut"),
            Share(SAM, ("Packing list.md",)),
            Say(SAM, "Bring the stove, mine leaks"),
        ),
        pinned_by=SAM,
    ),
    DemoScene(
        "ada_okafor",
        SAM,
        (
            Say("ada_okafor", "Did you see the talk on back-pressure?"),
            Say(SAM, "Twice. The part where he pulls the plug 😄"),
            Read("ada_okafor"),
            Say("ada_okafor", "I tried it at home. The plug, I mean"),
            Say("ada_okafor", "Everything came back, in order, once"),
        ),
    ),
    DemoScene(
        "ada_okafor",
        MIRA,
        (
            Say(MIRA, "Dinner on Saturday? Ben cooks"),
            Say("ada_okafor", "Only if Ben really cooks"),
            React(MIRA, "", "😂"),
        ),
    ),
    DemoScene(
        "nour_almasri",
        MIRA,
        (
            Say(MIRA, "صباح الخير! هل وصلت الصور؟"),
            Say("nour_almasri", "صباح الخير! وصلت الصور، شكراً جزيلاً لك"),
            Read(MIRA),
        ),
    ),
    DemoScene(
        "nour_almasri",
        SAM,
        (
            Say(SAM, "The meeting moved to 14:30, room شمس"),
            Say("nour_almasri", "ممتاز، أراك هناك at 14:30 👍"),
            Read(SAM),
        ),
    ),
    DemoScene(
        "ben_lindqvist",
        SAM,
        (
            Say("ben_lindqvist", "Which of these would you take?"),
            Say(SAM, "The blue one"),
            Say("ben_lindqvist", "There is no blue one"),
            Say(SAM, "Then *that* one"),
            Read("ben_lindqvist"),
        ),
        archived_by=SAM,
    ),
    DemoScene(
        "wolfgang_a",
        MIRA,
        (
            Say("wolfgang_a", "Dear Mira, the contract is signed. Kind regards, W.-A. v. H.-L."),
            Say(MIRA, "Thanks! 🖋️"),
            Read("wolfgang_a"),
            Read(MIRA),
        ),
    ),
    DemoScene(BOT, SAM, (Say(BOT, "Write me anything, I say it back."), Read(SAM))),
    DemoScene(BOT, MIRA, (Say(BOT, "Write me anything, I say it back."), Read(MIRA))),
    DemoScene(
        "priya_raman",
        SAM,
        (Say("priya_raman", "Hi Sam, we met at the PyCon sprints. Do you still have the slides on back-pressure?"),),
        friends=False,
    ),
    DemoScene(
        "lea_fontaine",
        MIRA,
        (Say("lea_fontaine", "Bonjour Mira! Ada gave me your name: are the harbour pictures for sale?"),),
        friends=False,
    ),
)
GROUPS = (
    GroupScene(
        "Alpine weekend",
        "Friday to Sunday at the hut. Boots, a sleeping bag, no laptops.",
        MIRA,
        (SAM, "ada_okafor", "ben_lindqvist", "nour_almasri"),
        admins=("ada_okafor",),
        invited=("wolfgang_a",),
        steps=(
            Say(MIRA, "The hut is ours from Friday, five beds and a stove that works 🏔️", "hut"),
            React(SAM, "hut", "🎉"),
            React("ada_okafor", "hut", "🎉"),
            React("nour_almasri", "hut", "❤️"),
            Say("ben_lindqvist", "I cook on Saturday"),
            Say("ben_lindqvist", "Really"),
            Say("ada_okafor", "Written down, with a date", "date"),
            React(MIRA, "date", "😂"),
            Say("nour_almasri", "ممتاز! أحضر القهوة والهيل"),
            Say(SAM, "I bring the stove anyway. @mira which train was it?", "train"),
            Say(MIRA, "7:48, platform 6", "", "train"),
            Read(SAM),
            Say("ada_okafor", "@all please say by tonight who needs a sleeping bag"),
            Say("ben_lindqvist", "@sam @mira do we have a corkscrew?"),
        ),
    ),
    GroupScene(
        "Back-pressure reading club",
        "One paper a month. Priya brings the slides.",
        "priya_raman",
        ("lea_fontaine",),
        invited=(SAM, MIRA),
        steps=(Say("priya_raman", "First paper: the one about queues that never empty"),),
    ),
)
#: Who has asked whom to be friends, and waits for an answer.
ASKED = (("lea_fontaine", SAM), ("priya_raman", MIRA))
