"""Settings of messages: what people may do with them, previews of links, and how long what nobody sees stays."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chatr.config.section import Bytes, Count, Seconds, Section


class MessagesSettings(Section, frozen=True):
    """What people may do with messages."""

    #: Messages that may be written to somebody who has not accepted to be written to.
    pending_limit: Count = 5
    #: Whether these may be files.
    pending_files: bool = False
    #: How long somebody who declined is left alone by the one they declined.
    request_cooldown_s: Annotated[int, Meta(ge=0)] = 7 * 86400
    #: Whether what was written to an open session of somebody has reached them; else only what a client says has.
    delivered_when_written: bool = False
    #: How long a message can be edited; 0: for ever.
    edit_window_s: Annotated[int, Meta(ge=0)] = 0
    #: Whether what somebody has written goes with their account; otherwise it stays, from "Deleted user".
    erase_deleted: bool = False
    #: Members of a group, those who are invited among them.
    max_group_members: Annotated[int, Meta(ge=2, le=100_000)] = 5000
    #: Groups that somebody is in: each of their connections sits in the rooms of all.
    max_groups: Annotated[int, Meta(ge=1, le=100_000)] = 1000
    #: A text search configuration of the database, as english: forms of a word find each other. The same on all nodes.
    search_dictionary: Annotated[str, Meta(pattern="^[a-z_][a-z0-9_]{0,62}$")] = "simple"


class PreviewsSettings(Section, frozen=True):
    """Previews of links, which the server fetches. Off: nothing is fetched."""

    enabled: bool = True
    #: For a page or an image with all redirects.
    timeout_s: Seconds = 5.0
    max_bytes: Bytes = 1024 * 1024
    max_image_bytes: Bytes = 2 * 1024 * 1024
    ports: tuple[Annotated[int, Meta(ge=1, le=65535)], ...] = (80, 443)
    #: Networks (CIDR) that may be fetched from although they are not of the public internet.
    allow: tuple[str, ...] = ()
    #: How long a preview or an image is good for.
    cache_s: Annotated[int, Meta(ge=60, le=30 * 86400)] = 86400
    #: What images may take in the database; the oldest are fetched again when somebody wants to see them.
    max_cache_bytes: Annotated[int, Meta(ge=0)] = 256 * 1024 * 1024


class RetentionSettings(Section, frozen=True):
    """How many days what nobody sees any more stays in the database; what is older goes each night, ``hour`` in UTC."""

    hour: Annotated[int, Meta(ge=0, le=23)] = 3
    #: Texts of unsent messages, former ones and quotes too; 0: until the next night.
    unsent_days: Annotated[int, Meta(ge=0, le=36500)] = 30
    #: Former texts of messages that were edited; 0: as long as the message.
    edits_days: Annotated[int, Meta(ge=0, le=36500)] = 0
    sessions_days: Annotated[int, Meta(ge=1, le=36500)] = 30
    dead_letters_days: Annotated[int, Meta(ge=1, le=36500)] = 30
