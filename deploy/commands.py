"""Commands of `run.py` that check, test and measure, and those about certificates."""

import importlib
import inspect
import json
import os
import platform
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import typer

from deploy import addresses, certificates, checks, client, components
from deploy.progress import SetupError, say

ROOT = Path(__file__).resolve().parent.parent
CLIENT_CHECKS = ("check", "lint")
PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def add_to(application: typer.Typer) -> None:
    """Add these commands to the application."""
    application.command(context_settings=PASS_ON)(test)
    application.command()(check)
    application.command(context_settings=PASS_ON)(bench)
    application.add_typer(certs, name="certs")


def test(context: typer.Context) -> None:
    """Check and test everything; arguments after `--` go to pytest."""
    is_ci = os.environ.get("CI") == "true"
    selection = [argument for argument in context.args if argument != "--"]
    with ThreadPoolExecutor(2) as beside:  # one is fetched, one computes, and one does both
        installing = beside.submit(components.ensure)
        static = beside.submit(checks.run_all, checks.static_stages(ROOT))
        client.build(ROOT)
        env = client.install(ROOT)
        stages = checks.client_stages(ROOT, env, (*CLIENT_CHECKS, "test"))
        outcomes = checks.run_all(stages)
        absent, outcomes = installing.result(), static.result() + outcomes
    outcomes += checks.run_all(checks.pytest_stages(ROOT, selection))
    is_good = checks.summarise(outcomes)
    for name in absent:
        say(f"not run: {name} absent")
    raise typer.Exit(0 if is_good and not (absent and is_ci) else 1)


def check() -> None:
    """Run the linters and type checkers of server and client."""
    env = client.install(ROOT)
    stages = checks.static_stages(ROOT) + checks.client_stages(ROOT, env, CLIENT_CHECKS)
    raise typer.Exit(0 if checks.summarise(checks.run_all(stages)) else 1)


def bench(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="A file of tests/bench, without .py.")],
    json_path: Annotated[
        Path | None, typer.Option("--json", help="Write the results to this file too.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0.1, help="Length of each measured run.")] = 10.0,
) -> None:
    """Measure, and print the results as JSON; further options are the benchmark's own."""
    measure = _benchmark(name)
    options = _options(measure, context.args)
    # Children and logs have standard error: standard output is for the report alone.
    with os.fdopen(os.dup(1), "w", encoding="utf-8") as out:
        os.dup2(2, 1)
        report = {"bench": name, "machine": _machine()} | measure(seconds, **options)
        text = json.dumps(report, indent=2, ensure_ascii=False)
        if json_path:
            json_path.parent.mkdir(parents=True, exist_ok=True)
            json_path.write_text(text + "\n", encoding="utf-8")
        out.write(text + "\n")


def _benchmark(name: str) -> Callable[..., dict[str, Any]]:
    files = (ROOT / "tests" / "bench").glob("*.py")
    available = sorted(file.stem for file in files if "\ndef run(" in file.read_text("utf-8"))
    if name not in available:
        raise SetupError(f"no benchmark '{name}'; there are: {', '.join(available) or 'none yet'}")
    run: Callable[..., dict[str, Any]] = importlib.import_module(f"tests.bench.{name}").run
    return run


def _options(measure: Callable[..., object], arguments: Sequence[str]) -> dict[str, Any]:
    """`--name value` pairs as the benchmark's keywords; raises SetupError."""
    known = {
        parameter.name: parameter.default
        for parameter in inspect.signature(measure).parameters.values()
        if parameter.default is not inspect.Parameter.empty
    }
    options: dict[str, Any] = {}
    for flag, value in zip_longest(arguments[::2], arguments[1::2]):
        name = flag.removeprefix("--").replace("-", "_")
        if not flag.startswith("--") or name not in known or value is None:
            shown = ", ".join(f"--{each.replace('_', '-')} VALUE" for each in known) or "none"
            raise SetupError(f"cannot take '{flag}'; options of this benchmark: {shown}")
        try:
            options[name] = type(known[name])(value)
        except ValueError as error:
            raise SetupError(f"'{value}' does not fit {flag}") from error
    return options


def _machine() -> dict[str, object]:
    return {
        "cores": os.cpu_count(),
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
    }


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


certs = typer.Typer(no_args_is_help=True, help="TLS certificates: show, renew, export, install.")
FOLDER = certificates.Folder(ROOT / "certs")


@certs.command()
def show() -> None:
    """Make what is missing, then say which certificate serves and until when."""
    certificates.ensure(FOLDER, addresses.names_and_addresses(), datetime.now(UTC))
    issuer = "the local authority" if certificates.is_local(FOLDER) else "the hospital's authority"
    say(f"{FOLDER.server} is issued by {issuer} and ends on {certificates.expiry(FOLDER):%Y-%m-%d}")
    say(f"SHA-256 {certificates.fingerprint(FOLDER.server)}")


@certs.command()
def export(
    path: Annotated[Path | None, typer.Argument(help="A file; the terminal if left out.")] = None,
) -> None:
    """Export the local authority's certificate, for browsers and devices to trust."""
    certificates.ensure(FOLDER, addresses.names_and_addresses(), datetime.now(UTC))
    if not FOLDER.authority.exists():
        raise SetupError("the hospital's own certificate is installed: there is no local authority")
    pem = FOLDER.authority.read_text()
    if path is None:
        sys.stdout.write(pem)
        return
    path.write_text(pem)
    say(f"{path} written; SHA-256 {certificates.fingerprint(FOLDER.authority)}")


@certs.command()
def install(
    certificate: Annotated[Path, typer.Option(help="PEM certificate, followed by its chain.")],
    key: Annotated[Path, typer.Option(help="Its private key, PEM, without a password.")],
) -> None:
    """Serve with the hospital's own certificate from the next start on."""
    names = certificates.install(FOLDER, certificate, key, datetime.now(UTC))
    say(f"Installed for {', '.join(names)}; restart the server to use it.")
