"""`python -m media.recording.mix`: one film of all sources, side by side; a task on stdin.

{"key", "target", "files": [{path, name, source, codec, offset_ms, duration_ms}]} → lines of
{"progress"} and at last {"bytes", "duration_ms"}. Memory is constant: a picture of each source.
"""

import json
import math
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from io import RawIOBase
from pathlib import Path
from typing import Any

import av
from av.filter import Graph
from PIL import Image

from media.recording.sealed import SealedFile

WIDTH, HEIGHT, FPS = 960, 540, 12
RATE = 48_000
SLICE_SAMPLES = RATE // FPS
SOURCES_MAX = 32
DURATION_MS_MAX = 12 * 3600 * 1000
BACKGROUND = (16, 20, 26)
NICENESS = 10  # calls go first


class SealedStream(RawIOBase):
    """A sealed file as a file object."""

    def __init__(self, file: SealedFile) -> None:
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        """Part of RawIOBase."""
        return True

    def writable(self) -> bool:
        """Part of RawIOBase."""
        return True

    def seekable(self) -> bool:
        """Part of RawIOBase."""
        return True

    def read(self, size: int = -1) -> bytes:
        """Part of RawIOBase."""
        data = self._file.read(self._at, self._file.size if size < 0 else size)
        self._at += len(data)
        return data

    def write(self, data: Any) -> int:
        """Part of RawIOBase."""
        self._file.write(self._at, bytes(data))
        self._at += len(data)
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        """Part of RawIOBase."""
        self._at = offset + (0, self._at, self._file.size)[whence]
        return self._at

    def tell(self) -> int:
        """Part of RawIOBase."""
        return self._at


@dataclass(frozen=True, slots=True)
class Box:
    """Where a source is shown."""

    left: int
    top: int
    width: int
    height: int


def boxes(count: int) -> list[Box]:
    """Equal tiles in rows, filling the film."""
    if not count:
        return []
    columns = math.ceil(math.sqrt(count))
    rows = math.ceil(count / columns)
    width, height = WIDTH // columns // 2 * 2, HEIGHT // rows // 2 * 2
    places = (divmod(number, columns) for number in range(count))
    return [Box(column * width, row * height, width, height) for row, column in places]


class Pictures:
    """One video source, asked for ever later moments."""

    def __init__(self, container: Any, offset_ms: int, end_ms: int) -> None:
        self._frames: Iterator[Any] = container.decode(video=0)
        self._offset_ms = offset_ms
        self._end_ms = end_ms
        self._now: Any = None
        self._next: Any = next(self._frames, None)
        self._shown: tuple[Any, Box, Image.Image] | None = None

    def at(self, ms: float, box: Box) -> Image.Image | None:
        """What it shows then, fitted into the box."""
        while self._next is not None and self._offset_ms + self._next.time * 1000 <= ms:
            self._now, self._next = self._next, next(self._frames, None)
        if self._now is None or ms > self._end_ms:
            return None
        if self._shown is None or self._shown[0] is not self._now or self._shown[1] != box:
            self._shown = (self._now, box, _fitted(self._now, box))
        return self._shown[2]

    def is_on(self, ms: float) -> bool:
        """Whether it has something to show then."""
        return self._offset_ms <= ms <= self._end_ms


def _fitted(frame: Any, box: Box) -> Image.Image:
    share = min(box.width / frame.width, box.height / frame.height)
    width = max(2, round(frame.width * share) // 2 * 2)
    height = max(2, round(frame.height * share) // 2 * 2)
    image: Image.Image = frame.reformat(width, height, "rgb24").to_image()
    return image


class Sound:
    """All sound sources as one: gaps become silence, none is louder than it was."""

    def __init__(self, sources: list[tuple[Any, int]]) -> None:
        self._sources = sources
        self._frames = [container.decode(audio=0) for container, _ in sources]
        self._inputs: list[Any] = []
        self._fed_ms = [0.0] * len(sources)
        self._graph = self._build()

    def _build(self) -> Any:
        graph = Graph()
        mixer = graph.add("amix", f"inputs={len(self._sources)}:duration=longest:normalize=0")
        for number, (container, offset_ms) in enumerate(self._sources):
            start = graph.add_abuffer(template=container.streams.audio[0])
            even = graph.add("aresample", f"{RATE}:async=1000:first_pts=0")
            late = graph.add("adelay", f"delays={offset_ms}:all=1")
            start.link_to(even)
            even.link_to(late)
            late.link_to(mixer, 0, number)
            self._inputs.append(start)
        limiter = graph.add("alimiter", "limit=0.95:level=0")
        shape = graph.add("aformat", f"sample_fmts=s16:sample_rates={RATE}:channel_layouts=stereo")
        sink = graph.add("abuffersink")
        mixer.link_to(limiter)
        limiter.link_to(shape)
        shape.link_to(sink)
        graph.configure()
        self._sink = sink
        return graph

    def until(self, ms: float) -> Iterator[Any]:
        """What is mixed once every source was heard up to then."""
        for number, (_, offset_ms) in enumerate(self._sources):
            while self._fed_ms[number] <= ms and self._fed_ms[number] != math.inf:
                frame = next(self._frames[number], None)
                self._inputs[number].push(frame)
                if frame is None:
                    self._fed_ms[number] = math.inf
                else:
                    self._fed_ms[number] = offset_ms + float(frame.time) * 1000
        while True:
            try:
                yield self._sink.pull()
            except (av.error.BlockingIOError, av.error.EOFError):
                return


class Film:
    """The file that is written."""

    def __init__(self, stream: SealedStream, has_pictures: bool, has_sound: bool) -> None:
        self._container: Any = av.open(stream, "w", format="webm")
        self._video: Any = None
        self._audio: Any = None
        if has_pictures:
            options = {"deadline": "realtime", "cpu-used": "8", "b": "1200k"}
            self._video = self._container.add_stream("libvpx", rate=FPS, options=options)
            self._video.width, self._video.height = WIDTH, HEIGHT
            self._video.pix_fmt = "yuv420p"
            self._video.codec_context.gop_size = 5 * FPS
            self._video.codec_context.time_base = Fraction(1, FPS)
        if has_sound:
            self._audio = self._container.add_stream("libopus", rate=RATE)
            self._audio.layout = "stereo"

    def show(self, image: Image.Image, number: int) -> None:
        """Add a picture."""
        frame = av.VideoFrame.from_image(image)  # type: ignore[no-untyped-call]
        frame.pts, frame.time_base = number, Fraction(1, FPS)
        self._container.mux(self._video.encode(frame))

    def play(self, frame: Any) -> None:
        """Add sound."""
        self._container.mux(self._audio.encode(frame))

    def close(self) -> None:
        """Write what is left and the index."""
        for stream in (self._video, self._audio):
            if stream is not None:
                self._container.mux(stream.encode(None))
        self._container.close()


def mix(task: dict[str, Any], tell: Any) -> dict[str, int]:
    """Make the film; raises ValueError or av.error.FFmpegError."""
    key, files = bytes.fromhex(task["key"]), task["files"]
    duration_ms = max((one["offset_ms"] + one["duration_ms"] for one in files), default=0)
    if not 0 < len(files) <= SOURCES_MAX or duration_ms > DURATION_MS_MAX:
        raise ValueError("too many sources, none, or too long")
    opened = [(one, _opened(Path(one["path"]), key)) for one in files]
    pictures = [
        Pictures(container, one["offset_ms"], one["offset_ms"] + one["duration_ms"])
        for one, container in opened
        if one["codec"].startswith("V_")
    ]
    sources = [(c, one["offset_ms"]) for one, c in opened if one["codec"].startswith("A_")]
    sound = Sound(sources) if sources else None
    with SealedFile.create(Path(task["target"]), key) as target:
        film = Film(SealedStream(target), bool(pictures), sound is not None)
        total = math.ceil(duration_ms * FPS / 1000)
        for number in range(total):
            ms = number * 1000 / FPS
            if pictures:
                film.show(_picture(pictures, ms), number)
            if sound is not None:
                for frame in sound.until(ms):
                    film.play(frame)
            if number % (5 * FPS) == 0:
                tell(number / total)
        if sound is not None:
            for frame in sound.until(math.inf):
                film.play(frame)
        film.close()
        target.sync()
        return {"bytes": target.size, "duration_ms": duration_ms}


def _opened(path: Path, key: bytes) -> Any:
    return av.open(SealedStream(SealedFile.open(path, key)), "r", format="matroska")


def _picture(pictures: list[Pictures], ms: float) -> Image.Image:
    on = [one for one in pictures if one.is_on(ms)]
    film = Image.new("RGB", (WIDTH, HEIGHT), BACKGROUND)
    for one, box in zip(on, boxes(len(on)), strict=True):
        image = one.at(ms, box)
        if image is not None:
            left = box.left + (box.width - image.width) // 2
            film.paste(image, (left, box.top + (box.height - image.height) // 2))
    return film


def main() -> None:
    """Entry point."""
    os.nice(NICENESS)
    task = json.load(sys.stdin)
    made = mix(task, lambda share: print(json.dumps({"progress": share}), flush=True))
    print(json.dumps(made), flush=True)


if __name__ == "__main__":
    main()
