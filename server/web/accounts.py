"""How accounts look on the wire (docs/protocol.md §2.2)."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, SecretStr

from server.domain.access import Role
from server.domain.accounts import OrganisationRole, Status, User
from server.domain.texts import is_storable
from server.web.models import Instant, Strict, View


def _storable(text: str) -> str:
    if not is_storable(text):
        raise ValueError("this text holds characters that cannot be kept")
    return text


Text = Annotated[str, AfterValidator(_storable)]
Name = Annotated[Text, Field(min_length=1, max_length=120)]
Email = Annotated[Text, Field(min_length=3, max_length=254)]
Password = Annotated[SecretStr, Field(min_length=1, max_length=256)]
Identifier = Annotated[Text, Field(min_length=1, max_length=80)]
Locale = Literal["it", "fr", "en"]


class RoleOf(Strict):
    """What a person becomes in one organisation."""

    organisation: Identifier
    role: Role

    def to_domain(self) -> OrganisationRole:
        """The domain's word for it."""
        return OrganisationRole(self.organisation, self.role)


class RoleView(View):
    """What a person is in one organisation."""

    organisation: str
    organisation_name: str
    role: Role


class MeView(View):
    """*Me*."""

    id: str
    email: str
    name: str
    profession: str
    locale: str
    demo: bool
    has_totp: bool
    enrolment_required: bool
    roles: list[RoleView]
    is_administrator: bool

    @classmethod
    def of(cls, user: User, *, enrolment_required: bool) -> MeView:
        """The view of one's own account."""
        return cls(
            id=user.id,
            email=user.email,
            name=user.name,
            profession=user.profession,
            locale=user.locale,
            demo=user.is_demo,
            has_totp=user.has_totp,
            enrolment_required=enrolment_required,
            roles=_roles(user),
            is_administrator=user.is_administrator,
        )


class UserView(MeView):
    """*User*: Me as administrators see it."""

    status: Status
    registered_at: Instant
    registration_number: str | None
    organisation: str | None

    @classmethod
    def of_user(cls, user: User) -> UserView:
        """The view of an account."""
        me = MeView.of(user, enrolment_required=False)
        return cls(
            **dict(me),
            status=user.status,
            registered_at=user.registered_at,
            registration_number=user.registration_number,
            organisation=user.organisation,
        )


def _roles(user: User) -> list[RoleView]:
    return [
        RoleView(
            organisation=role.organisation, organisation_name=role.organisation_name, role=role.role
        )
        for role in user.roles
    ]
