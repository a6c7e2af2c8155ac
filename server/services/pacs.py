"""PACS of the network, as administrators set them and people at the hospital ask them."""

from __future__ import annotations

from collections.abc import Sequence

from server.domain.access import Actor
from server.domain.errors import Conflict, Invalid, LimitExceeded, NotFound
from server.domain.pacs import (
    INSTANCES_LIMIT,
    Endpoint,
    Pull,
    RemoteStudy,
    endpoint_name,
    endpoint_url,
)
from server.domain.patients import Patient
from server.domain.studies import Study, StudyReported, StudyState
from server.domain.texts import is_storable, storable
from server.services.ports.clock import Clock, Fresh
from server.services.ports.pacs import Pacs
from server.services.ports.secret_box import SecretBox
from server.services.ports.unit_of_work import Database, UnitOfWork
from server.services.study_access import at_site

ENDPOINTS_LIMIT = 100


class PacsDesk:
    """Use cases of endpoints, and of asking for a pull."""

    def __init__(
        self, database: Database, clock: Clock, fresh: Fresh, box: SecretBox, pacs: Pacs
    ) -> None:
        self._database = database
        self._clock = clock
        self._fresh = fresh
        self._box = box
        self._pacs = pacs

    async def add(
        self,
        actor: Actor,
        organisation: str,
        name: str,
        url: str,
        username: str | None,
        password: str | None,
    ) -> Endpoint:
        """An administrator names a hospital's DICOMweb service. Raises Invalid."""
        actor.require_administrator()
        now, number = self._clock.now(), self._fresh.id()
        sealed = None
        if password:
            sealed = self._box.seal(password.encode(), f"pacs {number}")
        user = storable(username, "username") if username else None
        if user is not None and ":" in user:  # RFC 7617 §2
            raise Invalid("A user name holds no colon.", path="username")
        endpoint = Endpoint(
            number, organisation, endpoint_name(name), endpoint_url(url), user, sealed
        )
        async with self._database.transaction() as uow:
            if not await uow.organisations.known(frozenset({organisation})):
                raise Invalid("There is no such organisation.", path="organisation")
            if len(await uow.pacs.all()) >= ENDPOINTS_LIMIT:
                raise LimitExceeded(limit="pacs")
            await uow.pacs.add(endpoint)
            facts = {"organisation": organisation}
            await uow.audit.record(now, actor.person, "pacs.added", number, facts)
        return endpoint

    async def all(self, actor: Actor) -> Sequence[Endpoint]:
        """Every endpoint, for administrators."""
        actor.require_administrator()
        async with self._database.reading() as uow:
            return await uow.pacs.all()

    async def remove(self, actor: Actor, endpoint_id: str) -> None:
        """Forget an endpoint. Raises NotFound."""
        actor.require_administrator()
        now = self._clock.now()
        async with self._database.transaction() as uow:
            if not is_storable(endpoint_id) or not await uow.pacs.remove(endpoint_id):
                raise NotFound
            await uow.audit.record(now, actor.person, "pacs.removed", endpoint_id, {})

    async def of_study(self, actor: Actor, study_id: str) -> Sequence[Endpoint]:
        """The PACS of the hospital that asked."""
        async with self._database.transaction() as uow:
            study, _ = await at_site(uow, actor, study_id)
            return await uow.pacs.of_organisations({study.organisation})

    async def search(self, actor: Actor, study_id: str, endpoint_id: str) -> Sequence[RemoteStudy]:
        """Studies of the case's patient there; other birth dates are left out."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, by = await at_site(uow, actor, study_id)
            endpoint = await _endpoint(uow, study, endpoint_id)
            patient = await _patient(uow, study)
            facts = {"endpoint": endpoint.id}
            await uow.audit.record(now, by.id, "pacs.searched", study.id, facts)
        found = await self._pacs.find(endpoint, self.password_of(endpoint), patient.identifier)
        return [one for one in found if one.uid and one.birth_date == patient.birth_date]

    async def offered(
        self, actor: Actor, study_id: str, endpoint_id: str, study_uid: str
    ) -> RemoteStudy:
        """One study of the patient there. Raises LimitExceeded, NotFound."""
        offered = await self.search(actor, study_id, endpoint_id)
        wanted = next((one for one in offered if one.uid == study_uid), None)
        if wanted is None:
            raise NotFound
        if wanted.instances > INSTANCES_LIMIT:
            raise LimitExceeded("The study has too many images.", limit="instances")
        return wanted

    async def pull(
        self, actor: Actor, study_id: str, endpoint_id: str, wanted: RemoteStudy
    ) -> Pull:
        """Ask for an offered study; a worker brings it. Raises Conflict, NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as uow:
            study, by = await at_site(uow, actor, study_id)
            if study.state is StudyState.REPORTED:
                raise StudyReported
            under_way = await uow.pacs.pulls(study.id)
            if any(one.leased_until or one.state.value == "waiting" for one in under_way):
                raise Conflict("A transfer is under way.")
            pull = Pull(
                self._fresh.id(),
                study.id,
                endpoint_id,
                wanted.uid,
                by.id,
                by.name,
                now,
                wanted.instances,
            )
            await uow.pacs.add_pull(pull)
            facts = {"endpoint": endpoint_id, "pull": pull.id}
            await uow.audit.record(now, by.id, "pacs.pull_asked", study.id, facts)
        return pull

    def password_of(self, endpoint: Endpoint) -> str | None:
        """The opened password."""
        if endpoint.password is None:
            return None
        return self._box.open(endpoint.password, f"pacs {endpoint.id}").decode()


async def _endpoint(uow: UnitOfWork, study: Study, endpoint_id: str) -> Endpoint:
    endpoint = await uow.pacs.find(endpoint_id) if is_storable(endpoint_id) else None
    if endpoint is None or endpoint.organisation != study.organisation:
        raise NotFound
    return endpoint


async def _patient(uow: UnitOfWork, study: Study) -> Patient:
    patient = await uow.patients.find(study.patient)
    if patient is None:
        raise NotFound
    return patient
