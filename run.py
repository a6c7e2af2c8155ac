"""The one command, and the composition root: the only file that sees everything."""

import sys
from pathlib import Path

from deploy import environment
from deploy.progress import SetupError, say

ROOT = Path(__file__).resolve().parent
if __name__ == "__main__":
    environment.enter_for(ROOT, sys.argv[1:])  # below this line the pinned packages are there

import asyncio
import tomllib
from typing import Annotated

import typer
from aiohttp import web

from deploy import addresses, certificates, client, commands, serving
from deploy.serving import Bound, Listening
from server.adapters import logging, settings
from server.adapters.clock import SystemClock
from server.adapters.settings import EVERY_INTERFACE, InvalidSettings, Settings
from server.web.headers import secure
from server.web.health import add_health
from server.web.static import add_client

application = typer.Typer(
    help="Calls, chat, documents and radiology guard of a health network, in one server.",
    add_completion=False,
    pretty_exceptions_enable=False,
)
Config = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.")]


def compose(settings: Settings, pages: Path | None = None) -> web.Application:
    """Join adapters, services and edges; what must be started and closed is the app's own."""
    app = web.Application()
    app.on_response_prepare.append(secure(settings.public_url is not None))
    add_health(app, {})
    if pages:
        add_client(app, pages)
    return app


@application.command()
def serve(config: Config = None) -> None:
    """Set up what is missing, then serve until Ctrl-C. This is what no command means."""
    chosen = settings.load(ROOT, config)
    logging.configure(chosen.log_format, chosen.log_level)
    pages = client.build(ROOT)
    folder = certificates.Folder(chosen.certs_dir)
    certificates.ensure(folder, addresses.names_and_addresses(), SystemClock().now())
    host = None if chosen.https_host == EVERY_INTERFACE else chosen.https_host
    listening = Listening(
        chosen.http_port, host, chosen.https_port, folder, drain_seconds=chosen.drain_seconds
    )
    app = compose(chosen, pages)
    asyncio.run(serving.serve(app, listening, lambda bound: _announce(chosen, bound)))
    say("Stopped.")


def _announce(chosen: Settings, bound: Bound) -> None:
    say(f"\nGuardline {_version()} is serving")
    say(f"  on this machine  http://localhost:{bound.http_port}")
    for host in addresses.reachable():
        say(f"  on the network   https://{host}:{bound.https_port}")
    if chosen.public_url:
        say(f"  for people       {chosen.public_url}")
    say("  Other devices trust it after `python3 run.py certs export FILE` and importing FILE.")
    say("  Ctrl-C stops it.\n")


def _version() -> str:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    return str(project["version"])


commands.add_to(application)


def main(arguments: list[str]) -> None:
    """Obey a command line; without a command, serve."""
    is_command = bool(arguments) and (arguments[0] == "--help" or arguments[0][0] != "-")
    try:
        application(arguments if is_command else ["serve", *arguments], prog_name="run.py")
    except (SetupError, InvalidSettings) as error:
        sys.exit(f"run.py: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
