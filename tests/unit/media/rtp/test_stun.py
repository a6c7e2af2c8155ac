"""Whom a connectivity check is for."""

import pytest
from aioice import stun
from hypothesis import given
from hypothesis import strategies as st

from media.rtp.stun import addressee


def check(**attributes: object) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes.update(attributes)
    message.add_message_integrity(b"password")
    return bytes(message)


def test_a_check_is_for_the_first_half_of_its_username_wherever_that_stands() -> None:
    assert addressee(check(USERNAME="ours:theirs", PRIORITY=7)) == "ours"
    assert addressee(check(PRIORITY=7, SOFTWARE="odd", USERNAME="ours:theirs")) == "ours"
    assert addressee(check(USERNAME="alone")) == "alone"


def test_other_messages_are_for_nobody() -> None:
    assert addressee(check(PRIORITY=7)) == ""
    answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE)
    answer.attributes["USERNAME"] = "ours:theirs"
    assert addressee(bytes(answer)) == ""


@pytest.mark.parametrize("cut", [0, 1, 19, 21, 23])
def test_what_is_cut_short_is_refused(cut: int) -> None:
    with pytest.raises(ValueError, match="STUN"):
        addressee(check(USERNAME="ours:theirs")[:cut])


@given(st.binary(max_size=80), st.integers(0, 60))
def test_nonsense_is_refused_or_for_nobody_we_know(nonsense: bytes, at: int) -> None:
    whole = check(USERNAME="ours:theirs", PRIORITY=7)
    try:
        addressee(whole[:at] + nonsense)
    except ValueError:
        return
