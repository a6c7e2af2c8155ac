"""A listener that remembers, and waiting for a condition with a deadline."""

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from media.pool import MediaPool

LOOPBACK = [("127.0.0.1", "127.0.0.1")]


async def until(condition: Callable[[], object], timeout_s: float = 10.0) -> None:
    """Return once the condition holds; fail at the deadline."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, f"never held within {timeout_s} s"
        await asyncio.sleep(0.005)


class Listener:
    def __init__(self) -> None:
        self.offers: list[tuple[str, str, int, str, dict[str, tuple[str, str]]]] = []
        self.lost: list[tuple[str, str, str]] = []
        self.resets: list[str] = []
        self.reset_at: dict[str, float] = {}

    def subscribe_offer(
        self,
        room: str,
        peer: str,
        negotiation: int,
        sdp: str,
        tracks: Mapping[str, tuple[str, str]],
    ) -> None:
        self.offers.append((room, peer, negotiation, sdp, dict(tracks)))

    def speakers(self, room: str, levels: Sequence[tuple[str, int]]) -> None:
        pass

    def quality(self, room: str, peer: str, stats: Mapping[str, float]) -> None:
        pass

    def encodings_wanted(self, room: str, peer: str, source: str, count: int) -> None:
        pass

    def pictures_paused(self, room: str, peer: str, pictures: object) -> None:
        pass

    def peer_lost(self, room: str, peer: str, reason: str) -> None:
        self.lost.append((room, peer, reason))

    def room_reset(self, room: str) -> None:
        self.resets.append(room)
        self.reset_at[room] = time.monotonic()


def processes(pool: MediaPool) -> list[dict[str, Any]]:
    described = pool.describe()["processes"]
    assert isinstance(described, list)
    return described


def pids(pool: MediaPool) -> list[int]:
    return [process["pid"] for process in processes(pool) if process["pid"] is not None]


def is_alive(pid: int) -> bool:
    """Whether the process exists and is not a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def log() -> Any:
    return structlog.get_logger("media")
