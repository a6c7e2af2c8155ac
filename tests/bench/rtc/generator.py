"""Publishers and subscribers on one loop; driven by commands, one JSON object a line."""

import json
import os
import select
import sys
import time
from array import array
from collections.abc import Iterator
from typing import Any

from tests.bench.rtc.bulk import Sink
from tests.bench.rtc.bulk import dropped as dropped_by
from tests.bench.rtc.publisher import Publisher
from tests.bench.rtc.sdp import session as sdp_session
from tests.bench.rtc.secure import Certificate
from tests.bench.rtc.subscriber import Subscriber
from tests.bench.rtc.transport import LOOPBACK

DRAIN_S = 0.5
DRAIN_MAX_S = 6.0
TICK_S = 0.05
WARM_S = 0.5
SINK_S = 0.01


class Generator:
    """One command at a time; media flows while the next is awaited."""

    def __init__(self) -> None:
        self._certificate = Certificate()
        self._publishers: dict[str, Publisher] = {}
        self._subscribers: dict[str, Subscriber] = {}
        self._address = LOOPBACK
        self._next_tick = 0.0
        self._left = b""
        self._window_from: dict[tuple[int, int], int] = {}
        self._counting_since = 0.0
        self._sink: Sink | None = None
        self._next_sink = 0.0

    def serve(self) -> None:
        """Answer commands until standard input ends."""
        while True:
            for line in self._lines():
                command = json.loads(line)
                try:
                    answer = getattr(self, "do_" + command.pop("op"))(**command)
                except Exception as error:
                    answer = {"error": f"{type(error).__name__}: {error}"}
                sys.stdout.write(json.dumps(answer) + "\n")
                sys.stdout.flush()

    def _lines(self) -> Iterator[bytes]:
        if sys.stdin.fileno() not in self._turn(extra=[sys.stdin.fileno()]):
            return
        data = os.read(sys.stdin.fileno(), 1 << 20)
        if not data:
            sys.exit(0)
        *lines, self._left = (self._left + data).split(b"\n")
        yield from lines

    # --- commands ---

    def do_bind(self, address: str) -> dict[str, Any]:
        """Where the sockets of transports yet to be made are bound."""
        self._address = address
        return {}

    def do_publish(
        self, peer: str, setup: str = "actpass", video: bool = True, number: int | None = None
    ) -> dict[str, Any]:
        """A publisher's offer."""
        number = len(self._publishers) if number is None else number
        publisher = Publisher(number, self._certificate, setup, video, self._address)
        self._publishers[peer] = publisher
        return {"sdp": publisher.offer(), "sources": publisher.sources(), "number": number}

    def do_published(self, peer: str, sdp: str) -> dict[str, Any]:
        """The server's answer to a publisher."""
        self._publishers[peer].answered(sdp)
        return {}

    def do_subscribe(self, peer: str, sdp: str) -> dict[str, Any]:
        """The subscriber's answer to the server's offer."""
        known = self._subscribers.get(peer)
        if known is not None and known.session not in ("", sdp_session(sdp)):
            known.transport.close()  # the server began a connection afresh
            known = None
        if known is None:  # a certificate of its own, as a browser's connections have
            known = Subscriber(Certificate(), "active", self._address)
            self._subscribers[peer] = known
        known.session = sdp_session(sdp)
        return {"sdp": known.offered(sdp)}

    def do_subscribe_offer(self, peer: str, kinds: list[str]) -> dict[str, Any]:
        """A subscriber's own offer, for a server that does not offer."""
        subscriber = self._subscribers[peer] = Subscriber(
            self._certificate, "active", self._address
        )
        return {"sdp": subscriber.offer(kinds)}

    def do_subscribed(self, peer: str, sdp: str) -> dict[str, Any]:
        """The server's answer to a subscriber's own offer."""
        self._subscribers[peer].answered(sdp)
        return {}

    def do_connect(self, timeout: float = 10.0) -> dict[str, Any]:
        """Wait until every transport is up; an error names those that are not."""
        deadline = time.monotonic() + timeout
        everyone = self._everyone()
        while missing := [(k, v) for k, v in everyone if not v.transport.is_connected]:
            if time.monotonic() > deadline:
                return {"error": f"not connected: {[_state(*one) for one in missing]}"}
            self._turn()
        secures = [peer.transport.secure for _, peer in everyone]
        return {"profiles": sorted({secure.profile for secure in secures if secure})}

    def do_start(
        self, multiplier: float = 1.0, paced: bool = False, peer: str | None = None
    ) -> dict[str, Any]:
        """Every publisher, or this one, sends until `stop`."""
        now = time.monotonic()
        for name, publisher in self._publishers.items():
            if peer in (None, name):
                publisher.begin(now, multiplier, paced)
        return {}

    def do_stop(self) -> dict[str, Any]:
        """No publisher sends."""
        for publisher in self._publishers.values():
            publisher.stop()
        return {}

    def do_count(self) -> dict[str, Any]:
        """Count at each subscriber every packet sent from now on."""
        self._window_from = self._sent()
        for subscriber in self._subscribers.values():
            subscriber.reset(self._window_from)
        self._counting_since = time.monotonic()
        return {}

    def do_counted(self, expect: dict[str, list[int]] | None = None) -> dict[str, Any]:
        """End the count and say what arrived; expect: subscriber → publishers it should see."""
        window_to = self._sent()
        elapsed_s = time.monotonic() - self._counting_since
        self._run_for(DRAIN_S)
        return self._result(window_to, elapsed_s, expect)

    def do_probe(
        self,
        multiplier: float,
        paced: bool,
        seconds: float,
        expect: dict[str, list[int]],
    ) -> dict[str, Any]:
        """What arrives of this load, counted and not opened."""
        called = time.monotonic()
        self._sink = Sink()
        self.do_start(multiplier, paced)
        self._run_for(WARM_S)
        self.do_stop()
        self._drain()
        self.do_count()
        dropped = sum(dropped_by(s.transport.socket) for s in self._subscribers.values())
        began = time.monotonic()
        self.do_start(multiplier, paced)
        self._run_for(seconds)
        self.do_stop()
        elapsed_s = time.monotonic() - began
        self._drain()
        self._sink = None
        sent: dict[int, int] = {}
        for (publisher, stream), count in self._sent().items():
            since = count - self._window_from[publisher, stream]
            sent[publisher] = sent.get(publisher, 0) + since
        return {
            "seconds": elapsed_s,
            "sent": sum(sent.values()),
            "due": sum(sent[number] for watched in expect.values() for number in watched),
            "received": sum(subscriber.packets for subscriber in self._subscribers.values()),
            "dropped": sum(dropped_by(s.transport.socket) for s in self._subscribers.values())
            - dropped,
            "wall": time.monotonic() - called,
        }

    def do_wait(self, seconds: float) -> dict[str, Any]:
        """Go on for a while."""
        self._run_for(seconds)
        return {}

    def do_remove(self, peer: str, subscriber_only: bool = False) -> dict[str, Any]:
        """Close the transports of a peer."""
        publisher = None if subscriber_only else self._publishers.pop(peer, None)
        for gone in (publisher, self._subscribers.pop(peer, None)):
            if gone is not None:
                gone.transport.close()
        return {}

    # --- internals ---

    def _everyone(self) -> list[tuple[str, Publisher | Subscriber]]:
        return [*self._publishers.items(), *self._subscribers.items()]

    def _sent(self) -> dict[tuple[int, int], int]:
        streams = [(p, s) for p in self._publishers.values() for s in (p.audio, p.video) if s]
        return {(p.number, s.number): s.count for p, s in streams}

    def _run_for(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._turn()

    def _drain(self) -> None:
        """Until nothing has come for a while: a busy server's backlog may last."""
        deadline = time.monotonic() + DRAIN_MAX_S
        before = -1
        while time.monotonic() < deadline:
            count = sum(subscriber.packets for subscriber in self._subscribers.values())
            if count == before:
                return
            before = count
            self._run_for(DRAIN_S)

    def _turn(self, extra: list[int] | None = None) -> set[int]:
        everyone = [peer for _, peer in self._everyone()]
        now = time.monotonic()
        due = min((p.send_due(now) for p in self._publishers.values()), default=now + 1)
        if now >= self._next_tick:
            self._next_tick = now + TICK_S
            for peer in everyone:
                peer.transport.tick(now)
            for subscriber in self._subscribers.values():
                subscriber.report(now)
        if self._sink is not None:
            self._turn_sink(self._sink, now)
            due = min(due, self._next_sink)
        wait_s = max(0.0, min(due, self._next_tick) - time.monotonic())
        listening = everyone if self._sink is None else self._publishers.values()
        by_fd = {peer.transport.socket.fileno(): peer for peer in listening}
        readable, _, _ = select.select([*by_fd, *(extra or [])], [], [], wait_s)
        for fd in readable:
            if fd in by_fd:
                by_fd[fd].receive()
        return set(readable)

    def _turn_sink(self, sink: Sink, now: float) -> None:
        """Empty every subscriber's socket, seldom: its buffer holds many times what comes."""
        if now >= self._next_sink:
            self._next_sink = now + SINK_S
            for subscriber in self._subscribers.values():
                subscriber.sink(sink)

    def _result(
        self,
        window_to: dict[tuple[int, int], int],
        elapsed_s: float,
        expect: dict[str, list[int]] | None,
    ) -> dict[str, Any]:
        numbers = {key[0] for key in window_to}
        sent = {key: end - self._window_from.get(key, end) for key, end in window_to.items()}
        latencies = array("q")
        due = received = duplicates = 0
        missing: dict[str, int] = {}
        for name, subscriber in self._subscribers.items():
            publishers = expect.get(name, []) if expect is not None else numbers
            wanted = {key: count for key, count in sent.items() if key[0] in publishers}
            got = {k: subscriber.arrived_before(k, window_to[k]) for k in wanted}
            due += sum(wanted.values())
            received += sum(got.values())
            missing[name] = sum(wanted.values()) - sum(got.values())
            duplicates += subscriber.duplicates
            latencies.extend(subscriber.latencies_us)
        ordered = sorted(latencies)
        return {
            "seconds": elapsed_s,
            "sent": sum(sent.values()),
            "due": due,
            "received": received,
            "missing": {name: count for name, count in missing.items() if count},
            "duplicates": duplicates,
            "refused": sum(p.refused for p in self._publishers.values()),
            "undecryptable": sum(s.undecryptable for s in self._subscribers.values()),
            "loss": 1 - received / due if due else 0.0,
            "latency_us": {q: _quantile(ordered, q / 100) for q in (50, 95, 99)},
            "round_trip_ms": _median(
                [ms for s in self._subscribers.values() for ms in s.transport.round_trips_ms]
            ),
        }


def _quantile(ordered: list[int], share: float) -> int | None:
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))] if ordered else None


def _median(values: list[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None


def _state(name: str, end: Publisher | Subscriber) -> str:
    """How far a connection came, for whoever must find out why it came no further."""
    transport = end.transport
    steps = {
        "described": transport.remote is not None,
        "nominated": transport.is_nominated,
        "secured": transport.is_connected,
    }
    reached = [step for step, is_done in steps.items() if is_done] or ["nothing"]
    return f"{name} {type(end).__name__.lower()}: {reached[-1]}"
