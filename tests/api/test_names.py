"""Names, routes, fields, callers, errors and events as outside programs know them: spec/api.md, line by line.

What may be more is left open: parameters that can be left out, fields of answers, callers, errors. Nothing may be less.
"""

from __future__ import annotations

import typing
from collections.abc import Iterator
from typing import Any

import msgspec
from twisted.trial.unittest import SynchronousTestCase

from chatr.api import model
from chatr.api.contract import GUESTS, PUBLIC, USERS
from chatr.api.errors import ERRORS
from chatr.ops.catalog import CONTRACT
from chatr.ops.sessions.sessions import SessionInfo

WHO = {"P": PUBLIC, "U": USERS, "G": GUESTS}
#: Operation | verb, path, status | who | in (? may be left out) | out | errors. ``-``: nothing.
OPERATIONS = """
account.register | POST /auth/register 201 | P | email? phoneNumber? username password firstName? lastName? displayName? gender? | userId verification | conflict
account.verify_email | POST /auth/verify-email | P | userId code | Session userId verification | code_wrong code_expired
account.verify_phone | POST /auth/verify-phone | P | userId code | Session | code_wrong code_expired
account.resend_code | POST /auth/resend-verification | P | userId purpose | sentTo expiresAt | -
session.login | POST /auth/login | P | login password method? | Session userId challenge methods | code_wrong locked
session.verify_login | POST /auth/verify-login | P | challenge code? totp? recoveryCode? | Session | totp_required
session.refresh | POST /auth/refresh | P | refreshToken | Session | -
session.logout | POST /auth/logout | U | - | - | -
session.list | GET /auth/sessions | U | - | items | -
session.revoke | DELETE /auth/sessions/<id> | U | id | items | -
session.revoke_others | DELETE /auth/sessions | U | - | items | -
password.forgot | POST /auth/forgot-password | P | email | - | -
password.reset | POST /auth/reset-password | P | email code password | - | -
password.change | POST /auth/change-password | U | current password | - | -
two_factor.setup | POST /auth/2fa/setup | U | - | secret uri qrCode | -
two_factor.enable | POST /auth/2fa/verify | U | code | recoveryCodes | -
two_factor.disable | POST /auth/2fa/disable | U | password code | - | -
two_factor.recovery_codes | POST /auth/2fa/recovery-codes | U | password | recoveryCodes | -
account.delete | DELETE /users/me | U | password | - | -
realtime.ticket | POST /auth/ticket | U | - | ticket expiresIn | -
user.me | GET /users/me | U | - | Me | -
user.update | PATCH /users/me | U | displayName? firstName? lastName? gender? email? phoneNumber? | Me | -
user.update_settings | PUT /users/me/settings | U | privacy? settings? | Me | -
user.get | GET /users/by-id/<userId> | U | userId | User | not_found
user.get_by_username | GET /users/<username> | U | username | User | not_found
user.search | GET /users/search | U | q limit? | items | -
user.check_username | GET /users/check-username | P | username | available reason | -
user.suggest_username | GET /users/suggest-username | P | username? | suggestions | -
friend.list | GET /friends | U | - | items | -
friend.incoming | GET /friends/requests/incoming | U | - | items | -
friend.outgoing | GET /friends/requests/outgoing | U | - | items | -
friend.blocked | GET /friends/blocked | U | - | items | -
friend.request | POST /friends/request 201 | U | addresseeId | friendship | conflict
friend.accept | POST /friends/<friendshipId>/accept | U | friendshipId | friendship | conflict
friend.decline | POST /friends/<friendshipId>/decline | U | friendshipId | friendship | conflict
friend.remove | DELETE /friends/<friendshipId> | U | friendshipId | friendship | conflict
friend.block | POST /friends/<userId>/block | U | userId | - | -
friend.unblock | POST /friends/<userId>/unblock | U | userId | - | -
friend.block_status | GET /friends/<userId>/block-status | U | userId | blocked blockedByMe | -
presence.set | PUT /presence | U | status | - | -
presence.query | GET /presence | U | userIds? | items | -
conversation.list | GET /conversations /users/conversations | U | filter? cursor? limit? | items nextCursor | -
conversation.get | GET /conversations/<id> | G | id | Conversation | -
conversation.with_user | GET /conversations/with/<userId> | G | userId | Conversation | -
conversation.accept | POST /conversations/<id>/accept | U | id | - | -
conversation.decline | POST /conversations/<id>/decline | U | id | - | -
conversation.delete | DELETE /conversations/<id> | U | id | - | -
conversation.update | PATCH /conversations/<id> | U | id archived? pinned? mutedUntil? | Conversation | -
conversation.log | GET /conversations/<id>/log | G | id after? limit? | entries headSeq complete | -
sync.changes | GET /sync | G | cursor? | cursor conversations removed friends reset | -
message.send | POST /messages 201 | G | recipientId? conversationId? content type? clientId replyToId? linkPreview? | Message | blocked not_found forbidden
message.history | GET /messages/history | G | conversationId? otherUserId? before? after? around? limit? | items hasBefore hasAfter otherDeliveredSeq otherReadSeq | -
message.get | GET /messages/<id> | U | id | Message | -
message.edits | GET /messages/<id>/edits | U | id | messageId edits | -
message.edit | PATCH /messages/<id> | G | id content | Message | forbidden gone
message.unsend | DELETE /messages/<id> | G | id | Message | forbidden
message.react | PUT /messages/<id>/reaction | G | id emoji | Message | forbidden gone
message.mark_delivered | POST /conversations/<id>/delivered | G | id seq | - | -
message.mark_read | POST /conversations/<id>/read | G | id seq | - | -
message.mark_listened | POST /messages/<id>/listened | G | id | - | -
message.readers | GET /messages/<id>/readers | U | id cursor? | items readCount deliveredCount memberCount nextCursor | -
message.search | GET /messages/search | U | q conversationId? senderId? before? limit? | items nextCursor | -
activity.typing | POST /activity/typing | G | conversationId active | - | -
activity.recording | POST /activity/recording | G | conversationId active | - | -
activity.draft | POST /activity/draft | G | conversationId text | - | -
activity.listening | POST /activity/listening | G | messageId active ended | - | -
group.create | POST /groups 201 | U | name description? memberIds? | Conversation | -
group.list | GET /groups | U | - | items | -
group.invites | GET /groups/invites | U | - | items | -
group.get | GET /groups/<id> | U | id | group members myRole myStatus | -
group.update | PATCH /groups/<id> | U | id name? description? joinPolicy? historyVisible? invitePolicy? | - | -
group.delete | DELETE /groups/<id> | U | id | - | -
group.invite | POST /groups/<id>/members | U | id userIds | - | -
group.accept | POST /groups/<id>/accept | U | id | - | -
group.decline | POST /groups/<id>/decline | U | id | - | -
group.remove_member | DELETE /groups/<id>/members/<userId> | U | id userId | - | -
group.promote | PATCH /groups/<id>/members/<userId>/promote | U | id userId | group members | -
group.demote | PATCH /groups/<id>/members/<userId>/demote | U | id userId | group members | -
group.transfer_ownership | POST /groups/<id>/transfer-ownership | U | id userId | group members | -
group.step_down | POST /groups/<id>/step-down | U | id | group members | -
group.request_to_join | POST /groups/<id>/join | U | id | - | -
group.link_create | POST /groups/<id>/links 201 | U | id expiresAt? uses? | id code url | -
group.link_list | GET /groups/<id>/links | U | id | items | -
group.link_revoke | DELETE /groups/<id>/links/<linkId> | U | id linkId | - | -
group.join_by_link | POST /groups/join/<code> | U | code | Conversation | gone forbidden
group.leave | POST /groups/<id>/leave | U | id | group members | -
preview.get | GET /link-preview | U | url | url title description image siteName favicon | -
"""  # noqa: E501 - one line each, as there
#: Event | audience | payload (what is always there) | what may be there.
EVENTS = """
message.received | conversation | conversationId seq message | conversation
message.edited | conversation | conversationId seq message | -
message.preview | conversation | conversationId seq messageId linkPreview | -
message.unsent | conversation | conversationId messageId seq senderDisplayName | -
message.reaction | conversation | conversationId messageId seq userId emoji reactions | -
message.receipts | user | conversationId messageId deliveredCount | readCount
message.status | user | conversationId userId deliveredSeq readSeq at | -
message.listened | conversation | conversationId messageId seq userId | -
activity.typing | conversation | conversationId userId active | -
activity.recording | conversation | conversationId userId active | -
activity.draft | conversation | conversationId userId text | -
activity.listening | user | messageId userId active ended | -
conversation.created | user | conversation | -
conversation.updated | user | conversation | -
conversation.accepted | user | conversationId acceptedBy | -
conversation.declined | user | conversationId declinedBy | -
conversation.removed | user | conversationId | -
friend.requested | user | friendship user | -
friend.accepted | user | friendship user | -
friend.declined | user | friendship user | -
friend.removed | user | friendship user | -
friend.blocked | user | userId | -
friend.unblocked | user | userId | -
user.updated | user | user | -
presence.changed | user | userId status | lastSeen
group.created | user | group invitedBy | -
group.invited | user | group invitedBy | -
group.member_joined | conversation | groupId member seq conversationId | -
group.member_left | conversation | groupId member seq conversationId | -
group.member_removed | conversation | groupId member seq conversationId | -
group.role_changed | conversation | groupId userId role by seq conversationId | -
group.updated | conversation | group seq conversationId | -
group.deleted | user | groupId name | -
session.revoked | user | sessionId reason | -
sync.required | user | reason | -
"""
#: Fields of the structs (? may be absent).
STRUCTS: dict[type[msgspec.Struct], str] = {
    model.GroupMember: "user role status invitedBy? joinedAt?",
    model.User: """id username displayName firstName? lastName? profileImage? coverImage? email? phoneNumber? gender?
                   createdAt? lastSeen? isBot isGuest isSupport""",
    model.Me: "id username displayName isBot emailVerified phoneVerified twoFactorEnabled privacy settings",
    model.Privacy: "onlineStatus phone email fullName gender joinedDate",
    model.Session: "accessToken refreshToken tokenType expiresIn user",
    SessionInfo: "id createdAt lastUsedAt userAgent address current",
    model.Conversation: """id kind status initiatorId? title? description? other? role? memberCount? headSeq readSeq
        deliveredSeq otherReadSeq? otherDeliveredSeq? unreadCount unreadCapped? mentionCount? firstMentionSeq?
        lastMessage? isFriend? isBlocked?
        blockedByMe? mutedUntil? archived pinned updatedAt""",
    model.Message: """id conversationId seq clientId? sender type content createdAt edited editedAt? unsent status
        replyTo? reactions mentions mentionsAll? linkPreview?""",
    model.Sender: "id username displayName profileImage?",
    model.ReplyTo: "id senderName type content duration?",
    model.Reaction: "emoji users",
    model.Reactor: "id username",
    model.Friendship: "id status requesterId addresseeId",
    model.FoundUser: "id username displayName isFriend friendship?",
    model.LinkPreview: "url title? description? image? siteName? favicon?",
    model.PresenceState: "userId status lastSeen? hidden",
    model.LogEntry: "seq event data at",
}
STATUSES = """invalid 400 unauthenticated 401 forbidden 403 not_found 404 conflict 409 gone 410 too_large 413
    unsupported_media 415 rate_limited 429 blocked 403 code_wrong 401 code_expired 401 totp_required 401 locked 423
    unavailable 503 internal 500"""


def lines(table: str) -> Iterator[list[str]]:
    """The cells of each line; ``-`` is empty."""
    for line in table.strip().splitlines():
        yield ["" if cell.strip() == "-" else cell.strip() for cell in line.split("|")]


def fields(*structs: Any) -> dict[str, bool]:
    """Names on the wire of the fields of some structs, unions among them: whether each is always there."""
    flat = [each for struct in structs for each in (typing.get_args(struct) or (struct,))]
    return {field.encode_name: not _absent(field) for each in flat for field in msgspec.structs.fields(each)}


def _absent(field: Any) -> bool:
    return msgspec.UnsetType in typing.get_args(field.type)


class NamesTests(SynchronousTestCase):
    """Outside programs are tested against these."""

    def test_operations(self) -> None:
        """Each has its route, takes what is given, answers what is promised, and declares what it may refuse."""
        for name, route, who, given, answered, errors in lines(OPERATIONS):
            record = CONTRACT.operations[name]
            verb, *paths = route.split()
            status = int(paths.pop()) if paths[-1].isdigit() else 200
            served = [record.route.path, *record.route.aliases]
            self.assertEqual((record.route.verb, served, record.route.status), (verb, paths, status), name)
            self.assertLessEqual(WHO[who], record.who, name)
            if who != "P":
                self.assertNotIn("anonymous", record.who, name)
            known = {field.encode_name: field.required for field in msgspec.structs.fields(record.params)}
            self.assertLessEqual({each.rstrip("?") for each in given.split()}, set(known), name)
            needed = {each for each in given.split() if not each.endswith("?")}
            self.assertLessEqual({each for each, required in known.items() if required}, needed, name)
            results = typing.get_args(record.result) or (record.result,)
            whole = {each for each in answered.split() if each[0].isupper()}
            self.assertLessEqual(whole, {each.__name__ for each in results}, name)
            self.assertLessEqual({*answered.split()} - whole, set(fields(record.result)), name)
            self.assertLessEqual({*errors.split()}, record.errors, name)

    def test_events(self) -> None:
        """Each goes where it should, with what is promised."""
        for name, audience, always, maybe in lines(EVENTS):
            event = CONTRACT.events[name]
            self.assertEqual(event.audience, audience, name)
            payload = fields(event.payload)
            self.assertLessEqual({*always.split()}, {each for each, there in payload.items() if there}, name)
            self.assertLessEqual({*maybe.split()}, set(payload), name)

    def test_structs(self) -> None:
        """Fields that are promised are there; only those that are said to may be absent."""
        for struct, promised in STRUCTS.items():
            known = fields(struct)
            for name in promised.split():
                self.assertIn(name.rstrip("?"), known, struct)
                self.assertTrue(name.endswith("?") or known[name], f"{struct.__name__}.{name}")

    def test_errors(self) -> None:
        """The codes and their statuses."""
        words = STATUSES.split()
        promised = dict(zip(words[::2], map(int, words[1::2]), strict=True))
        self.assertEqual({code: kind.status for code, kind in ERRORS.items()}, promised)
