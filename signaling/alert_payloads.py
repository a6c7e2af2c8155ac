"""What clients send on `/alerts` (docs/protocol.md §8), parsed once."""

from __future__ import annotations

from signaling.limits import Kind
from signaling.payloads import Command, Token


class RefreshAlertToken(Command):
    """A fresh token of the same session."""

    event = "token"
    kind = Kind.ENTRY
    token: Token


ALERT_COMMANDS: dict[str, type[Command]] = {
    command.event: command for command in (RefreshAlertToken,)
}
