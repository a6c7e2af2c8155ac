"""What is answered to captured offers, and what is offered to subscribers."""

import re

import pytest

from media.protocol import ROOM_PEERS_MAX, CloseRoom, Join, Leave, MediaError, Mute, Ping, Publish
from media.worker.adapter import parse_sdp
from media.worker.sdp import AUDIO_LEVEL, MID, TRANSPORT_CC
from tests.media.worker.offers import CHROMIUM, FIREFOX
from tests.media.worker.support import Plane, plane

ALL = frozenset({"camera", "microphone", "screen", "screen_audio"})
SOURCES = {"0": "microphone", "1": "camera"}
DATA_LINE = "m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r\na=mid:2\r\na=setup:actpass\r\n"


def publish(media: Plane, offer: str, peer: str = "anna", **sources: str) -> str:
    return str(media.request(Publish("room", peer, offer, sources or SOURCES))["sdp"])


@pytest.mark.parametrize(
    ("offer", "opus", "vp8", "ids"),
    [
        (CHROMIUM, "111", "96 97", {"mid": 4, "level": 1, "twcc": 3}),
        (FIREFOX, "109", "120 124", {"mid": 3, "level": 1, "twcc": 7}),
    ],
    ids=["chromium", "firefox"],
)
async def test_captured_offers_are_answered(
    offer: str, opus: str, vp8: str, ids: dict[str, int]
) -> None:
    async with plane() as media:
        media.request(Join("room", "anna", ALL, True))
        text = publish(media, offer)
        audio, video = parse_sdp(text)
        assert text.startswith("v=0\r\n")
        assert "a=ice-lite\r\n" in text
        assert "a=group:BUNDLE 0 1\r\n" in text
        assert text.count("a=end-of-candidates") == 2
        assert (" ".join(audio.formats), " ".join(video.formats)) == (opus, vp8)
        for line in (audio, video):
            assert (line.direction, line.setup) == ("recvonly", "passive")
        assert "useinbandfec=1" in audio.codecs[0].fmtp
        assert audio.extensions == {
            MID: ids["mid"],
            AUDIO_LEVEL: ids["level"],
            TRANSPORT_CC: ids["twcc"],
        }
        assert video.codecs[0].feedback == {
            "nack", "nack pli", "ccm fir", "goog-remb", "transport-cc",
        }  # fmt: skip
        assert video.codecs[1].parameters["apt"] == video.codecs[0].payload_type


@pytest.mark.parametrize(
    ("removed", "left"), [("VP8", "H264"), ("VP8|H264", "VP9"), ("VP8|H264|VP9", "AV1")]
)
async def test_other_codecs_serve_where_vp8_is_missing(removed: str, left: str) -> None:
    async with plane() as media:
        media.request(Join("room", "anna", ALL, True))
        media.request(Join("room", "bruno", frozenset(), True))
        text = publish(media, re.sub(f"({removed})/90000", "VP7/90000", CHROMIUM))
        taken = parse_sdp(text)[1].codecs
        assert [codec.name for codec in taken] == [left.lower(), "rtx"]
        offered = parse_sdp(media.offers("bruno")[-1].sdp)[1].codecs
        assert [codec.name for codec in offered] == [left.lower(), "rtx"]
        assert offered[1].parameters["apt"] == offered[0].payload_type
        if left == "H264":
            assert str(offered[0].parameters["packetization-mode"]) == "1"
            assert str(taken[0].parameters["profile-level-id"]).startswith("42")


async def test_what_is_not_taken_gets_port_zero() -> None:
    async with plane() as media:
        media.request(Join("room", "anna", ALL, True))
        unknown = re.sub("(VP8|VP9|AV1|H264)/90000", "VP7/90000", CHROMIUM)
        text = publish(media, unknown + DATA_LINE)
        assert [line.port for line in parse_sdp(text)] == [9, 0, 0]
        assert "a=group:BUNDLE 0\r\n" in text


async def test_sources_need_the_grant() -> None:
    async with plane() as media:
        media.request(Join("room", "anna", frozenset({"microphone"}), True))
        with pytest.raises(MediaError, match="not-permitted"):
            publish(media, CHROMIUM)
        with pytest.raises(MediaError, match="sdp-invalid"):
            publish(media, CHROMIUM, **{"0": "camera", "1": "microphone"})


async def test_unknown_rooms_and_peers_are_named() -> None:
    async with plane() as media:
        with pytest.raises(MediaError, match="room-unknown"):
            publish(media, CHROMIUM)
        media.request(Join("room", "anna", ALL, True))
        with pytest.raises(MediaError, match="peer-unknown"):
            publish(media, CHROMIUM, peer="bruno")
        for name in ("", "two words", "line\r\nbreak", "x" * 129):
            with pytest.raises(MediaError, match="not-permitted"):
                media.request(Join("room", name, ALL, True))


async def test_rooms_are_bounded() -> None:
    async with plane() as media:
        for number in range(ROOM_PEERS_MAX):
            media.request(Join("room", f"peer-{number}", ALL, False))
        with pytest.raises(MediaError, match="media-full"):
            media.request(Join("room", "one-more", ALL, False))
        media.request(Leave("room", "peer-0"))
        media.request(Join("room", "one-more", ALL, False))


async def test_leaving_twice_and_closing_twice_is_nothing() -> None:
    async with plane() as media:
        media.request(Join("room", "anna", ALL, True))
        for _ in range(2):
            media.request(Leave("room", "anna"))
            media.request(CloseRoom("room"))
        assert media.request(Ping())["rooms"] == 0
        assert not media.worker.hub.transports


async def test_offers_name_publisher_and_source_and_wait_for_the_answer() -> None:
    async with plane() as media:
        media.request(Join("room", "anna", ALL, True))
        media.request(Join("room", "bruno", ALL, True))
        publish(media, CHROMIUM)
        (offer,) = media.offers("bruno")
        assert offer.tracks == {"0": ("anna", "microphone"), "1": ("anna", "camera")}
        assert "a=msid:anna camera\r\n" in offer.sdp
        assert "a=setup:actpass\r\n" in offer.sdp
        media.request(Join("room", "carla", ALL, True))
        publish(media, FIREFOX, peer="carla")
        assert len(media.offers("bruno")) == 1, "the first is not answered yet"
        assert not media.offers("anna")[0].tracks.keys() & {"2"}
        assert len(media.offers("carla")) == 1


async def test_a_mute_before_publishing_holds() -> None:
    async with plane() as media:
        media.request(Join("room", "anna", ALL, True))
        media.request(Mute("room", "anna", "camera", True))
        publish(media, CHROMIUM)
        producers = media.worker.rooms["room"].peers["anna"].producers
        assert {source: p.is_muted for source, p in producers.items()} == {
            "microphone": False,
            "camera": True,
        }
        with pytest.raises(MediaError, match="not-permitted"):
            media.request(Mute("room", "anna", "telepathy", True))
