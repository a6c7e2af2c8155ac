from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from server.domain.errors import Invalid
from server.domain.pushes import RETRIES, Push, Subscription
from server.domain.webhooks import Outcome

NOW = datetime(2026, 11, 22, 8, 0, tzinfo=UTC)
PUSH = Push("p", "s", "rita", "guard.alert", "request", "/guard/requests/request", NOW)


def test_a_subscription() -> None:
    made = Subscription.create("s", "rita", "https://push.example/x", "key", "auth", NOW)
    assert made.to_wire() == {"id": "s", "created_at": NOW, "used_at": None}


@pytest.mark.parametrize(
    ("endpoint", "p256dh", "auth"),
    [
        ("http://push.example/x", "key", "auth"),
        ("https://push.example/x", "", "auth"),
        ("https://push.example/x", "key", "a" * 201),
        ("https://push.example/x", "key\0", "auth"),
    ],
)
def test_nonsense_is_refused(endpoint: str, p256dh: str, auth: str) -> None:
    with pytest.raises(Invalid):
        Subscription.create("s", "rita", endpoint, p256dh, auth, NOW)


@pytest.mark.parametrize("outcome", [Outcome(201), Outcome(410), Outcome(404)])
def test_what_arrived_or_never_can_is_over(outcome: Outcome) -> None:
    assert PUSH.after(outcome, NOW) is None


def test_trouble_is_tried_again_a_few_times() -> None:
    push: Push | None = PUSH
    waits = []
    while push is not None:
        push = push.after(Outcome(None, "timeout"), NOW)
        waits.append(push and push.due_at - NOW)
    assert waits == [*RETRIES, None]


def test_a_push_says_nothing_about_a_patient() -> None:
    assert replace(PUSH, attempts=3).payload() == {
        "kind": "guard.alert",
        "place": "/guard/requests/request",
        "tag": "guard.alert request",
    }
