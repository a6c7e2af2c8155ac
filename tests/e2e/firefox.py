"""Firefox ESR with a fake camera, driven through Marionette."""

from __future__ import annotations

import socket
import subprocess
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.servers.process import free_port

with warnings.catch_warnings():  # its own imports are old
    warnings.simplefilter("ignore", DeprecationWarning)
    from marionette_driver.by import By
    from marionette_driver.keys import Keys
    from marionette_driver.marionette import Marionette

__all__ = ["By", "Keys", "Marionette", "evaluate", "firefox"]

START_SECONDS = 60.0

_PREFERENCES: dict[str, str | int | bool] = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.navigator.permission.fake": True,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "media.autoplay.blocking_policy": 0,
    "media.getusermedia.insecure.enabled": True,
    "media.gmp-manager.updateEnabled": False,
    "intl.accept_languages": "fr",
    "browser.shell.checkDefaultBrowser": False,
    "browser.startup.homepage_override.mstone": "ignore",
    "datareporting.policy.dataSubmissionEnabled": False,
    "toolkit.telemetry.enabled": False,
    "app.update.enabled": False,
    "extensions.update.enabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "services.settings.server": "data:,#remote-settings-dummy/v1",
    "browser.safebrowsing.malware.enabled": False,
    "browser.safebrowsing.phishing.enabled": False,
}


@contextmanager
def firefox(program: str, home: Path) -> Iterator[Marionette]:
    """A headless Firefox with an empty profile under `home`."""
    port = free_port()
    home.mkdir(parents=True, exist_ok=True)
    preferences = _PREFERENCES | {"marionette.port": port}
    lines = [f"user_pref({name!r}, {_js(value)});" for name, value in preferences.items()]
    (home / "user.js").write_text("\n".join(lines).replace("'", '"'))
    with (home / "firefox.log").open("wb") as log:
        process = subprocess.Popen(
            [program, "--headless", "--no-remote", "--marionette", "--profile", str(home)],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
        )
    client = Marionette(host="127.0.0.1", port=port)
    try:
        _wait_for(port)
        client.start_session()
        client.timeout.script = 30
        yield client
    finally:
        client.cleanup()
        process.terminate()
        process.wait(20)


def _wait_for(port: int) -> None:
    """Until it listens; marionette-driver's own waiting leaves sockets open."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.1)
        else:
            return


def _js(value: str | int | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else repr(value)


def evaluate(client: Marionette, body: str, *arguments: Any) -> Any:
    """Run an async function body in the page itself and answer what it returns."""
    script = f"""
        const done = arguments[arguments.length - 1];
        (async (...args) => {{ {body} }})(...Array.from(arguments).slice(0, -1))
            .then(value => done({{ value }}), error => done({{ error: String(error) }}));
    """
    answer = client.execute_async_script(script, script_args=list(arguments), sandbox=None)
    if "error" in answer:
        raise RuntimeError(answer["error"])
    return answer.get("value")
