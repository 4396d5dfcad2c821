"""Subscriptions: ids, matching, limits, giving back."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from chatr.wamp.subscriptions import MAX_URI_CHARS, POLICIES, REMEMBERED, RequestError, SubscriptionIds, Subscriptions

TOPIC = "chatr.message.received"


class SubscriptionsTests(SynchronousTestCase):
    """The broker's subscriptions."""

    def setUp(self) -> None:
        self.ids = SubscriptionIds()

    def session(self, limit: int = 10) -> Subscriptions:
        return Subscriptions(self.ids, limit=limit, too_many="chatr.error.rate_limited")

    def refused(self, uri: str, session: Subscriptions, topic: str, match: object = None) -> None:
        error = self.assertRaises(RequestError, session.subscribe, topic, match)
        self.assertEqual(error.uri, uri)

    def test_sessions_share_the_id_of_a_topic_and_match(self) -> None:
        """One subscription id stands for one (topic, match) on the whole router, and ids are small."""
        first, second = self.session(), self.session()
        self.assertEqual(first.subscribe(TOPIC), second.subscribe(TOPIC, "exact"))
        self.assertNotEqual(first.subscribe(TOPIC, "prefix"), second.subscribe(TOPIC))
        self.assertEqual(len(self.ids), 2)
        self.assertEqual({first.subscribe(TOPIC), first.subscribe(TOPIC, "prefix")}, {1, 2})

    def test_repeated_subscribe_returns_the_same_id(self) -> None:
        """Subscribing again answers the id again and takes one UNSUBSCRIBE to undo."""
        session = self.session()
        number = session.subscribe(TOPIC)
        self.assertEqual(session.subscribe(TOPIC), number)
        session.unsubscribe(number)
        self.assertEqual(session.matching[TOPIC], ())
        self.assertEqual(len(self.ids), 0)

    def test_id_is_released_with_its_last_session(self) -> None:
        """A subscription lives as long as one session holds it, and its id is not given out for another."""
        first, second = self.session(), self.session()
        number = first.subscribe(TOPIC)
        second.subscribe(TOPIC)
        first.clear()
        self.assertEqual(len(self.ids), 1)
        self.assertEqual(first.subscribe(TOPIC), number)
        first.unsubscribe(number)
        second.unsubscribe(number)
        self.assertEqual(len(self.ids), 0)
        self.assertNotEqual(first.subscribe("chatr.other.topic"), number)

    def test_exact_prefix_and_wildcard_match(self) -> None:
        """A pattern says that it is one, so that the event carries its topic."""
        session = self.session()
        exact = session.subscribe(TOPIC)
        bare = session.subscribe("chatr", "prefix")
        dotted = session.subscribe("chatr.", "prefix")
        wildcard = session.subscribe("chatr..received", "wildcard")
        everything = session.subscribe("", "prefix")
        self.assertEqual(
            set(session.matching[TOPIC]),
            {(exact, False), (bare, True), (dotted, True), (wildcard, True), (everything, True)},
        )
        self.assertEqual(
            set(session.matching["chatr.presence.changed"]), {(bare, True), (dotted, True), (everything, True)}
        )
        self.assertEqual(set(session.matching["other"]), {(everything, True)})

    def test_wildcard_needs_as_many_components(self) -> None:
        """A wildcard stands for exactly one component."""
        session = self.session()
        session.subscribe("chatr..", "wildcard")
        self.assertEqual(session.matching["chatr.message"], ())
        self.assertEqual(len(session.matching["chatr.message.received"]), 1)
        self.assertEqual(session.matching["chatr.message.received.late"], ())

    def test_matching_follows_changes(self) -> None:
        """What was remembered for a topic is forgotten when the subscriptions change."""
        session = self.session()
        self.assertEqual(session.matching[TOPIC], ())
        number = session.subscribe(TOPIC)
        self.assertEqual(session.matching[TOPIC], ((number, False),))
        self.assertIs(session.matching[TOPIC], session.matching[TOPIC])
        session.unsubscribe(number)
        self.assertEqual(session.matching[TOPIC], ())

    def test_unsubscribe_of_an_id_never_had(self) -> None:
        """An id of somebody else is as unknown as one that does not exist."""
        theirs = self.session().subscribe(TOPIC)
        session = self.session()
        for number in (theirs, 0, 999):
            error = self.assertRaises(RequestError, session.unsubscribe, number)
            self.assertEqual(error.uri, "wamp.error.no_such_subscription")

    def test_unsubscribe_twice_changes_nothing(self) -> None:
        """Giving back what was given back is fine, and leaves other holders alone."""
        session, other = self.session(), self.session()
        number = session.subscribe(TOPIC)
        other.subscribe(TOPIC)
        session.unsubscribe(number)
        session.unsubscribe(number)
        self.assertEqual(other.matching[TOPIC], ((number, False),))
        self.assertEqual(len(self.ids), 1)

    def test_resubscribed_id_can_be_given_back_again(self) -> None:
        """An id that was given back and is held again through another session is really given back the second time."""
        session, other = self.session(), self.session()
        other.subscribe(TOPIC)
        number = session.subscribe(TOPIC)
        session.unsubscribe(number)
        self.assertEqual(session.subscribe(TOPIC), number)
        session.unsubscribe(number)
        self.assertEqual(session.matching[TOPIC], ())
        self.assertEqual(len(session), 0)

    def test_memory_of_given_back_ids_is_bounded(self) -> None:
        """Only the latest ids given back are remembered."""
        session = self.session()
        first = session.subscribe("topic.0")
        session.unsubscribe(first)
        for index in range(1, REMEMBERED + 1):
            session.unsubscribe(session.subscribe(f"topic.{index}"))
        self.assertRaises(RequestError, session.unsubscribe, first)

    def test_limit(self) -> None:
        """Over the limit a subscription is refused; a repeated one is not a further one."""
        session = self.session(limit=2)
        session.subscribe("a")
        number = session.subscribe("b")
        self.refused("chatr.error.rate_limited", session, "c")
        self.assertEqual(session.subscribe("b"), number)
        session.unsubscribe(number)
        session.subscribe("c")

    def test_invalid_topics(self) -> None:
        """URIs with white space, "#" or empty components are refused, except where the policy gives them a meaning."""
        session = self.session()
        for topic in ("", "a..b", "a.", ".a", "a b", "a#b", "a\n", "x" * (MAX_URI_CHARS + 1)):
            self.refused("wamp.error.invalid_uri", session, topic)
        for topic in ("a..b", ".", "a b", "a.\n"):
            self.refused("wamp.error.invalid_uri", session, topic, "prefix")
        self.refused("wamp.error.invalid_uri", session, "a. .b", "wildcard")

    def test_unknown_policy(self) -> None:
        """A policy that is none of the three is refused."""
        for match in ("regex", "", 1, ["exact"], {}):
            self.refused("wamp.error.invalid_argument", self.session(), TOPIC, match)

    @given(
        pattern=st.lists(st.sampled_from(["", "a", "b"]), min_size=1, max_size=4),
        topic=st.lists(st.sampled_from(["a", "b"]), min_size=1, max_size=4),
    )
    def test_wildcard_is_componentwise(self, pattern: list[str], topic: list[str]) -> None:
        """A wildcard matches when every named component equals the topic's, position by position."""
        wanted = len(pattern) == len(topic) and not [
            index for index, part in enumerate(pattern) if part and part != topic[index]
        ]
        self.assertEqual(POLICIES["wildcard"].matches(".".join(pattern), ".".join(topic)), wanted)
