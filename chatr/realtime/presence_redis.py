"""Presence of several processes, in Redis or Valkey.

``<prefix>:nodes`` is a sorted set: node -> until when it lives (ms, by Redis' clock); ``<prefix>:beats`` says when it
was heard last. ``<prefix>:p:<user>`` is a hash: ``n:<node>`` -> what the node says, ``told`` and ``at`` -> what was
announced last, and when. ``<prefix>:of:<node>`` is the set of people of whom a node has spoken.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Any, cast

from chatr.realtime.presence import DEAD_AFTER_S, GRACE_S, INTERVAL_S, Beat, Here, Settled, Status
from chatr.realtime.redis import Redis

#: People in one script at most, so that no other client of the server waits for long.
MOST_AT_ONCE = 500

_COMMON = """
local prefix = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local alive = {}
local function lives(node)
    if alive[node] == nil then
        alive[node] = tonumber(redis.call('ZSCORE', prefix .. ':nodes', node) or '0') > now
    end
    return alive[node]
end
local function read(user)
    local best, told, at, nodes = 'offline', 'offline', 0, 0
    local fields = redis.call('HGETALL', prefix .. ':p:' .. user)
    for i = 1, #fields, 2 do
        local name, value = fields[i], fields[i + 1]
        if name == 'told' then told = value
        elseif name == 'at' then at = tonumber(value)
        else
            nodes = nodes + 1
            if lives(string.sub(name, 3)) and best ~= 'online' then best = value end
        end
    end
    return best, told, at, nodes
end
"""

_PUT = (
    _COMMON
    + """
local node = ARGV[2]
for i = 3, #ARGV, 2 do
    local key = prefix .. ':p:' .. ARGV[i]
    if ARGV[i + 1] == '' then
        redis.call('HDEL', key, 'n:' .. node)
        redis.call('SREM', prefix .. ':of:' .. node, ARGV[i])
    else
        redis.call('HSET', key, 'n:' .. node, ARGV[i + 1])
        redis.call('PERSIST', key)
        redis.call('SADD', prefix .. ':of:' .. node, ARGV[i])
    end
end
return 0
"""
)

_SETTLE = (
    _COMMON
    + """
local interval, out = tonumber(ARGV[2]), {}
for i = 3, #ARGV do
    local user = ARGV[i]
    local best, told, at, nodes = read(user)
    if best ~= told then
        local wait = at + interval - now
        if wait > 0 then
            table.insert(out, user) table.insert(out, '') table.insert(out, tostring(wait))
        else
            local key = prefix .. ':p:' .. user
            redis.call('HSET', key, 'told', best, 'at', now)
            if nodes == 0 then redis.call('PEXPIRE', key, math.max(1, interval)) end
            table.insert(out, user) table.insert(out, best) table.insert(out, '0')
        end
    end
end
return out
"""
)

_STATUSES = (
    _COMMON
    + """
local out = {}
for i = 2, #ARGV do out[i - 1] = read(ARGV[i]) end
return out
"""
)

_BEAT = (
    _COMMON
    + """
local node, lasts = ARGV[2], tonumber(ARGV[3])
local out = {tostring(redis.call('ZADD', prefix .. ':nodes', now + lasts, node))}
redis.call('HSET', prefix .. ':beats', node, now)
for _, dead in ipairs(redis.call('ZRANGEBYSCORE', prefix .. ':nodes', '-inf', now)) do
    local ago = now - tonumber(redis.call('HGET', prefix .. ':beats', dead) or now)
    for _, user in ipairs(redis.call('SMEMBERS', prefix .. ':of:' .. dead)) do
        local key = prefix .. ':p:' .. user
        local said, told = redis.call('HGET', key, 'n:' .. dead), redis.call('HGET', key, 'told')
        -- It died before it announced what whoever asked was answered: take it as told, so that the end is news.
        if said and (not told or told == 'offline') then redis.call('HSET', key, 'told', said) end
        redis.call('HDEL', key, 'n:' .. dead)
        table.insert(out, user) table.insert(out, tostring(ago))
    end
    redis.call('DEL', prefix .. ':of:' .. dead)
    redis.call('HDEL', prefix .. ':beats', dead)
    redis.call('ZREM', prefix .. ':nodes', dead)
end
return out
"""
)

_LEAVE = (
    _COMMON
    + """
redis.call('ZADD', prefix .. ':nodes', now + tonumber(ARGV[3]), ARGV[2])
redis.call('HSET', prefix .. ':beats', ARGV[2], now)
return 0
"""
)


class RedisPresence:
    """What all nodes say, each under a name of its own that it takes anew at every start."""

    def __init__(self, redis: Redis, *, prefix: str = "chatr:presence", node: str = "") -> None:
        self._redis = redis
        self._prefix = prefix
        self._node = node or secrets.token_hex(8)

    async def put(self, states: Mapping[str, Here | None]) -> None:
        """Keep this node's word about people."""
        pairs = [(user_id, state or "") for user_id, state in states.items()]
        for part in _parts(pairs):
            await self._redis.run(_PUT, self._prefix, self._node, *(text for pair in part for text in pair))

    async def settle(self, user_ids: Sequence[str]) -> Settled:
        """Find out what is to be announced, by this node and by no other."""
        news: dict[str, Status] = {}
        later_s: dict[str, float] = {}
        for part in _parts(user_ids):
            answer = await self._redis.run(_SETTLE, self._prefix, round(INTERVAL_S * 1000), *part)
            for user_id, status, wait_ms in zip(*[iter(_texts(answer))] * 3, strict=True):
                if status:
                    news[user_id] = cast(Status, status)
                else:
                    later_s[user_id] = float(wait_ms) / 1000
        return Settled(news, later_s)

    async def statuses(self, user_ids: Sequence[str]) -> dict[str, Status]:
        """The status of each."""
        found: dict[str, Status] = {}
        for part in _parts(user_ids):
            answer = _texts(await self._redis.run(_STATUSES, self._prefix, *part))
            found |= {user_id: cast(Status, status) for user_id, status in zip(part, answer, strict=True)}
        return found

    async def beat(self) -> Beat:
        """Say that this node lives, and bury those that no longer say so."""
        new, *orphans = _texts(await self._redis.run(_BEAT, self._prefix, self._node, round(DEAD_AFTER_S * 1000)))
        pairs = zip(orphans[::2], orphans[1::2], strict=True)
        return Beat(known=new == "0", orphans={user_id: float(ago_ms) / 1000 for user_id, ago_ms in pairs})

    async def leave(self) -> Sequence[str]:
        """Take back all that was said; who does not come back is announced as gone by the next beat of any node."""
        await self._redis.run(_LEAVE, self._prefix, self._node, round(GRACE_S * 1000))
        return ()


def _parts(items: Sequence[Any]) -> list[Sequence[Any]]:
    return [items[start : start + MOST_AT_ONCE] for start in range(0, len(items), MOST_AT_ONCE)]


def _texts(answer: Sequence[bytes]) -> list[str]:
    return [item.decode() for item in answer]
