"""The demo people's passwords: made once per installation, kept in a file of its owner's only."""

import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from deploy.progress import say
from server.services.demo import DemoLogin

FILE = "demo-logins.json"


def keep(folder: Path, made: Sequence[DemoLogin]) -> None:
    """Add new people to the file, whole or not at all."""
    if not made:
        return
    file = folder / FILE
    known = json.loads(file.read_text()) if file.exists() else []
    handle, draft = tempfile.mkstemp(dir=folder)  # mode 0600
    with open(handle, "w", encoding="utf-8") as output:
        json.dump(known + [asdict(one) for one in made], output, indent=2, ensure_ascii=False)
    os.replace(draft, file)  # a process that shares the folder reads all of it or nothing


def show(folder: Path) -> None:
    """Print who may sign in, and how."""
    file = folder / FILE
    if not file.exists():
        return
    say("\n  Demo people (invented; they sign in on this machine only, without a second factor")
    say("  until they enrol one on their account page):")
    for one in json.loads(file.read_text()):
        say(f"    {one['email']:32} {one['password']}   {one['role']}, {one['organisation']}")
    say("")
