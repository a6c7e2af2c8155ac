"""Plain progress lines: set-up speaks before any library is installed."""

import shutil
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

HEAD_LINES, TAIL_LINES = 8, 20
CLEAR_LINE = "\r\x1b[K"


class SetupError(Exception):
    """Set-up cannot go on; the message says what is missing or what to do."""


def say(text: str) -> None:
    """Print one line at once, so that it keeps its place among the output of children."""
    print(text, file=_stream(), flush=True)


def _stream() -> TextIO:
    """Standard output, unless a benchmark's report is all that may stand there."""
    return sys.stderr if sys.argv[1:2] == ["bench"] else sys.stdout


@contextmanager
def step(title: str) -> Iterator[None]:
    """Announce a step of set-up and, once it is done, how long it took."""
    say(f"{title} …")
    start = time.monotonic()
    yield
    say(f"  done in {duration(time.monotonic() - start)}")


def duration(seconds: float) -> str:
    """Return `seconds` as people read it: 0.4 s, 12 s, 3 min 20 s."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def run(command: Sequence[str | Path], cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a tool quietly; a terminal sees its last line pass, a failure shows its ends."""
    head: list[str] = []
    tail: deque[str] = deque(maxlen=TAIL_LINES)
    with subprocess.Popen(
        [str(part) for part in command],
        cwd=cwd,
        env=env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        for line in process.stdout or ():
            (tail if len(head) >= HEAD_LINES else head).append(line.rstrip())
            _pass_by(line.strip())
    _pass_by("")
    if process.returncode:
        shown = " ".join(str(part) for part in command[:4])
        raise SetupError(f"{shown} … failed ({process.returncode}):\n" + "\n".join([*head, *tail]))


def _pass_by(line: str) -> None:
    if _stream().isatty():
        width = shutil.get_terminal_size().columns - 3
        print(
            f"{CLEAR_LINE}  {line[:width]}" if line else CLEAR_LINE,
            end="",
            file=_stream(),
            flush=True,
        )
