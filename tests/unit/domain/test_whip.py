"""What WHIP reads of descriptions as text."""

from __future__ import annotations

import pytest

from server.domain.access import Source
from server.domain.calls import SdpInvalid
from server.domain.whip import Fragment, fragment_of, is_refused, restarted, sources_of

HEAD = ["v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "t=0 0"]
ICE = ["a=ice-ufrag:old", "a=ice-pwd:secret", "a=candidate:1 1 udp 1 10.0.0.1 9 typ host"]
AUDIO = ["m=audio 9 UDP/TLS/RTP/SAVPF 111", "a=mid:a", *ICE, "a=sendonly"]
VIDEO = ["m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:v", *ICE, "a=sendrecv"]


def sdp(*sections: list[str]) -> str:
    return "\r\n".join(line for section in (HEAD, *sections) for line in section) + "\r\n"


def test_the_first_of_each_kind_that_sends_is_a_source() -> None:
    second = [VIDEO[0], "a=mid:w", "a=sendonly"]
    offer = sdp(AUDIO, VIDEO, second)
    assert sources_of(offer, Source.CAMERA) == {"a": Source.MICROPHONE, "v": Source.CAMERA}
    assert sources_of(offer, Source.SCREEN) == {"a": Source.SCREEN_AUDIO, "v": Source.SCREEN}
    silent = [VIDEO[0], "a=mid:v", "a=recvonly"]
    assert sources_of(sdp(silent, second), Source.CAMERA) == {"w": Source.CAMERA}
    bundled = ["m=video 0 UDP/TLS/RTP/SAVPF 96", "a=mid:b", "a=bundle-only", "a=sendrecv"]
    assert sources_of(sdp(AUDIO, bundled), Source.CAMERA).keys() == {"a", "b"}


@pytest.mark.parametrize(
    "section",
    [
        ["m=video 9 UDP/TLS/RTP/SAVPF 96", "a=mid:v", "a=inactive"],
        ["m=video 0 UDP/TLS/RTP/SAVPF 96", "a=mid:v"],
        ["m=video 9 UDP/TLS/RTP/SAVPF 96"],
        ["m=application 9 UDP/DTLS/SCTP webrtc-datachannel", "a=mid:d"],
        [],
    ],
)
def test_an_offer_that_sends_nothing_is_refused(section: list[str]) -> None:
    with pytest.raises(SdpInvalid):
        sources_of(sdp(section), Source.CAMERA)


def test_a_restart_changes_the_credentials_alone() -> None:
    fragment = Fragment.parse("a=ice-ufrag:new\r\na=ice-pwd:other\r\n")
    text = restarted(sdp(AUDIO, VIDEO), fragment)
    assert Fragment.parse(text) == fragment
    assert "old" not in text
    assert "a=candidate" not in text
    assert sources_of(text, Source.CAMERA).keys() == {"a", "v"}
    for wrong in ("", "a=ice-ufrag:new", "a=ice-pwd:other"):
        with pytest.raises(SdpInvalid):
            Fragment.parse(wrong)


def test_an_answer_tells_its_ice_of_the_first_line_taken() -> None:
    refused = ["m=audio 0 UDP/TLS/RTP/SAVPF 111", "a=mid:a"]
    answer = sdp(refused, VIDEO)
    assert fragment_of(answer).split("\r\n")[:3] == ["a=ice-lite", VIDEO[0], "a=mid:v"]
    assert not is_refused(answer)
    assert is_refused(sdp(refused))
    with pytest.raises(SdpInvalid):
        fragment_of(sdp(refused))
