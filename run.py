"""The one command, and the composition root: the only file that sees everything."""

import sys
from pathlib import Path

from deploy import environment
from deploy.progress import SetupError

ROOT = Path(__file__).resolve().parent
if __name__ == "__main__":
    environment.enter_for(ROOT, sys.argv[1:])  # below this line the pinned packages are there

import typer

from deploy import commands

application = typer.Typer(
    help="Calls, chat, documents and radiology guard of a health network, in one server.",
    no_args_is_help=False,
    add_completion=False,
    pretty_exceptions_enable=False,
)
commands.add_to(application)


def main(arguments: list[str]) -> None:
    """Obey a command line; without a command, serve."""
    is_command = bool(arguments) and (arguments[0] == "--help" or arguments[0][0] != "-")
    try:
        application(arguments if is_command else ["serve", *arguments], prog_name="run.py")
    except SetupError as error:
        sys.exit(f"run.py: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
