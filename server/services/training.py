"""The way from the real network into the training sandbox."""

from __future__ import annotations

from dataclasses import dataclass

from server.domain.access import Actor, Role
from server.domain.training import Trainee, TrainingOff
from server.services.ports.clock import Clock
from server.services.ports.training import Sandbox
from server.services.ports.unit_of_work import Database
from server.services.qualifications import account_of


@dataclass(slots=True)
class SandboxAddress:
    """Where the sandbox is: a URL, or ports of this host that are known once it listens."""

    url: str | None = None
    http_port: int = 0
    https_port: int = 0

    def port(self, *, secure: bool) -> int:
        """The port beside the one by which the caller came."""
        return self.https_port if secure else self.http_port


class Training:
    """Use cases of the real network; `sandbox` is None where there is none."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        sandbox: Sandbox | None,
        address: SandboxAddress,
    ) -> None:
        self._database = database
        self._clock = clock
        self._sandbox = sandbox
        self.address = address

    @property
    def is_offered(self) -> bool:
        """Whether there is a sandbox."""
        return self._sandbox is not None

    async def enter(self, actor: Actor, role: Role) -> str:
        """A code that opens the sandbox in a role, once. Raises TrainingOff, Invalid."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            user = await account_of(uow, actor)
            sandbox = self._require_sandbox()
            trainee = Trainee(user.id, user.name, user.locale, role)
            await uow.audit.record(now, user.id, "training.entered", user.id, {"role": role.value})
        return await sandbox.admit(trainee)

    async def reset(self, actor: Actor) -> None:
        """Begin the sandbox anew for everybody. Raises TrainingOff, Forbidden."""
        actor.require_administrator()
        sandbox = self._require_sandbox()
        now = self._clock.now()
        async with self._database.transaction() as uow:
            await uow.audit.record(now, actor.person, "training.reset", "training", {})
        await sandbox.reset()

    def _require_sandbox(self) -> Sandbox:
        if self._sandbox is None:
            raise TrainingOff
        return self._sandbox
