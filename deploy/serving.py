"""Listening: plain HTTP on loopback, HTTPS for the network, until a signal; then draining."""

import asyncio
import errno
import signal
import ssl
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from aiohttp import web

from deploy import addresses
from deploy.certificates import Folder
from deploy.progress import SetupError

READ_BUFFER = 1 << 20  # bytes per connection; the default of 64 KiB slows uploads down


@dataclass(frozen=True, slots=True)
class Listening:
    """Where to listen; a port of 0 takes a free one, None as host every interface."""

    http_port: int
    https_host: str | None
    https_port: int
    certificates: Folder
    drain_seconds: float


@dataclass(frozen=True, slots=True)
class Bound:
    """The ports that were taken."""

    http_port: int
    https_port: int


Served = tuple[web.Application, Listening]


async def serve(served: Sequence[Served], announce: Callable[[Sequence[Bound]], None]) -> None:
    """Serve until SIGINT or SIGTERM, then let what is under way end within the drain time."""
    runners = [
        web.AppRunner(
            app,
            access_log=None,
            shutdown_timeout=listening.drain_seconds,
            read_bufsize=READ_BUFFER,
        )
        for app, listening in served
    ]
    with _stop_signal() as stopped:
        try:
            bound = []
            for runner, (_, listening) in zip(runners, served, strict=True):
                await runner.setup()
                bound.append(await _listen(runner, listening))
            announce(bound)
            await stopped.wait()
        finally:
            await asyncio.gather(*(runner.cleanup() for runner in runners))


async def _listen(runner: web.AppRunner, listening: Listening) -> Bound:
    tls = tls_context(listening.certificates)
    http = await _bind(runner, "HTTP_PORT", "127.0.0.1", listening.http_port)
    if "::1" in map(str, addresses.local_addresses()):  # browsers may try it first for localhost
        await _bind(runner, "HTTP_PORT", "::1", http)
    https = await _bind(
        runner, "HTTPS_PORT", listening.https_host, listening.https_port, ssl_context=tls
    )
    return Bound(http, https)


async def _bind(
    runner: web.AppRunner,
    setting: str,
    host: str | None,
    port: int,
    ssl_context: ssl.SSLContext | None = None,
) -> int:
    site = web.TCPSite(runner, host, port, ssl_context=ssl_context)
    try:
        await site.start()
    except OSError as error:
        if error.errno not in {errno.EADDRINUSE, errno.EACCES, errno.EADDRNOTAVAIL}:
            raise
        place = f"{host or 'every interface'}, port {port}"
        raise SetupError(f"cannot listen on {place}: {error.strerror}; set {setting}") from error
    taken: int = runner.addresses[-1][1]
    return taken


def tls_context(folder: Folder) -> ssl.SSLContext:
    """Return the TLS side of HTTPS: 1.2 or newer, the server's certificate with its chain."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(folder.server, folder.server_key)
    return context


@contextmanager
def _stop_signal() -> Iterator[asyncio.Event]:
    """Yield what the first signal sets; a second one ends the process at once."""
    loop, stopped = asyncio.get_running_loop(), asyncio.Event()
    signals = (signal.SIGINT, signal.SIGTERM)

    def stop() -> None:
        stopped.set()
        for number in signals:
            loop.remove_signal_handler(number)

    for number in signals:
        loop.add_signal_handler(number, stop)
    try:
        yield stopped
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
