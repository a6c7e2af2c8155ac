from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from server.domain.errors import Invalid
from server.domain.timeline import Event, EventType, Sender
from server.domain.webhooks import (
    RETRIES,
    Delivery,
    DeliveryState,
    Endpoint,
    Outcome,
    WebhookDisabled,
    event_types,
    events_of,
    leaves,
    thin,
    url_of,
)

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
ENDPOINT = Endpoint("e", "o", "https://ris.example/hook", "RIS", frozenset(), b"", "ada", NOW)
DELIVERY = Delivery("d", "e", "m", "room.created", "{}", NOW, NOW)


def test_what_people_write_never_leaves() -> None:
    assert not leaves(EventType.MESSAGE_POSTED)
    assert leaves(EventType.ROOM_CREATED)
    assert "message.posted" not in event_types()
    assert "call.joined" in event_types()


def test_no_chosen_event_means_all_of_them() -> None:
    assert ENDPOINT.wants("room.closed")
    chosen = replace(ENDPOINT, events=frozenset({"room.created"}))
    assert chosen.wants("room.created")
    assert not chosen.wants("room.closed")
    assert events_of(["room.created"]) == {"room.created"}
    with pytest.raises(Invalid):
        events_of(["message.posted"])


def test_nothing_is_sent_to_a_disabled_endpoint() -> None:
    ENDPOINT.require_enabled()
    with pytest.raises(WebhookDisabled):
        replace(ENDPOINT, is_enabled=False).require_enabled()
    assert ENDPOINT.to_wire()["enabled"] is True


def test_success_ends_it() -> None:
    done = DELIVERY.after(Outcome(204), NOW)
    assert (done.state, done.attempts, done.ended_at) == (DeliveryState.DELIVERED, 1, NOW)
    assert done.to_wire()["next_at"] is None


def test_failures_are_retried_on_the_published_schedule_and_then_given_up() -> None:
    delivery, waits = DELIVERY, []
    for _ in RETRIES:
        delivery = delivery.after(Outcome(None, "timeout"), NOW)
        assert delivery.state is DeliveryState.PENDING
        waits.append(delivery.due_at - NOW)
    assert waits == list(RETRIES)
    assert delivery.to_wire()["next_at"] == NOW + RETRIES[-1]
    given_up = delivery.after(Outcome(500), NOW + timedelta(days=3))
    assert given_up.state is DeliveryState.FAILED
    assert (given_up.status, given_up.error) == (500, None)


def test_gone_means_gone() -> None:
    assert DELIVERY.after(Outcome(410), NOW).state is DeliveryState.FAILED


def test_a_replay_is_the_same_message() -> None:
    failed = replace(DELIVERY, state=DeliveryState.FAILED, attempts=10)
    again = failed.again("d2", NOW + timedelta(days=1))
    assert (again.id, again.message, again.body) == ("d2", "m", "{}")
    assert (again.state, again.attempts) == (DeliveryState.PENDING, 0)


@pytest.mark.parametrize(
    "url",
    [
        "https://ris.example/hook?a=b",
        "http://localhost:9000/hook",
        "http://127.0.0.1/",
        "http://[::1]:8/x",
    ],
)
def test_addresses(url: str) -> None:
    assert url_of(f" {url} ") == url


@pytest.mark.parametrize(
    "url",
    [
        "http://ris.example/hook",
        "http://192.0.2.1/hook",
        "ftp://ris.example",
        "https://",
        "https://user:secret@ris.example/",
        "https://ris.example/#fragment",
        "https://ris.example/" + "x" * 500,
        "nonsense",
    ],
)
def test_addresses_that_would_carry_events_in_the_clear_or_nowhere(url: str) -> None:
    with pytest.raises(Invalid):
        url_of(url)


def test_names_and_words_stay_here() -> None:
    data = {
        "person": "guest:1",
        "name": "Ada",
        "title": "TAC",
        "grants": {"publish": ["camera"], "text": "secret"},
        "list": [{"name": "Ben", "id": "b"}],
    }
    event = Event("r", 3, "e", EventType.MEMBER_ADDED, NOW, Sender("ben", "Ben"), data)
    assert thin(event) == {
        "room": "r",
        "seq": 3,
        "id": "e",
        "sender": "ben",
        "data": {"person": "guest:1", "grants": {"publish": ["camera"]}, "list": [{"id": "b"}]},
    }
    assert thin(replace(event, sender=None))["sender"] is None
