"""Commands of the machine's operator: accounts, tokens and the audit trail."""

import asyncio
import getpass
import secrets
import sys
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from deploy.progress import SetupError, say
from server.domain.access import Role
from server.domain.accounts import Status, User
from server.domain.errors import DomainError
from server.domain.organisations import Kind
from server.services.audit import Audit
from server.services.provisioning import NewUser, Provisioning

T = TypeVar("T")
Config = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.")]
Email = Annotated[str, typer.Argument(help="The person's e-mail address.")]
RoleOption = Annotated[Role, typer.Option(help="What the person is there.")]


@dataclass(frozen=True, slots=True)
class Desk:
    """The use cases that these commands call."""

    people: Provisioning
    audit: Audit


Open = Callable[[Path | None], AbstractAsyncContextManager[Desk]]


def add_to(application: typer.Typer, open_desk: Open) -> None:
    """Add `user`, `token` and `audit`."""
    application.add_typer(_user(open_desk), name="user")
    application.add_typer(_audit(open_desk), name="audit")

    @application.command()
    def token(email: Email, config: Config = None) -> None:
        """Print an access token of a person, for a program; it ends within 15 minutes."""
        minted = _run(open_desk, config, lambda desk: desk.people.access_token(email))
        sys.stdout.write(minted.token + "\n")


def _user(open_desk: Open) -> typer.Typer:
    user = typer.Typer(no_args_is_help=True, help="Accounts: add, list, approve, suspend, reset.")

    @user.command()
    def add(
        email: Email,
        name: Annotated[str, typer.Option(help="As colleagues read it.")],
        role: RoleOption,
        organisation: Annotated[str, typer.Option(help="Made when it is new.")],
        profession: Annotated[str, typer.Option()] = "",
        kind: Annotated[Kind, typer.Option(help="Of a new organisation.")] = Kind.HOSPITAL,
        config: Config = None,
    ) -> None:
        """Add a person who needs no approval; asks for a password."""
        new = NewUser(email, name, profession or role.value, role, organisation, kind)
        password = _new_password()
        _show(_run(open_desk, config, lambda desk: desk.people.create(new, password)))

    @user.command(name="list")
    def all_(
        status: Annotated[Status | None, typer.Option()] = None, config: Config = None
    ) -> None:
        """List accounts, newest first."""
        for one in _run(open_desk, config, lambda desk: desk.people.all(status)):
            _show(one)

    @user.command()
    def approve(email: Email, role: RoleOption, config: Config = None) -> None:
        """Admit a registered person."""
        _show(_run(open_desk, config, lambda desk: desk.people.approve(email, role)))

    @user.command()
    def suspend(
        email: Email,
        reason: Annotated[str, typer.Option(help="Kept in the audit trail.")],
        config: Config = None,
    ) -> None:
        """End a person's access at once."""
        _show(_run(open_desk, config, lambda desk: desk.people.suspend(email, reason)))

    @user.command()
    def reinstate(email: Email, config: Config = None) -> None:
        """Admit a suspended person again."""
        _show(_run(open_desk, config, lambda desk: desk.people.reinstate(email)))

    @user.command()
    def reset(
        email: Email,
        forget_second_factor: Annotated[bool, typer.Option()] = False,
        config: Config = None,
    ) -> None:
        """Give a new password, and sign the person out everywhere."""
        password = _new_password()

        def change(desk: Desk) -> Awaitable[User]:
            return desk.people.reset_password(
                email, password, forget_second_factor=forget_second_factor
            )

        _show(_run(open_desk, config, change))

    return user


def _audit(open_desk: Open) -> typer.Typer:
    audit = typer.Typer(no_args_is_help=True, help="The audit trail.")

    @audit.callback()
    def group() -> None:
        """The audit trail."""

    @audit.command()
    def verify(config: Config = None) -> None:
        """Check every entry against the hash chain and its signed checkpoints."""
        verdict = _run(open_desk, config, lambda desk: desk.audit.verify())
        if verdict.problem is not None:
            raise SetupError(f"the audit trail is broken: {verdict.problem}")
        say(
            f"The audit trail is intact: {verdict.head.position} entries, "
            f"{verdict.checkpoints} signed checkpoints."
        )

    return audit


def _run(open_desk: Open, config: Path | None, act: Callable[[Desk], Awaitable[T]]) -> T:
    async def run() -> T:
        async with open_desk(config) as desk:
            return await act(desk)

    try:
        return asyncio.run(run())
    except DomainError as error:
        raise SetupError(f"{error} ({error.code})") from error


def _show(user: User) -> None:
    roles = ", ".join(role.role.value for role in user.roles) or "no role"
    say(f"{user.email:32} {user.status.value:10} {roles:24} {user.name}")


def _new_password() -> str:
    """From the terminal, or the first line of a pipe; an empty answer takes a random one."""
    if not sys.stdin.isatty():
        given = sys.stdin.readline().rstrip("\n")
    else:
        given = getpass.getpass("New password (empty: a random one): ")
    if given:
        return given
    password = secrets.token_urlsafe(15)
    say(f"Password: {password}")
    return password
