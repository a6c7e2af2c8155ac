"""The generator against a server that is not ours, so that its own faults show."""

import pytest

from tests.bench.media_rounds import measure
from tests.bench.media_sides import AiortcSide, set_up
from tests.bench.rtc import packets, sdp
from tests.bench.scenario import Scenario


@pytest.mark.parametrize("paced", [False, True])
async def test_every_packet_comes_back_through_aiortc(paced: bool) -> None:
    scenario = Scenario("two watch each other", publishers=2, subscribers=0, paced=paced)
    side = await AiortcSide.start()
    try:
        await set_up(side, scenario)
        counted = await measure(side, scenario, 0.5)
    finally:
        await side.close()
    assert counted["due"] > 0
    assert counted["received"] == counted["due"]
    assert counted["undecryptable"] == 0
    assert counted["latency_us"]["50"] > 0


def test_a_header_extension_is_found_again() -> None:
    block = packets.extension_block({4: b"1", 3: b"\x01\x02", 1: b"\x9e"})
    packet = packets.rtp(96, True, 70000, 5, 7, block) + b"payload"
    assert packets.extension(packet, 3) == b"\x01\x02"
    assert packets.extension(packet, 1) == b"\x9e"
    assert packets.extension(packet, 9) is None
    assert packet.endswith(b"payload")


def test_keyframe_requests_are_seen_inside_a_compound() -> None:
    report = packets.receiver_report(1, {2: 3})
    assert not packets.wants_keyframe(report)
    assert packets.wants_keyframe(report + b"\x81\xce\x00\x02" + bytes(8))
    assert packets.wants_keyframe(report + b"\x84\xce\x00\x04" + bytes(16))
    assert not packets.wants_keyframe(report + b"\x81\xcd\x00\x02" + bytes(8))


def test_feedback_tells_gaps_and_times() -> None:
    arrivals = [(10, 64_000), (11, 65_000), (14, 164_000)]
    feedback = packets.transport_feedback(1, 2, 5, arrivals)
    assert len(feedback) % 4 == 0
    assert feedback[12:20] == b"\x00\x0a\x00\x05\x00\x00\x01\x05"
    # received small, received small, two lost, received large: two bits each
    assert feedback[20:22] == bytes([0b11010100, 0b00100000])
    assert feedback[22:26] == bytes([0, 4]) + (396).to_bytes(2, "big")


def test_an_answer_keeps_rejected_and_inactive_sections() -> None:
    local = sdp.Local("u", "p" * 24, "AA", "active", "127.0.0.1", 1)
    tracks = [sdp.Track("0", "audio", "sendonly"), sdp.Track("1", "video", "inactive")]
    offer = sdp.offer(local, tracks).replace("m=video 9", "m=video 0")
    answered = sdp.parse(sdp.answer(local, sdp.parse(offer)))
    assert [s.direction for s in answered.sections] == ["recvonly", "inactive"]
    assert [s.port for s in answered.sections] == [9, 0]
    assert answered.candidates == [("127.0.0.1", 1)]
