"""Canaries: what we rely on in aiortc and aioice without a promise of theirs."""

import inspect
from importlib.metadata import version

from aioice import stun
from aiortc import sdp

from tests.media.worker.offers import FIREFOX


def test_the_pinned_versions_are_installed() -> None:
    assert version("aiortc") == "1.16.0"
    assert version("aioice") == "0.13.0"


def test_the_sdp_parser_keeps_its_shape() -> None:
    audio, video = sdp.SessionDescription.parse(FIREFOX).media
    assert (audio.kind, audio.profile, audio.rtp.muxId) == ("audio", "UDP/TLS/RTP/SAVPF", "0")
    assert audio.dtls is not None
    assert audio.ice is not None
    assert audio.dtls.fingerprints[0].algorithm == "sha-256"
    assert (audio.ice.usernameFragment, audio.dtls.role) == ("de89585a", "auto")
    assert video.ssrc_group[0].items == [323008137, 661137249]
    assert video.rtp.codecs[1].parameters == {"apt": 120}
    assert sdp.DTLS_ROLE_SETUP == {"auto": "actpass", "client": "active", "server": "passive"}
    assert sdp.parameters_to_sdp({"minptime": 10, "usedtx": 1}) == "minptime=10;usedtx=1"


def test_the_stun_codec_keeps_its_shape() -> None:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST, attributes={"USERNAME": "a:b"})
    message.add_message_integrity(b"password")
    parsed = stun.parse_message(bytes(message))
    assert parsed.check_message_integrity(b"password")
    assert not parsed.check_message_integrity(b"another")
    assert parsed.attributes["USERNAME"] == "a:b"
    assert list(inspect.signature(stun.parse_message).parameters) == ["data"]
