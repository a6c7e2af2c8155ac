"""One source into one file: ordered, timed, gathered into clusters, sealed."""

from collections.abc import Callable
from pathlib import Path

from media.recording import matroska
from media.recording.clocks import SenderClock, StreamClock
from media.recording.depacketizers import (
    Depacketizer,
    Encoded,
    OpusDepacketizer,
    Vp8Depacketizer,
)
from media.recording.feed import Begin
from media.recording.matroska import Frame
from media.recording.sealed import SealedFile
from media.recording.sequencer import Packet, Sequencer

CLUSTER_MS = 1000
CLUSTER_BYTES = 1024 * 1024
REPORT_WAIT_S = 6.0
HELD_BYTES_MAX = 8 * 1024 * 1024
KEYFRAME_EVERY_S = 20.0  # else nobody could seek: browsers send one only when asked
KEYFRAME_RETRY_S = 1.0
PATIENCE_VIDEO_S = 0.6  # as long as packets are asked for again
PATIENCE_AUDIO_S = 0.2
CODECS = {"vp8": "V_VP8", "opus": "A_OPUS"}


class Track:
    """Memory is bounded: what waits for order, for the first report and for its cluster."""

    def __init__(
        self,
        begin: Begin,
        sender: SenderClock,
        make_file: Callable[[], SealedFile],
        realtime_less_ours_s: float,
    ) -> None:
        """`make_file` is called with the first frame. Raises KeyError for unknown codecs."""
        self._codec = CODECS[begin.codec]
        self._begin = begin
        self._make_file = make_file
        self._realtime_less_ours_s = realtime_less_ours_s
        is_video = begin.codec == "vp8"
        self._sequencer = Sequencer(PATIENCE_VIDEO_S if is_video else PATIENCE_AUDIO_S)
        self._frames: Depacketizer = Vp8Depacketizer() if is_video else OpusDepacketizer()
        self._is_video = is_video
        self.clock = StreamClock(begin.clock_rate, sender)
        self._held: list[Encoded] = []
        self._held_bytes = 0
        self._gathered: list[Frame] = []
        self._gathered_bytes = 0
        self._file: SealedFile | None = None
        self._began_s = 0.0
        self._last_ms = 0
        self._asked_s = float("-inf")

    def add(self, packet: Packet, now_s: float) -> None:
        """Take a packet; raises OSError when the disk refuses."""
        self._sequencer.add(packet)
        self._take(self._sequencer.take(now_s), now_s)

    def poll(self, now_s: float) -> bool:
        """Go on by the clock; whether a key frame should be asked for now."""
        self._take(self._sequencer.take(now_s), now_s)
        if (
            self._gathered
            and (now_s - self._began_s) * 1000 - self._gathered[0].at_ms > 2 * CLUSTER_MS
        ):
            self._write()
        if not self._is_video:
            return False
        wait_s = KEYFRAME_RETRY_S if self._frames.needs_key else KEYFRAME_EVERY_S
        if now_s - self._asked_s < wait_s:
            return False
        self._asked_s = now_s
        return True

    def sync(self) -> None:
        """Make durable what was written."""
        if self._file is not None:
            self._file.sync()

    def close(self) -> None:
        """Write what is gathered; idempotent."""
        self._take(self._sequencer.flush(), float("inf"))
        self._release(float("inf"))
        self._write()
        if self._file is not None:
            self._file.close()
            self._file = None

    # --- internals ---

    def _take(self, packets: list[Packet | None], now_s: float) -> None:
        for packet in packets:
            frame = self._frames.add(packet)
            if frame is None:
                continue
            if frame.is_key and self._is_video:
                self._asked_s = max(self._asked_s, frame.arrived_s)
            self._held.append(frame)
            self._held_bytes += len(frame.data)
        self._release(now_s)

    def _release(self, now_s: float) -> None:
        """Write what was held until its time is known."""
        if not self._held:
            return
        if not self.clock.is_known:
            first = self._held[0]
            is_patient = now_s - first.arrived_s < REPORT_WAIT_S
            if is_patient and self._held_bytes < HELD_BYTES_MAX:
                return
            self.clock.guess(first.timestamp, first.arrived_s)
        for frame in self._held:
            self._place(frame)
        self._held = []
        self._held_bytes = 0

    def _place(self, frame: Encoded) -> None:
        at_s = self.clock.seconds(frame.timestamp)
        if self._file is None:
            self._open(frame, at_s)
        at_ms = max(self._last_ms, round((at_s - self._began_s) * 1000))
        self._last_ms = at_ms
        first = self._gathered[0].at_ms if self._gathered else at_ms
        is_full = at_ms - first >= CLUSTER_MS or self._gathered_bytes >= CLUSTER_BYTES
        if is_full or (frame.is_key and self._is_video):
            self._write()
        self._gathered.append(Frame(at_ms, frame.is_key, frame.data))
        self._gathered_bytes += len(frame.data)

    def _open(self, frame: Encoded, at_s: float) -> None:
        self._began_s = at_s
        began_ns = round((at_s + self._realtime_less_ours_s) * 1e9)
        begin = self._begin
        track = matroska.Track(
            self._codec, begin.source, begin.peer, began_ns, frame.width, frame.height
        )
        self._file = self._make_file()
        self._file.append(matroska.head(track))

    def _write(self) -> None:
        if self._gathered and self._file is not None:
            self._file.append(matroska.cluster(self._gathered))
        self._gathered = []
        self._gathered_bytes = 0


def complete(path: Path, key: bytes) -> matroska.Contents | None:
    """Give a file its length and its index, cutting off a torn end; None when nothing is in it.

    Idempotent; raises OSError, or ValueError for a file that is not ours.
    """
    with SealedFile.open(path, key, to_write=True) as file:
        if not file.size:
            return None
        contents = matroska.look_through(file.read, file.size)
        if not contents.duration_ms:
            return None
        head, index = matroska.completed(contents)
        file.truncate(contents.end)
        file.append(index)
        file.sync()
        file.replace_head(head)
        return contents
