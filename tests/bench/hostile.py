"""Malformed datagrams of every kind, and what they do to somebody else's call.

`python3 run.py bench hostile [--count N] [--kinds stun,tcp] [--who peer,keyed]`: a million of
each kind from a stranger, from a rightful peer and, for RTP and RTCP, under that peer's own keys.
A call in another room is counted and timed meanwhile, and between the floods for comparison.
"""

import asyncio
import re
import statistics
from collections.abc import Sequence
from typing import Any

from tests.bench.media_sides import EVERYTHING
from tests.bench.process import pin, resident_mib
from tests.bench.report import compare, row, table, tell
from tests.media.fuzz.flooder import FlooderProcess
from tests.media.fuzz.kinds import KEYED, KINDS
from tests.media.fuzz.witness import Witness, witness

ROOM, PEER = "attacked", "intruder"
WHO = ("stranger", "peer", "keyed")
ROUNDS = 5


def run(
    seconds: float,
    count: int = 1_000_000,
    kinds: str = ",".join(KINDS),
    who: str = ",".join(WHO),
) -> dict[str, Any]:
    """Flood with so many of each kind; the quiet between rounds lasts `seconds` / 5."""
    results = asyncio.run(_run(seconds / ROUNDS, count, kinds.split(","), who.split(",")))
    table(results)
    return {"results": results, "count": count}


async def _run(
    quiet_s: float, count: int, kinds: Sequence[str], intruders: Sequence[str]
) -> list[Any]:
    results: list[Any] = []
    async with witness() as beside:
        await asyncio.sleep(quiet_s)
        for kind in kinds:
            for who in intruders:
                if who != "keyed" or kind in KEYED:
                    results += await _flood(beside, who, kind, count, quiet_s)
        results.append(
            row("workers that died", "", beside.pool.describe()["worker_restarts"])  # type: ignore[arg-type]
        )
    return results


async def _flood(beside: Witness, who: str, kind: str, count: int, quiet_s: float) -> list[Any]:
    title = f"{kind} from {'a stranger' if who == 'stranger' else 'a peer'}"
    title += " under its keys" if who == "keyed" else ""
    tell(f"— {title}")
    memory = [resident_mib(beside.side.pid)]
    quiet: list[dict[str, Any]] = []
    loud: list[dict[str, Any]] = []
    sent = 0
    async with await FlooderProcess.start() as flooder:
        pin(flooder.pid, 1)
        port = await _prepare(beside, flooder, tcp=kind == "tcp")
        for _ in range(ROUNDS):
            quiet.append(await _counted(beside, flooder, "idle", seconds=quiet_s))
            loud.append(
                await _counted(
                    beside, flooder, "flood", who=who, kind=kind, count=count // ROUNDS, port=port
                )
            )
            sent += loud[-1]["sent"]
            memory.append(resident_mib(beside.side.pid))
    await beside.pool.leave(ROOM, PEER)
    return _rows(title, quiet, loud, memory, sent)


def _rows(
    title: str,
    quiet: list[dict[str, Any]],
    loud: list[dict[str, Any]],
    memory: list[float],
    sent: int,
) -> list[Any]:
    def latency(of: list[dict[str, Any]], quantile: str) -> float:
        return float(statistics.median(one["latency_us"][quantile] for one in of)) / 1000

    flooded_s = sum(one["seconds"] for one in loud)
    due, received = (sum(one[key] for one in loud) for key in ("due", "received"))
    # The first round warms caches and pools: what grows after it would grow for ever.
    growth = (memory[-1] - memory[1]) / max(1, sent * (ROUNDS - 1) / ROUNDS) * 1e6
    found = [
        row(f"{title}: datagrams", "", sent),
        row(f"{title}: rate", "1/s", sent / flooded_s),
        row(f"{title}: loss of others", "%", 100 * (1 - received / due)),
        row(f"{title}: memory gained in all", "MiB", memory[-1] - memory[0]),
        row(f"{title}: memory gained per million after the first fifth", "MiB", growth),
    ]
    for quantile in ("50", "99"):
        values = {"flooded": latency(loud, quantile), "quiet": latency(quiet, quantile)}
        found += compare(f"{title}: latency of others p{quantile}", "ms", values)
    table(found)
    return found


async def _prepare(beside: Witness, flooder: FlooderProcess, tcp: bool) -> int:
    """The peer joins and connects; the port to flood."""
    offer = await flooder.ask("offer")
    await beside.pool.join(ROOM, PEER, EVERYTHING, False)
    answer = await beside.pool.publish(ROOM, PEER, offer["sdp"], offer["sources"])
    await flooder.ask("connect", sdp=answer)
    if not tcp:
        return beside.port
    found = re.search(r"candidate:\S+ 1 tcp \d+ 127\.0\.0\.1 (\d+) .*passive", answer, re.I)
    assert found is not None, answer
    return int(found[1])


async def _counted(
    beside: Witness, flooder: FlooderProcess, op: str, **values: Any
) -> dict[str, Any]:
    dropped = beside.kernel_drops()
    await beside.side.generator.ask("count")
    done = await flooder.ask(op, **values)
    counted = await beside.side.generator.ask("counted")
    return counted | done | {"dropped": beside.kernel_drops() - dropped}
