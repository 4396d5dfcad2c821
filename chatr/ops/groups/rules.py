"""Who may do what in a group, and to whom: one table, which all operations ask.

What takes no role, as writing, everybody may who is in it (sql/functions/judge_sends.sql); what was written owners and
admins may take back too (ops/messages/changes.py ``unsend``), and in a large group only they call all
(sql/functions/mentioned.sql).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from chatr.api.errors import ApiError
from chatr.ops import access
from chatr.store.groups.groups import GroupRow, MemberRow

#: ``yes``; ``no``: ``forbidden``; ``idle``: ``conflict``, since it is so already, or is done in another way;
#: ``policy``: as the group's ``invitePolicy`` has it; ``hidden``: ``not_found``, as to everybody who is not named here.
Verdict = Literal["yes", "no", "idle", "policy", "hidden"]
Act = Literal[
    "see",
    "update",
    "delete",
    "invite",
    "link",
    "accept",
    "decline",
    "leave",
    "step_down",
    "remove",
    "promote",
    "make_owner",
    "demote",
    "transfer",
]

#: What is done to the group, or by somebody with themselves.
ON_GROUP = """
act        owner  admin  member  invited  requested
see        yes    yes    yes     no       no
update     yes    yes    no      no       hidden
delete     yes    no     no      no       hidden
invite     yes    yes    policy  no       hidden
link       yes    yes    no      no       hidden
accept     idle   idle   idle    yes      hidden
decline    idle   idle   idle    yes      yes
leave      yes    yes    yes     no       hidden
step_down  yes    no     no      no       hidden
"""
#: What somebody, in the second column, does to somebody else, or to themselves.
ON_PEOPLE = """
act         by      self  owner  admin  member  invited  requested
remove      owner   idle  no     yes    yes     yes      yes
remove      admin   idle  no     no     yes     yes      yes
remove      member  idle  no     no     no      no       no
promote     owner   no    no     idle   yes     idle     idle
promote     admin   idle  no     idle   yes     idle     idle
promote     member  no    no     no     no      no       no
make_owner  owner   idle  idle   yes    yes     idle     idle
make_owner  admin   no    no     no     no      no       no
make_owner  member  no    no     no     no      no       no
demote      owner   idle  no     yes    idle    idle     idle
demote      admin   yes   no     no     no      no       no
demote      member  no    no     no     no      no       no
transfer    owner   idle  idle   yes    yes     idle     idle
transfer    admin   no    no     no     no      no       no
transfer    member  no    no     no     no      no       no
"""


def _read(table: str, keys: int) -> Mapping[tuple[str, ...], Verdict]:
    """The cells of a table: by the first columns and the heading."""
    head, *lines = [line.split() for line in table.strip().splitlines()]
    return {
        (*line[:keys], heading): msgspec.convert(cell, Verdict)
        for line in lines
        for heading, cell in zip(head[keys:], line[keys:], strict=True)
    }


VERDICTS: Mapping[tuple[str, ...], Verdict] = {**_read(ON_GROUP, 1), **_read(ON_PEOPLE, 2)}


def standing(member: MemberRow) -> str:
    """By what somebody is in a group: the heading of the tables."""
    return member.role if member.status == "joined" else member.status


def check(act: Act, group: GroupRow, mine: MemberRow | None) -> MemberRow:
    """Whether somebody may do something in a group. Raises the refusal; to a stranger the group is not there."""
    if mine is None:
        raise access.no_group()
    verdict = VERDICTS[act, standing(mine)]
    if verdict == "policy":
        verdict = "yes" if group.invite_policy == "members" else "no"
    _judge(verdict, act)
    return mine


def check_on(act: Act, mine: MemberRow | None, target: MemberRow | None) -> MemberRow:
    """Whether somebody may do something to somebody in a group. Raises the refusal; returns whom it is about."""
    if mine is None or mine.status == "requested":
        raise access.no_group()
    if mine.status != "joined":
        raise _forbidden(act)
    if target is None:
        raise ApiError("not_found", "There is no such member of this group")
    _judge(VERDICTS[act, mine.role, "self" if target.user_id == mine.user_id else standing(target)], act)
    return target


def _judge(verdict: Verdict, act: Act) -> None:
    if verdict == "hidden":
        raise access.no_group()
    if verdict == "no":
        raise _forbidden(act)
    if verdict == "idle":
        raise ApiError("conflict", "There is nothing of that kind to change")


def _forbidden(act: Act) -> ApiError:
    return ApiError("forbidden", f"Your role in this group does not allow this ({act.replace('_', ' ')})")


def sees(mine: MemberRow | None) -> bool:
    """Whether somebody sees who is in a group; else they see what it is called, if anything."""
    return mine is not None and VERDICTS["see", standing(mine)] == "yes"


def may_let_in(mine: MemberRow | None) -> bool:
    """Whether somebody in a group may let in who asks for it."""
    return mine is not None and mine.status == "joined" and VERDICTS["link", mine.role] == "yes"
