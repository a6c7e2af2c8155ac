"""What a person reads once the server listens: addresses, and who may sign in."""

from deploy import addresses, logins
from deploy.progress import say
from deploy.serving import Bound
from server.adapters.settings import EVERY_INTERFACE, Settings
from server.services.training import SandboxAddress


def announce(chosen: Settings, version: str, bound: Bound, sandbox: SandboxAddress | None) -> None:
    """Print it."""
    say(f"\nGuardline {version} is serving")
    say(f"  on this machine  http://localhost:{bound.http_port}")
    for host in _hosts(chosen):
        say(f"  on the network   https://{host}:{bound.https_port}")
    if chosen.public_url:
        say(f"  for people       {chosen.public_url}")
    if sandbox is not None:
        say(f"  for training     {sandbox.url or f'http://localhost:{sandbox.http_port}'}")
    say("  Other devices trust it after `python3 run.py certs export FILE` and importing FILE.")
    if chosen.is_demo:
        logins.show(chosen.data_dir)
    say("  Ctrl-C stops it.\n")


def _hosts(chosen: Settings) -> list[str]:
    everywhere = chosen.https_host == EVERY_INTERFACE
    return addresses.reachable() if everywhere else [chosen.https_host]
