"""The one command: sets up what is missing, then obeys."""

import sys
from pathlib import Path

from deploy import environment
from deploy.progress import SetupError, say

ROOT = Path(__file__).resolve().parent
if __name__ == "__main__":
    environment.enter_for(ROOT, sys.argv[1:])  # below this line the pinned packages are there

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import typer

from deploy import (
    addresses,
    announcing,
    certificates,
    client,
    commands,
    operators,
    serving,
    version,
)
from deploy.composition import compose
from deploy.foundation import base, prepare
from deploy.joining import Beyond
from deploy.serving import Bound, Listening
from media.protocol import MediaError
from server.adapters import logging, settings
from server.adapters.clock import SystemClock
from server.adapters.settings import EVERY_INTERFACE, InvalidSettings, Settings
from server.services.provisioning import Provisioning
from server.services.training import SandboxAddress

application = typer.Typer(
    help="Calls, chat, documents and radiology guard of a health network, in one server.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
Config = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.")]


@application.command()
def serve(config: Config = None) -> None:
    """Set up what is missing, then serve until Ctrl-C. This is what no command means."""
    chosen = settings.load(ROOT, config)
    logging.configure(chosen.log_format, chosen.log_level)
    pages = client.build(ROOT)
    folder = certificates.Folder(chosen.certs_dir)
    certificates.ensure(folder, addresses.names_and_addresses(), SystemClock().now())
    asyncio.run(_serve(chosen, pages))
    say("Stopped.")


async def _serve(chosen: Settings, pages: Path) -> None:
    await prepare(chosen)
    beyond, served = None, []
    if chosen.has_training:
        inner = chosen.for_training()
        await prepare(inner, is_sandbox=True)
        beyond = Beyond(compose(inner, pages, is_sandbox=True), SandboxAddress(inner.public_url))
        served.append((beyond.app, _listening(inner)))
    served.append((compose(chosen, pages, beyond=beyond), _listening(chosen)))

    def announce(bound: Sequence[Bound]) -> None:
        if beyond is not None:
            beyond.address.http_port = bound[0].http_port
            beyond.address.https_port = bound[0].https_port
        announcing.announce(chosen, version.of(ROOT), bound[-1], beyond.address if beyond else None)

    await serving.serve(served, announce)


def _listening(chosen: Settings) -> Listening:
    host = None if chosen.https_host == EVERY_INTERFACE else chosen.https_host
    folder = certificates.Folder(chosen.certs_dir)
    return Listening(
        chosen.http_port, host, chosen.https_port, folder, drain_seconds=chosen.drain_seconds
    )


@asynccontextmanager
async def _desk(config: Path | None) -> AsyncIterator[operators.Desk]:
    """What the operator's commands work on: the same database as the server's."""
    chosen = settings.load(ROOT, config)
    await prepare(chosen)
    core = base(chosen)
    await core.keys.refresh()
    people = Provisioning(core.database, core.clock, core.fresh, core.administration, core.tokens)
    try:
        yield operators.Desk(people, core.audit)
    finally:
        await core.database.close()


commands.add_to(application)
operators.add_to(application, _desk)


def main(arguments: list[str]) -> None:
    """Obey a command line; without a command, serve."""
    is_command = bool(arguments) and (arguments[0] == "--help" or arguments[0][0] != "-")
    try:
        application(arguments if is_command else ["serve", *arguments], prog_name="run.py")
    except (SetupError, InvalidSettings) as error:
        sys.exit(f"run.py: {error}")
    except MediaError as error:
        sys.exit(f"run.py: media does not start, look at MEDIA_ADDRESS and MEDIA_PORT: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
