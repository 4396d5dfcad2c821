"""Wire structs that operations and events share. Fields are camelCase on the wire; absent differs from null."""

from __future__ import annotations

from datetime import datetime, timezone
from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

#: Lower-case UUID text. The length bound closes the gap that ``$`` leaves before a final newline.
Id = Annotated[
    str,
    Meta(
        pattern="^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$",
        min_length=36,
        max_length=36,
        description="A lower-case UUID.",
        extra_json_schema={"format": "uuid"},
    ),
]
#: RFC 3339 UTC with milliseconds.
Time = Annotated[str, Meta(description="RFC 3339, UTC, milliseconds.", extra_json_schema={"format": "date-time"})]
#: Items of a page that are asked for; where none are named, each operation says how many.
Limit = Annotated[int, Meta(ge=1, le=100)]
Seq = Annotated[int, Meta(ge=0, le=2**53 - 1)]
Revision = Annotated[int, Meta(ge=0, description="Grows with each change of this view: the greater is the newer.")]
Cursor = Annotated[str, Meta(max_length=512, description="Opaque: give back what the previous answer gave.")]

Presence = Literal["online", "away", "offline"]
MessageType = Literal["text", "image", "file", "audio", "video", "system"]
MessageStatus = Literal["sent", "delivered", "read", "listened"]
GroupRole = Literal["owner", "admin", "member"]
GroupStatus = Literal["invited", "requested", "joined"]
JoinPolicy = Literal["closed", "request", "link"]
InvitePolicy = Literal["admins", "members"]
PrivacyLevel = Literal["everyone", "friends", "nobody"]
Gender = Literal["male", "female", "non-binary", "prefer-not-to-say"]


def wire_time(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds (architecture, wire conventions)."""
    # isoformat is several times as fast as strftime; in UTC it ends in +00:00.
    return moment.astimezone(timezone.utc).isoformat(timespec="milliseconds")[:-6] + "Z"


class Wire(msgspec.Struct, rename="camel", frozen=True):
    """Base of what goes out."""


class Params(msgspec.Struct, rename="camel", frozen=True, forbid_unknown_fields=True):
    """Base of what comes in: unknown fields are refused."""


class Empty(Wire, frozen=True):
    """``{}``"""


class NoParams(Params, frozen=True):
    """No parameters."""


class ConversationParams(Params, frozen=True, kw_only=True):
    """Which conversation."""

    id: Id


class MessageParams(Params, frozen=True, kw_only=True):
    """Which message."""

    id: Id


class GroupParams(Params, frozen=True, kw_only=True):
    """Which group."""

    id: Id


class GroupMemberParams(Params, frozen=True, kw_only=True):
    """Which group, and whom in it."""

    id: Id
    user_id: Id


class Privacy(Wire, frozen=True):
    """Who may see which part of a person.

    Without ``readReceipts`` what one has read is neither given nor seen; with ``ghostTyping`` those who have it on too
    see what one is about to write.
    """

    online_status: PrivacyLevel = "everyone"
    phone: PrivacyLevel = "nobody"
    email: PrivacyLevel = "nobody"
    full_name: PrivacyLevel = "everyone"
    gender: PrivacyLevel = "nobody"
    joined_date: PrivacyLevel = "everyone"
    read_receipts: bool = True
    ghost_typing: bool = False


class User(Wire, frozen=True):
    """A person as one viewer sees them: what the viewer may not see is absent.

    ``revision``: of this viewer's view of the person, but for ``lastSeen``, which follows presence.
    """

    id: Id
    username: str
    display_name: str
    revision: Revision
    first_name: str | UnsetType = UNSET
    last_name: str | UnsetType = UNSET
    profile_image: str | UnsetType = UNSET
    cover_image: str | UnsetType = UNSET
    email: str | UnsetType = UNSET
    phone_number: str | UnsetType = UNSET
    gender: str | UnsetType = UNSET
    created_at: Time | UnsetType = UNSET
    last_seen: Time | UnsetType = UNSET
    is_bot: bool = False
    is_guest: bool = False
    is_support: bool = False


class Me(User, frozen=True, kw_only=True):
    """The caller's own account."""

    email_verified: bool
    phone_verified: bool
    two_factor_enabled: bool
    privacy: Privacy
    settings: dict[str, Any]


class Friendship(Wire, frozen=True):
    """A friendship, or a request for one, or what it was before it ended: ``declined`` (or cancelled), ``removed``."""

    id: Id
    status: Literal["pending", "accepted", "declined", "removed"]
    requester_id: Id
    addressee_id: Id


class FoundUser(User, frozen=True, kw_only=True):
    """A search result. ``friendship``: when there is one, or a request either way."""

    is_friend: bool
    friendship: Friendship | UnsetType = UNSET


class Session(Wire, frozen=True, kw_only=True):
    """A signed-in session: a short-lived access token and the refresh token that renews it once."""

    access_token: str
    refresh_token: str
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: Annotated[int, Meta(description="Seconds until the access token expires.")]
    user: Me


class Sender(Wire, frozen=True):
    """Who wrote a message."""

    id: Id
    username: str
    display_name: str
    profile_image: str | UnsetType = UNSET


class ReplyTo(Wire, frozen=True):
    """The frozen snapshot of the message that is replied to; ``unsent``: it was unsent, before or since.

    ``cleared``: the viewer has deleted it from their own view, and is not shown what it said.
    """

    id: Id
    sender_name: str
    type: MessageType
    content: str
    file_name: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    unsent: bool | UnsetType = UNSET
    cleared: bool | UnsetType = UNSET


class Reactor(Wire, frozen=True):
    """Somebody who reacted."""

    id: Id
    username: str


class Reaction(Wire, frozen=True):
    """One emoji, who chose it, and how many did.

    ``users``: the first 50, and the viewer in a message that is read, if they did too. Events, logs and the last
    message of a conversation have the first 50 alone.
    """

    emoji: str
    users: list[Reactor]
    count: int


class LinkPreview(Wire, frozen=True, kw_only=True):
    """What a page says of itself. ``image`` and ``favicon`` are paths on this server."""

    url: str
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    image: str | UnsetType = UNSET
    site_name: str | UnsetType = UNSET
    favicon: str | UnsetType = UNSET


class Thumbnails(Wire, frozen=True, kw_only=True):
    """Smaller forms of an image: URLs."""

    sm: str
    md: str


class File(Wire, frozen=True, kw_only=True):
    """A file as one viewer has it: ``url`` and ``thumbnails`` open for a few minutes; file.get gives others.

    ``size`` in bytes, ``width`` and ``height`` in pixels, ``duration`` in seconds. ``blurHash``: a blurred preview
    (blurha.sh). ``waveform``: 100 numbers from 0 to 1; while its state is ``pending`` what the recorder says, if
    anything. ``thumbnails`` of a video are of its first moments.
    """

    id: Id
    name: str
    size: int
    mime_type: str
    url: str
    width: int | UnsetType = UNSET
    height: int | UnsetType = UNSET
    thumbnails: Thumbnails | UnsetType = UNSET
    blur_hash: str | UnsetType = UNSET
    duration: float | UnsetType = UNSET
    waveform: list[float] | UnsetType = UNSET
    waveform_state: Literal["pending", "ready", "failed"] | UnsetType = UNSET


class PublicImage(Wire, frozen=True, kw_only=True):
    """An image of a person or a group. Public: whoever knows its URL may see it; another image has another URL."""

    url: str
    thumbnails: Thumbnails


class Message(Wire, frozen=True, kw_only=True):
    """One message. Unsent: ``content`` is empty. ``status`` is meaningful to the sender only, but
    for an audio message: ``listened`` to whoever has listened to it.

    ``groupId``, by the client: files that were sent together. With a ``file`` the ``content`` is its caption.

    System entries tell what the sender did: ``event`` to whom, ``userIds``; ``content`` is the new text, as of a title.
    ``users``: what those are called.
    """

    id: Id
    conversation_id: Id
    seq: int
    client_id: Id | UnsetType = UNSET
    sender: Sender
    type: MessageType
    content: str
    created_at: Time
    edited: bool = False
    edited_at: Time | UnsetType = UNSET
    unsent: bool = False
    status: MessageStatus = "sent"
    file: File | UnsetType = UNSET
    group_id: Id | UnsetType = UNSET
    reply_to: ReplyTo | UnsetType = UNSET
    reactions: list[Reaction] = []
    mentions: list[Id] = []
    mentions_all: bool | UnsetType = UNSET
    link_preview: LinkPreview | UnsetType = UNSET
    event: str | UnsetType = UNSET
    user_ids: list[Id] | UnsetType = UNSET
    users: list[Sender] | UnsetType = UNSET


class Conversation(Wire, frozen=True, kw_only=True):
    """A conversation as one participant sees it: the watermarks and the unread count are the viewer's.

    Direct ones also say whether the other is a friend, and whether the viewer has blocked them. That the other has
    blocked the viewer is not told. ``declinedAt``: when the recipient declined the viewer's request. ``clearedSeq``: up
    to there the viewer has deleted it from their own view. ``unreadCount`` is 999 at most. ``unreadCapped``: there are
    more, or may be: the first 2,000 log entries above ``readSeq`` are looked at, whatever they are. ``mentionCount``,
    of groups: how many of the unread ones mention the viewer, or all; ``firstMentionSeq``: the first of these.

    ``revision``: of all that is here but the watermarks, which only grow, what follows from the log, and ``other``,
    which has one of its own.
    """

    id: Id
    kind: Literal["direct", "group"]
    status: Literal["pending", "accepted"]
    declined_at: Time | UnsetType = UNSET
    initiator_id: Id | UnsetType = UNSET
    title: str | UnsetType = UNSET
    description: str | UnsetType = UNSET
    profile_image: str | UnsetType = UNSET
    cover_image: str | UnsetType = UNSET
    other: User | UnsetType = UNSET
    role: GroupRole | UnsetType = UNSET
    member_count: int | UnsetType = UNSET
    head_seq: int
    read_seq: int
    delivered_seq: int
    cleared_seq: int = 0
    other_read_seq: int | UnsetType = UNSET
    other_delivered_seq: int | UnsetType = UNSET
    unread_count: Annotated[int, Meta(ge=0, le=999)]
    unread_capped: bool | UnsetType = UNSET
    mention_count: int | UnsetType = UNSET
    first_mention_seq: Seq | UnsetType = UNSET
    last_message: Message | UnsetType = UNSET
    is_friend: bool | UnsetType = UNSET
    is_blocked: bool | UnsetType = UNSET
    blocked_by_me: bool | UnsetType = UNSET
    muted_until: Time | UnsetType = UNSET
    archived: bool = False
    pinned: bool = False
    revision: Revision
    updated_at: Time


class GroupInfo(Wire, frozen=True, kw_only=True):
    """A group. Whoever is not in it sees what it is called, its image, and how many members it has.

    ``title`` is the name once more, as a Conversation calls it. ``headSeq``: of its log, for members.
    """

    id: Id
    name: str
    title: str
    description: str | UnsetType = UNSET
    profile_image: str | UnsetType = UNSET
    cover_image: str | UnsetType = UNSET
    member_count: int
    join_policy: JoinPolicy | UnsetType = UNSET
    invite_policy: InvitePolicy | UnsetType = UNSET
    history_visible: bool | UnsetType = UNSET
    created_at: Time | UnsetType = UNSET
    head_seq: int | UnsetType = UNSET


class GroupMember(Wire, frozen=True, kw_only=True):
    """Somebody in a group, invited, or who has asked to be in it. ``joinedAt``: since when they are what they are."""

    user: User
    role: GroupRole
    status: GroupStatus
    invited_by: Id | UnsetType = UNSET
    joined_at: Time | UnsetType = UNSET


class LogEntry(Wire, frozen=True):
    """One entry of a conversation's log: the event it was announced as, with that event's payload.

    About a message that the viewer has deleted from their own view ``data`` says no more than ``conversationId``,
    ``seq`` and ``cleared: true``; it was announced to them as no event.
    """

    seq: int
    event: str
    data: Wire
    at: Time


class PresenceState(Wire, frozen=True):
    """Whether a person is here. ``hidden``: the person does not show it to the viewer, who gets no revision either."""

    user_id: Id
    status: Presence
    last_seen: Time | UnsetType = UNSET
    hidden: bool = False
    revision: Revision | UnsetType = UNSET
