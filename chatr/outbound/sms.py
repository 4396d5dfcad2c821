"""SMS through any HTTP gateway."""

from __future__ import annotations

import re
from urllib.parse import quote_plus

import msgspec

from chatr.config import SmsSettings
from chatr.fetch import Fetcher, Unreachable
from chatr.outbound.letters import Letter, sms
from chatr.outbound.senders import NotSent

_PLACE = re.compile(r"\{(to|text|sender)\}")
_RETRY_LATER = frozenset({408, 409, 423, 425, 429})


class GatewaySender:
    """One request per message, with ``{to}``, ``{text}`` and ``{sender}`` of the body filled in."""

    def __init__(self, fetcher: Fetcher, settings: SmsSettings) -> None:
        self._fetcher = fetcher
        self._settings = settings

    async def send(self, letter: Letter) -> None:
        """Hand one message over. 2xx: taken. 3xx and 4xx: final, but for those that say "later"."""
        settings = self._settings
        values = {"to": letter.to, "text": sms(letter), "sender": settings.sender}
        headers: dict[str, str] = {"Content-Type": settings.content_type}
        if settings.authorization:
            headers["Authorization"] = settings.authorization
        body = _filled(settings.body, values, settings.content_type).encode()
        try:
            # What the gateway says beside its status is of no use here.
            answer = await self._fetcher.request(settings.method, settings.url, headers=headers, body=body, limit=0)
        except Unreachable as error:
            raise NotSent(f"the SMS gateway {error}") from None
        if not 200 <= answer.status < 300:
            final = 300 <= answer.status < 500 and answer.status not in _RETRY_LATER
            raise NotSent(f"the SMS gateway answered {answer.status}", final=final)


def _filled(template: str, values: dict[str, str], content_type: str) -> str:
    """The template with its places filled in: as JSON strings, or as form fields."""
    is_json = content_type.partition(";")[0].strip().endswith("json")

    def fill(place: re.Match[str]) -> str:
        value = values[place[1]]
        # A JSON template has its own quotes around the place.
        return msgspec.json.encode(value).decode()[1:-1] if is_json else quote_plus(value)

    return _PLACE.sub(fill, template)
