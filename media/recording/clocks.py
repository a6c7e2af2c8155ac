"""RTP timestamps on one time for all: by the senders' reports (RFC 3550 §6.4.1)."""

from collections import deque

SAMPLES = 60
SLEW_S = 0.0005
STEP_S = 0.5


class SenderClock:
    """Where one sender's own clock stands against ours: shared by all its streams.

    The quickest report of the last minute travelled with the least delay; small changes are
    followed by half a millisecond a report, so that nothing jumps.
    """

    def __init__(self) -> None:
        self._samples: deque[float] = deque(maxlen=SAMPLES)
        self._offset_s: float | None = None

    @property
    def offset_s(self) -> float | None:
        """Ours less theirs; None before the first report."""
        return self._offset_s

    def report(self, ntp_s: float, arrived_s: float) -> None:
        """Note a report's own time and its arrival."""
        if self._samples and abs(arrived_s - ntp_s - self._samples[-1]) > STEP_S:
            self._samples.clear()  # their clock was set
        self._samples.append(arrived_s - ntp_s)
        least = min(self._samples)
        if self._offset_s is None or abs(least - self._offset_s) > STEP_S:
            self._offset_s = least
        else:
            self._offset_s += max(-SLEW_S, min(least - self._offset_s, SLEW_S))


class StreamClock:
    """One stream's timestamps → seconds of our clock."""

    def __init__(self, rate: int, sender: SenderClock) -> None:
        self._rate = rate
        self._sender = sender
        self._ntp_s = 0.0
        self._timestamp: int | None = None

    @property
    def is_known(self) -> bool:
        """Whether a report came."""
        return self._timestamp is not None

    def report(self, ntp: int, timestamp: int, arrived_s: float) -> None:
        """A sender report: 64-bit NTP time and the RTP timestamp of the same instant."""
        self._ntp_s = ntp / 2**32
        self._timestamp = timestamp
        self._sender.report(self._ntp_s, arrived_s)

    def guess(self, timestamp: int, arrived_s: float) -> None:
        """Without any report: the packet was sent when it came."""
        if self._timestamp is None:
            self._timestamp = timestamp
            offset_s = self._sender.offset_s
            self._ntp_s = arrived_s - (offset_s or 0.0)
            if offset_s is None:
                self._sender.report(self._ntp_s, arrived_s)

    def seconds(self, timestamp: int) -> float:
        """Of our clock; only once known."""
        assert self._timestamp is not None
        since = (timestamp - self._timestamp + 0x80000000 & 0xFFFFFFFF) - 0x80000000
        return self._ntp_s + since / self._rate + (self._sender.offset_s or 0.0)
