"""SMS through any HTTP gateway, on treq."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote_plus

import msgspec
import treq
from twisted.internet.defer import CancelledError, TimeoutError
from twisted.internet.error import ConnectError, ConnectionLost, DNSLookupError
from twisted.web.client import Agent, ResponseFailed, ResponseNeverReceived

from chatr.config import Sms
from chatr.outbound.letters import Letter, sms
from chatr.outbound.senders import NotSent

TIMEOUT_S = 30.0
MAX_ANSWER_BYTES = 64 * 1024
_RETRY_LATER = frozenset({408, 409, 423, 425, 429})


class GatewaySender:
    """One request per message, with ``{to}``, ``{text}`` and ``{sender}`` of the body filled in."""

    def __init__(self, reactor: Any, settings: Sms) -> None:
        self._settings = settings
        self._reactor = reactor
        # No pool: messages are rare, and an idle connection is one more thing to go stale.
        self._client = treq.client.HTTPClient(Agent(reactor, connectTimeout=TIMEOUT_S))

    async def send(self, letter: Letter) -> None:
        """Hand one message over. 2xx: taken. 4xx: final, but for those that say "later"."""
        settings = self._settings
        values = {"to": letter.to, "text": sms(letter), "sender": settings.sender}
        headers: dict[bytes | str, bytes | str] = {"Content-Type": settings.content_type}
        if settings.authorization:
            headers["Authorization"] = settings.authorization
        try:
            answer = await self._client.request(
                settings.method,
                settings.url,
                data=_filled(settings.body, values, settings.content_type).encode(),
                headers=headers,
                timeout=TIMEOUT_S,
                # The password in the headers must not follow a redirect to another host.
                allow_redirects=False,
                unbuffered=True,
            )
            await _drain(answer)
        except (ConnectError, ConnectionLost, DNSLookupError, ResponseFailed, ResponseNeverReceived) as error:
            raise NotSent(f"the SMS gateway can't be reached: {type(error).__name__}") from None
        except (TimeoutError, CancelledError):
            raise NotSent("the SMS gateway took too long") from None
        if not 200 <= answer.code < 300:
            final = 300 <= answer.code < 500 and answer.code not in _RETRY_LATER
            raise NotSent(f"the SMS gateway answered {answer.code}", final=final)


async def _drain(answer: Any) -> None:
    """Read the answer to its end, within bounds: what it says is of no use here."""
    received = 0

    def count(chunk: bytes) -> None:
        nonlocal received
        received += len(chunk)
        if received > MAX_ANSWER_BYTES:
            raise _TooLong

    try:
        await treq.collect(answer, count)
    except _TooLong:
        pass


class _TooLong(Exception):
    """The answer is cut off here."""


def _filled(template: str, values: dict[str, str], content_type: str) -> str:
    """The template with its places filled in: as JSON strings, or as form fields."""
    is_json = content_type.partition(";")[0].strip().endswith("json")

    def fill(place: re.Match[str]) -> str:
        value = values[place[1]]
        # A JSON template has its own quotes around the place.
        return msgspec.json.encode(value).decode()[1:-1] if is_json else quote_plus(value)

    return re.sub(r"\{(to|text|sender)\}", fill, template)
