"""A sender of 30 video frames of four packets and 50 Opus-sized packets a second."""

import random
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from tests.bench.rtc import packets, sdp
from tests.bench.rtc.secure import Certificate
from tests.bench.rtc.transport import LOOPBACK, Transport

FRAME_S, AUDIO_S, REPORT_S = 1 / 30, 0.02, 1.0
PACKETS_A_FRAME = 4
VIDEO_PAYLOAD_BYTES, AUDIO_PAYLOAD_BYTES = 1150, 90
_NTP_EPOCH_S = 2_208_988_800


@dataclass(slots=True)
class Stream:
    """One outgoing RTP stream; not frozen: it is the hot path."""

    mid: bytes
    ssrc: int
    number: int
    sequence: int = field(default_factory=lambda: secrets.randbits(15))
    timestamp: int = field(default_factory=lambda: secrets.randbits(31))
    count: int = 0
    octets: int = 0


class Publisher:
    """One publish connection; `video` and `audio` tell what it sends."""

    def __init__(
        self,
        number: int,
        certificate: Certificate,
        setup: str,
        video: bool,
        address: str = LOOPBACK,
    ) -> None:
        self.number = number
        self.transport = Transport(certificate, setup, address)
        self.audio = Stream(b"0", secrets.randbits(32), 0)
        self.video = Stream(b"1", secrets.randbits(32), 1) if video else None
        self._rtx_ssrc = secrets.randbits(32)
        self._wide = 0
        self._extensions: dict[str, dict[str, int | None]] = {}
        self._wants_keyframe = True
        self._frame_left = 0
        self._frame_is_key = False
        self._picture = 0
        self._due: list[tuple[float, float, Callable[[float], None]]] = []
        self.refused = 0

    def offer(self) -> str:
        """The SDP offer."""
        tracks = [sdp.Track("0", "audio", "sendonly", self.audio.ssrc)]
        if self.video is not None:
            tracks.append(sdp.Track("1", "video", "sendonly", self.video.ssrc, self._rtx_ssrc))
        return sdp.offer(self.transport.local, tracks)

    def sources(self) -> dict[str, str]:
        """mid → source of the media plane."""
        return {"0": "microphone"} | ({"1": "camera"} if self.video else {})

    def answered(self, answer: str) -> None:
        """Begin to connect; only extensions the server kept are sent."""
        remote = sdp.parse(answer)
        for section in remote.sections:
            uris = (sdp.MID, sdp.ABS_SEND_TIME, sdp.TRANSPORT_CC, sdp.AUDIO_LEVEL)
            self._extensions[section.mid] = {uri: section.extension(uri) for uri in uris}
        self.transport.connect(remote)

    def begin(self, now: float, multiplier: float, paced: bool) -> None:
        """Send from now on, with a phase of its own."""
        video_s = FRAME_S / multiplier / (PACKETS_A_FRAME if paced else 1)
        frame = self._send_paced if paced else self._send_frame
        plan: list[tuple[float, Callable[[float], None]]]
        plan = [(AUDIO_S / multiplier, self._send_audio), (REPORT_S, self._send_reports)]
        if self.video is not None:
            plan.append((video_s, frame))
        self._due = [(now + random.random() * each, each, send) for each, send in plan]

    def stop(self) -> None:
        """Send no more."""
        self._due = []

    def send_due(self, now: float) -> float:
        """Send what is due; when the next is."""
        for place, (at, each, send) in enumerate(self._due):
            if at <= now:
                send(now)
                # After a stall the backlog is skipped, not sent as one burst.
                self._due[place] = (max(at + each, now - each), each, send)
        return min((at for at, _, _ in self._due), default=now + 1)

    def receive(self) -> None:
        """React to RTCP."""
        for data, _ in self.transport.receive():
            if 192 <= data[1] < 224 and self.transport.secure is not None:
                report = self.transport.secure.unprotect_rtcp(data)
                if report is not None and packets.wants_keyframe(report):
                    self._wants_keyframe = True

    # --- internals ---

    def _send_audio(self, _: float) -> None:
        self.audio.timestamp += 960
        payload = bytes(AUDIO_PAYLOAD_BYTES - packets.PROBE.size)
        self._send(self.audio, sdp.AUDIO_PT, False, self._probe(self.audio) + payload)

    def _send_frame(self, now: float) -> None:
        for _ in range(PACKETS_A_FRAME):
            self._send_paced(now)

    def _send_paced(self, _: float) -> None:
        video = self.video
        assert video is not None
        is_start = self._frame_left == 0
        if is_start:
            self._frame_left = PACKETS_A_FRAME
            self._picture += 1
            video.timestamp += 3000
            self._frame_is_key, self._wants_keyframe = self._wants_keyframe, False
        self._frame_left -= 1
        payload = packets.vp8_descriptor(is_start, self._picture)
        if is_start:
            payload += packets.KEYFRAME if self._frame_is_key else packets.INTERFRAME
        payload += self._probe(video)
        payload += bytes(VIDEO_PAYLOAD_BYTES - len(payload))
        self._send(video, sdp.VIDEO_PT, self._frame_left == 0, payload)

    def _probe(self, stream: Stream) -> bytes:
        return packets.PROBE.pack(
            packets.MAGIC, self.number, stream.number, stream.count, time.time_ns()
        )

    def _send(self, stream: Stream, payload_type: int, marker: bool, payload: bytes) -> None:
        secure = self.transport.secure
        assert secure is not None
        packet = packets.rtp(
            payload_type,
            marker,
            stream.sequence,
            stream.timestamp,
            stream.ssrc,
            self._extension(stream),
        )
        stream.sequence += 1
        stream.count += 1
        stream.octets += len(payload)
        self.refused += self.transport.send(secure.protect(packet + payload))

    def _extension(self, stream: Stream) -> bytes:
        ids = self._extensions[stream.mid.decode()]
        self._wide = (self._wide + 1) & 0xFFFF
        values = {
            ids[sdp.MID]: stream.mid,
            # 6.18 fixed point seconds, as every browser sends when asked.
            ids[sdp.ABS_SEND_TIME]: (int(time.time() * 2**18) & 0xFFFFFF).to_bytes(3, "big"),
            ids[sdp.TRANSPORT_CC]: self._wide.to_bytes(2, "big"),
        }
        if stream.number == 0:
            values[ids[sdp.AUDIO_LEVEL]] = b"\x9e"  # voice at -30 dBov, RFC 6464 §3
        return packets.extension_block({i: v for i, v in values.items() if i is not None})

    def _send_reports(self, _: float) -> None:
        secure = self.transport.secure
        assert secure is not None
        ntp = int((time.time() + _NTP_EPOCH_S) * 2**32)
        for stream in filter(None, (self.audio, self.video)):
            report = packets.sender_report(
                stream.ssrc,
                ntp,
                stream.timestamp,
                stream.count & 0xFFFFFFFF,
                stream.octets & 0xFFFFFFFF,
                b"generator",
            )
            self.transport.send(secure.protect_rtcp(report))
