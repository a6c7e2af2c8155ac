"""Contact methods: what is an address, what proves it, when it is used, and what it says."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.domain.contact_messages import (
    CODE,
    REPEAT_FIRST,
    REPEAT_LONGEST,
    RETRIES,
    TEST,
    Message,
    MessageState,
    due_of,
)
from server.domain.contact_methods import (
    CODE_LIFE,
    CODE_TRIES,
    PROMPT_S,
    PROVED,
    ContactCodeOver,
    ContactMethod,
    ContactMethodUnproved,
    Kind,
    code_from,
)
from server.domain.contact_words import LOCALES, words_of
from server.domain.errors import Invalid
from server.domain.webhooks import Outcome

NOW = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
LINK = "https://hub.example/guard/requests/1"


def method(
    kind: Kind = Kind.SMS, value: str = "+39 333 555 0101", after_s: int = 0
) -> ContactMethod:
    return ContactMethod.create("m", "rita", kind, value, after_s, NOW)


def message(channel: Kind = Kind.SMS, kind: str = "guard.alert", **changes: object) -> Message:
    made = Message("1", "m", channel, "rita", kind, "request", "/guard/requests/1", NOW, NOW)
    return replace(made, **changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("kind", "value", "kept"),
    [
        (Kind.SMS, "+39 333 555-01.01", "+393335550101"),
        (Kind.VOICE, "+44 (20) 7946 0112", "+442079460112"),
        (Kind.EMAIL, " Rita.Rossi+guard@Hospital.Example ", "rita.rossi+guard@hospital.example"),
    ],
)
def test_one_spelling_of_each_address(kind: Kind, value: str, kept: str) -> None:
    assert method(kind, value).value == kept


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Kind.SMS, "333 555 0101"),
        (Kind.SMS, "+0393335550101"),
        (Kind.SMS, "+39 12"),
        (Kind.SMS, "+391234567890123456"),
        (Kind.VOICE, "+39 333 CALL"),
        (Kind.VOICE, "+٣٩٣٣٣٥٥٥٠١٠١"),
        (Kind.EMAIL, "rita"),
        (Kind.EMAIL, "rita@localhost"),
        (Kind.EMAIL, "rita,rocco@hospital.example"),
        (Kind.EMAIL, "rita@hospital.example\r\nBcc: x@y.example"),
        (Kind.EMAIL, "Rita <rita@hospital.example>"),
        (Kind.EMAIL, "r" * 250 + "@hospital.example"),
    ],
)
def test_what_is_no_address_is_refused(kind: Kind, value: str) -> None:
    with pytest.raises(Invalid):
        method(kind, value)


@pytest.mark.parametrize("after_s", [-1, 601])
def test_a_wait_is_at_most_ten_minutes(after_s: int) -> None:
    with pytest.raises(Invalid):
        method(after_s=after_s)
    with pytest.raises(Invalid):
        method().change(after_s, None)


@given(st.text())
def test_a_code_has_six_digits(random: str) -> None:
    code = code_from(random.encode(errors="replace").decode())
    assert len(code) == 6
    assert code.isdecimal()


def test_the_right_code_proves_it_once() -> None:
    waiting = method().issue("012345", NOW)
    assert waiting.code_digest != "012345"
    proved = waiting.attempt(" 012 345 ", NOW + CODE_LIFE - timedelta(seconds=1))
    assert proved.proved_at is not None
    assert proved.is_used
    assert proved.code_digest is None
    with pytest.raises(ContactCodeOver):
        proved.attempt("012345", NOW)


def test_a_code_is_over_in_time_and_after_some_tries() -> None:
    waiting = method().issue("012345", NOW)
    with pytest.raises(ContactCodeOver):
        waiting.attempt("012345", NOW + CODE_LIFE)
    for _ in range(CODE_TRIES):
        waiting = waiting.attempt("999999", NOW)
        assert waiting.proved_at is None
    with pytest.raises(ContactCodeOver):
        waiting.attempt("012345", NOW)
    with pytest.raises(ContactCodeOver):
        method().attempt("012345", NOW)


def test_an_unproved_method_is_not_used() -> None:
    assert not method().is_used
    with pytest.raises(ContactMethodUnproved):
        method().require_proved()


def test_ready_is_who_was_reached_there_this_shift_and_soon() -> None:
    proved = method().issue("012345", NOW).attempt("012345", NOW)
    proved.require_proved()
    assert proved.is_ready(NOW)
    assert not proved.is_ready(NOW + PROVED)
    assert not proved.change(PROMPT_S + 1, None).is_ready(NOW)
    assert not proved.change(None, False).is_ready(NOW)
    assert not replace(proved, error="refused").is_ready(NOW)


def test_the_first_message_waits_and_the_next_ones_come_at_growing_intervals() -> None:
    contact = method(after_s=30)
    assert due_of(contact, [], NOW) == NOW + timedelta(seconds=30)
    queued = message(due_at=NOW + timedelta(seconds=30))
    assert due_of(contact, [queued], NOW + timedelta(hours=1)) is None, "it is on its way"
    sent = [replace(queued, state=MessageState.SENT)]
    due, wait = sent[0].due_at, REPEAT_FIRST
    for _ in range(8):
        assert due_of(contact, sent, due + wait - timedelta(seconds=1)) is None
        assert due_of(contact, sent, due + wait) == due + wait
        due += wait
        sent.append(message(due_at=due, state=MessageState.FAILED))
        wait = min(2 * wait, REPEAT_LONGEST)


def test_what_the_carrier_takes_is_sent_and_its_secret_forgotten() -> None:
    sent = message(sealed=b"code").after(Outcome(202), NOW)
    assert (sent.state, sent.sealed, sent.error, sent.ended_at) == (
        MessageState.SENT,
        None,
        None,
        NOW,
    )


@pytest.mark.parametrize(
    ("channel", "outcome", "error"),
    [
        (Kind.EMAIL, Outcome(451), "refused"),
        (Kind.SMS, Outcome(503), "refused"),
        (Kind.SMS, Outcome(401), "refused"),
        (Kind.VOICE, Outcome(None, "timeout"), "timeout"),
        (Kind.EMAIL, Outcome(None, "SMTPConnectError"), "unreachable"),
    ],
)
def test_what_may_pass_is_tried_again(channel: Kind, outcome: Outcome, error: str) -> None:
    tried = message(channel)
    for wait in RETRIES:
        tried = tried.after(outcome, NOW)
        assert (tried.state, tried.error, tried.due_at) == (
            MessageState.QUEUED,
            error,
            NOW + wait,
        )
    assert tried.after(outcome, NOW).state is MessageState.FAILED


@pytest.mark.parametrize(
    ("channel", "status"), [(Kind.EMAIL, 550), (Kind.SMS, 422), (Kind.VOICE, 410), (Kind.SMS, 400)]
)
def test_what_is_refused_for_good_is_not_tried_again(channel: Kind, status: int) -> None:
    assert message(channel).after(Outcome(status), NOW).state is MessageState.FAILED


def test_the_gateway_may_tell_more_later() -> None:
    delivered = message().report(MessageState.DELIVERED, NOW)
    assert (delivered.state, delivered.error) == (MessageState.DELIVERED, None)
    assert message().report(MessageState.FAILED, NOW).error == "undelivered"


@pytest.mark.parametrize("locale", [*LOCALES, "de"])
@pytest.mark.parametrize("channel", list(Kind))
@pytest.mark.parametrize(
    "kind", ["guard.alert", "guard.hear", "guard.handover", "guard.drill", CODE, TEST]
)
def test_every_message_has_words_in_every_language(kind: str, channel: Kind, locale: str) -> None:
    said = words_of(
        message(channel, kind, service="CT emergency", priority="emergency"), locale, LINK, "012345"
    )
    assert said.text.startswith(said.subject)
    assert "{" not in said.text
    is_guard = kind.startswith("guard.")
    assert (LINK in said.text) == (is_guard and channel is not Kind.VOICE), "nobody reads links out"
    if kind == CODE:
        assert ("0 1 2 3 4 5" if channel is Kind.VOICE else "012345") in said.text


def test_an_alert_says_service_and_priority_in_the_readers_language() -> None:
    alert = message(service="TAC urgenze", priority="emergency")
    assert words_of(alert, "it", LINK).text == (
        f"Richiesta di guardia: EMERGENZA, TAC urgenze. Apri Guardline: {LINK}"
    )
    assert words_of(alert, "de", LINK).subject == "Guard request: EMERGENCY, TAC urgenze"
