"""`python -m media.recording SOCKET FD`: record until the control channel closes."""

import asyncio
import signal
import socket
import sys
import time
from pathlib import Path

from media.protocol import ErrorCode, Failure, FromWorker, MediaError, Reply
from media.recording.recorder import POLL_S, SYNC_S, Recorder
from media.wire import FrameDecoder, ProtocolError, decode_request, encode_from_worker

READ_BYTES = 64 * 1024


async def serve(path: Path, channel: socket.socket) -> None:
    """Listen for workers on the path, obey the channel."""
    realtime_less_monotonic_s = time.clock_gettime(time.CLOCK_REALTIME) - time.monotonic()
    recorder = Recorder(time.monotonic, realtime_less_monotonic_s)
    loop = asyncio.get_running_loop()
    server = await loop.create_unix_server(recorder.feed, str(path))
    reader, writer = await asyncio.open_unix_connection(sock=channel)
    async with server:
        tending = asyncio.create_task(_tend(recorder))
        try:
            await _obey(recorder, reader, writer)
        finally:
            tending.cancel()
            await asyncio.gather(tending, return_exceptions=True)
            recorder.close()
            writer.close()


async def _obey(
    recorder: Recorder, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> None:
    decoder = FrameDecoder()
    async with asyncio.TaskGroup() as requests:
        while data := await reader.read(READ_BYTES):
            try:
                messages = decoder.feed(data)
            except ProtocolError:
                return
            for message in messages:
                requests.create_task(_answer(recorder, message, writer))


async def _answer(
    recorder: Recorder, message: dict[str, object], writer: asyncio.StreamWriter
) -> None:
    answer: FromWorker
    try:
        number, request = decode_request(message)
    except ProtocolError as error:
        print("recorder:", error, file=sys.stderr)
        return
    try:
        answer = Reply(number, await recorder.handle(request))
    except MediaError as error:
        answer = Failure(number, error.code, error.message)
    except Exception as error:  # one recording must not end the others
        print("recorder:", repr(error), file=sys.stderr)
        answer = Failure(number, ErrorCode.MEDIA_UNAVAILABLE, type(error).__name__)
    writer.write(encode_from_worker(answer))


async def _tend(recorder: Recorder) -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    polls = 0
    while True:
        await asyncio.wait({never}, timeout=POLL_S)
        recorder.poll()
        polls += 1
        if polls % round(SYNC_S / POLL_S) == 0:
            recorder.sync()


def main() -> None:
    """Entry point."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    path, descriptor = Path(sys.argv[1]), int(sys.argv[2])
    asyncio.run(serve(path, socket.socket(fileno=descriptor)))


if __name__ == "__main__":
    main()
