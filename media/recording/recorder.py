"""The recordings of this process: connections from workers in, sealed files out."""

import asyncio
import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from media.protocol import ErrorCode, FinishRecording, MediaError, OpenRecording, Ping, Request
from media.recording import feed
from media.recording.clocks import SenderClock
from media.recording.sealed import SealedFile
from media.recording.sequencer import Packet
from media.recording.track import CODECS, Track, complete
from media.rtp import rtcp
from media.rtp.header import FIXED, header_length

TRACKS_MAX = 256
POLL_S = 0.1
SYNC_S = 5.0
SUFFIX = ".webm.sealed"


class Recording:
    """One room's tracks; those of one person share a clock."""

    def __init__(self, key: bytes, folder: Path, realtime_less_ours_s: float) -> None:
        self.key = key
        self.folder = folder
        self._realtime_less_ours_s = realtime_less_ours_s
        self._senders: dict[str, SenderClock] = {}
        self.feeds: set[Feed] = set()
        self.is_broken = False

    def begin(self, begin: feed.Begin) -> Track:
        """A track for a stream."""
        sender = self._senders.setdefault(begin.peer, SenderClock())
        return Track(begin, sender, self._make_file, self._realtime_less_ours_s)

    def _make_file(self) -> SealedFile:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return SealedFile.create(self.folder / f"{secrets.token_hex(8)}{SUFFIX}", self.key)

    def close(self) -> None:
        """Every feed; idempotent."""
        for one in list(self.feeds):
            one.close()


class Feed(asyncio.Protocol):
    """One worker's connection for one recording."""

    def __init__(self, recordings: Mapping[str, Recording], clock: Callable[[], float]) -> None:
        self._recordings = recordings
        self._clock = clock
        self._decoder = feed.Decoder()
        self._recording: Recording | None = None
        self._tracks: dict[int, Track] = {}
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Part of asyncio.Protocol."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Part of asyncio.Protocol; what cannot be read or written ends the connection."""
        try:
            for message in self._decoder.feed(data):
                self._take(message)
        except (ValueError, OSError) as error:
            self._fail(error)

    def connection_lost(self, exc: Exception | None) -> None:
        """Part of asyncio.Protocol."""
        self.close()

    def poll(self) -> None:
        """Go on by the clock."""
        now_s = self._clock()
        try:
            for ssrc, track in self._tracks.items():
                if track.poll(now_s) and self._transport is not None:
                    self._transport.write(feed.keyframe_wanted(ssrc))
        except (ValueError, OSError) as error:
            self._fail(error)

    def sync(self) -> None:
        """Make durable what was written."""
        for track in list(self._tracks.values()):
            track.sync()

    def close(self) -> None:
        """Write what is left; idempotent."""
        if self._recording is not None:
            self._recording.feeds.discard(self)
        for ssrc in list(self._tracks):
            self._end(ssrc)
        if self._transport is not None:
            self._transport.close()
            self._transport = None

    # --- internals ---

    def _take(self, message: feed.Message) -> None:
        match message:
            case feed.Rtp(arrived_s, index, packet):
                self._packet(arrived_s, index, packet)
            case feed.Rtcp(arrived_s, compound):
                self._reports(arrived_s, compound)
            case feed.Begin():
                self._begin(message)
            case feed.End(ssrc):
                self._end(ssrc)
            case feed.Hello(name) if self._recording is None and name in self._recordings:
                self._recording = self._recordings[name]
                self._recording.feeds.add(self)
            case _:
                raise ValueError("nobody asked for this")

    def _begin(self, begin: feed.Begin) -> None:
        if self._recording is None or len(self._tracks) >= TRACKS_MAX:
            raise ValueError("no recording, or too many streams")
        if begin.codec in CODECS and begin.ssrc not in self._tracks:
            self._tracks[begin.ssrc] = self._recording.begin(begin)

    def _packet(self, arrived_s: float, index: int, packet: bytes) -> None:
        length = header_length(packet)
        _, second, _, timestamp, ssrc = FIXED.unpack_from(packet)
        track = self._tracks.get(ssrc)
        if track is not None:
            is_last = bool(second & 0x80)
            track.add(Packet(index, timestamp, is_last, packet[length:], arrived_s), arrived_s)

    def _reports(self, arrived_s: float, compound: bytes) -> None:
        for packet in rtcp.parse(compound):
            if packet.kind == rtcp.SR:
                ssrc, ntp, timestamp = rtcp.sender_info(packet)
                if ssrc in self._tracks:
                    self._tracks[ssrc].clock.report(ntp, timestamp, arrived_s)

    def _end(self, ssrc: int) -> None:
        track = self._tracks.pop(ssrc, None)
        if track is not None:
            try:
                track.close()
            except (ValueError, OSError) as error:
                self._report(error)

    def _fail(self, error: Exception) -> None:
        if self._recording is not None:
            self._recording.is_broken = True
        self._report(error)
        self.close()

    def _report(self, error: Exception) -> None:
        where = traceback.format_tb(error.__traceback__)[-1].strip()
        print("recorder:", type(error).__name__, error, where, file=sys.stderr)


class Recorder:
    """Opens, polls and finishes recordings."""

    def __init__(self, clock: Callable[[], float], realtime_less_ours_s: float) -> None:
        self._clock = clock
        self._realtime_less_ours_s = realtime_less_ours_s
        self._recordings: dict[str, Recording] = {}
        self._synced_s = clock()

    def feed(self) -> Feed:
        """For a worker that connects."""
        return Feed(self._recordings, self._clock)

    def poll(self) -> None:
        """To be called every POLL_S."""
        for recording in self._recordings.values():
            for one in list(recording.feeds):
                one.poll()

    def sync(self) -> None:
        """To be called every SYNC_S, in a thread or not."""
        for recording in list(self._recordings.values()):
            for one in list(recording.feeds):
                one.sync()

    def close(self) -> None:
        """Write what is left; idempotent."""
        for recording in self._recordings.values():
            recording.close()

    async def handle(self, request: Request) -> Mapping[str, Any]:
        """The result of a request; raises MediaError."""
        match request:
            case Ping():
                return {}
            case OpenRecording(recording, key, folder):
                if recording not in self._recordings:
                    self._recordings[recording] = Recording(
                        bytes.fromhex(key), Path(folder), self._realtime_less_ours_s
                    )
                return {}
            case FinishRecording(recording, key, folder):
                opened = self._recordings.pop(recording, None)
                if opened is not None:
                    opened.close()
                files = await asyncio.to_thread(describe, Path(folder), bytes.fromhex(key))
                return {"files": files}
        raise MediaError(ErrorCode.PROTOCOL_INVALID, "not for a recorder")


def describe(folder: Path, key: bytes) -> list[dict[str, Any]]:
    """Complete every file of a folder and tell what is in it; those with nothing in are deleted."""
    found = []
    for path in sorted(folder.glob(f"*{SUFFIX}")):
        try:
            contents = complete(path, key)
        except (ValueError, KeyError) as error:
            print("recorder: a file cannot be completed:", error, file=sys.stderr)
            continue
        if contents is None:
            path.unlink()
            continue
        with SealedFile.open(path, key) as file:
            size = file.size
        track = contents.track
        found.append(
            {
                "file": path.name.removesuffix(SUFFIX),
                "peer": track.title,
                "source": track.name,
                "codec": track.codec,
                "began_ns": track.began_ns,
                "duration_ms": contents.duration_ms,
                "bytes": size,
            }
        )
    return found
