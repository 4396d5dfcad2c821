"""What a request that fits its schema may still be refused for: rules that JSON Schema can't express."""

from __future__ import annotations

from typing import NamedTuple


class Rule(NamedTuple):
    """A rule: the path and the sentence of its error, as patterns, and how the reference says it."""

    path: str
    text: str
    said: str


EXPLAINED = (
    Rule(r"^\$\.(cursor|before)$", "is not a cursor", "Opaque: give back what the previous answer gave."),
    Rule(r"^\$\.url$", ".", "An http or https URL with a host."),
    Rule(r"^\$\.(before|conversationId)$", "give ", "at most one of before, after and around"),
    Rule(
        r"^\$\.recipientId$", "give either|is yourself", "Give either recipientId, of somebody else, or conversationId."
    ),
    Rule(r"^\$\.userId$", "is yourself", "Block somebody else"),
    Rule(r"^\$\.addresseeId$", "is yourself", "Ask somebody else to be friends"),
    Rule(r"^\$\.email$", "give an e-mail address or a phone number", "one of the two is needed"),
    Rule(r"^\$\.email$", "to change, or null", "give one of the two at least"),
    Rule(r"^\$\.phoneNumber$", "is not a phone number", "A phone number that exists"),
    Rule(r"^\$\.phoneNumber$", "can't send SMS", "where this server can send SMS"),
    Rule(r"^\$\.email$", "is not an e-mail address", "An e-mail address"),
    Rule(r"^\$\.username$", "is reserved", "Words of this API are taken."),
    Rule(r"^\$\.password$", "must |commonest", "With an upper-case letter and a special character"),
    Rule(r"^\$\.clientId$", "differs from", "both given must agree"),
    Rule(r"^\$\.content$", "only invisible", "not only invisible ones"),
    Rule(
        r"^\$\.(displayName|firstName|lastName)$",
        "control char|only invis|more than 50",
        "not only invisible characters",
    ),
    Rule(r"^\$\.(name|description)$", "control char|only invis|more than|marks that", "not only invisible characters"),
    Rule(r"^\$\.emoji$", "not a single emoji", "One emoji of Unicode's RGI set."),
    Rule(r"^\$\.settings", "nested|integer|bytes|number|JSON", "16 levels"),
    Rule(r"", "lone surrogate|U\\+0000", "No text has U+0000 or half a surrogate pair."),
)
