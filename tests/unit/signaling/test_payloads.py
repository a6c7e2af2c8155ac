"""Payloads of `/room`: exactly what the protocol says, nothing else."""

from __future__ import annotations

import contextlib
import random
import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from server.domain.access import Source
from signaling.namespace import handlers
from signaling.payloads import (
    COMMANDS,
    AdvanceReceipt,
    Connect,
    Mute,
    PublishOffer,
    SendMessage,
)

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)
FIELDS = sorted({name for command in COMMANDS.values() for name in command.model_fields})


def test_every_event_of_the_protocol_is_known() -> None:
    document = Path("docs/protocol.md").read_text("utf-8")
    table = document.split("| client → server | payload | ack |")[1].split("| server → client")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`([a-z_.]+)`", cell)}
    assert named == set(COMMANDS)


def test_right_payloads() -> None:
    sent = SendMessage.parse({"room": "r", "client_id": "c", "text": "è"})
    assert (sent.text, sent.urgent) == ("è", False)
    offer = PublishOffer.parse({"room": "r", "sdp": "v=0", "sources": {"0": "screen_audio"}})
    assert offer.sources == {"0": Source.SCREEN_AUDIO}
    assert Mute.parse({"room": "r", "source": "camera", "muted": True}).source is Source.CAMERA
    assert AdvanceReceipt.parse({"room": "r", "read": 3}).delivered is None
    assert Connect.parse({"token": "a.b-c_d", "device": "tab"}).device == "tab"


@pytest.mark.parametrize(
    "data",
    [
        None,
        [],
        "text",
        {},
        {"room": "r", "client_id": "c"},
        {"room": "r", "client_id": "c", "text": 1},
        {"room": "r", "client_id": "c", "text": "x", "urgent": "yes"},
        {"room": "r", "client_id": "c", "text": "x", "urgent": 1},
        {"room": "r", "client_id": "c", "text": "x", "colour": "red"},
        {"room": "r" * 81, "client_id": "c", "text": "x"},
        {"room": "r\x00", "client_id": "c", "text": "x"},
        {"room": "r", "client_id": "\ud800", "text": "x"},
        {"room": "", "client_id": "c", "text": "x"},
        {"room": "r", "client_id": "c", "text": "x" * 16_001},
        {"room": "r", "client_id": "c", "text": b"x"},
    ],
)
def test_wrong_messages(data: Any) -> None:
    with pytest.raises(ValidationError):
        SendMessage.parse(data)


@pytest.mark.parametrize("sources", [{"0": "window"}, {"": "camera"}, ["camera"], {"0": None}])
def test_wrong_sources(sources: Any) -> None:
    with pytest.raises(ValidationError):
        PublishOffer.parse({"room": "r", "sdp": "v=0", "sources": sources})


def test_an_oversized_sdp() -> None:
    with pytest.raises(ValidationError):
        PublishOffer.parse({"room": "r", "sdp": "v" * 65_537, "sources": {}})


@given(st.sampled_from(sorted(COMMANDS)), JSON | st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_anything_is_parsed_or_refused(event: str, data: Any) -> None:
    with contextlib.suppress(ValidationError):
        command = COMMANDS[event].parse(data)
        assert command.event == event


def test_ten_thousand_random_payloads_are_parsed_or_refused() -> None:
    chance = random.Random(11)
    values: list[Any] = [
        None,
        True,
        0,
        -1,
        2**40,
        1.5,
        "",
        "x",
        "\x00",
        "\ud800",
        [],
        {},
        {"0": "camera"},
    ]
    parsed = 0
    for _ in range(10_000):
        command = COMMANDS[chance.choice(sorted(COMMANDS))]
        names = [name for name in command.model_fields if chance.random() < 0.9]
        data = {name: chance.choice(values) for name in names}
        with contextlib.suppress(ValidationError):
            command.parse(data)
            parsed += 1
    assert 0 < parsed < 10_000


def test_each_event_needs_one_handler() -> None:
    class Everything:
        def __getattr__(self, name: str) -> str:
            return name

    assert set(handlers(COMMANDS, [Everything()])) == set(COMMANDS)
    for wrong in ([], [Everything(), Everything()]):
        with pytest.raises(LookupError):
            handlers(COMMANDS, wrong)
