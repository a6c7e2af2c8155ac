"""`python -m media.worker FD`: serve media until the control channel closes."""

import datetime
import gc
import resource
import signal
import socket
import sys
import time

from media.worker.control import Control
from media.worker.loop import Loop
from media.worker.service import Worker


def serve(channel: socket.socket) -> None:
    """Run a worker on this connected socket."""
    loop = Loop(time.monotonic)
    today = datetime.datetime.fromtimestamp(time.clock_gettime(time.CLOCK_REALTIME), datetime.UTC)
    Control(loop, channel, lambda emit: Worker(loop, time.monotonic, today, emit), loop.stop)
    loop.run()
    loop.close()


def main() -> None:
    """Entry point."""
    # The pool decides when a worker ends; a terminal's interrupt reaches the pool as well.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    channel = socket.socket(fileno=int(sys.argv[1]))
    # What was imported lives for ever: collections need not look at it (pauses hurt audio).
    gc.collect()
    gc.freeze()
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))  # a connection is a descriptor
    serve(channel)


if __name__ == "__main__":
    main()
