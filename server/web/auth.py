"""Registration, sign-in and the second factor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import segno
from pydantic import Field

from server.domain.errors import Unauthenticated
from server.domain.sessions import REFRESH_LIFETIME
from server.services.registration import Register
from server.services.sessions import Login, Origin, SignedIn
from server.web.accounts import Email, Identifier, Locale, MeView, Name, Password, Text
from server.web.models import Nothing, Strict, View
from server.web.routing import Answer, Call, Routes

routes = Routes("auth")

COOKIE = {False: "refresh", True: "training-refresh"}
"""By whether this is the sandbox: browsers share cookies among a host's ports."""

COOKIE_PATH = "/api/v1/auth"


class RegisterBody(Strict):
    """What a person says of itself."""

    email: Email
    password: Password
    name: Name
    profession: Text = Field(min_length=1, max_length=80)
    organisation: Identifier
    registration_number: Text | None = Field(default=None, max_length=40)
    locale: Locale

    def to_command(self) -> Register:
        """The use case's input."""
        fields = dict(self) | {"password": self.password.get_secret_value()}
        return Register(**fields)


class RegisteredView(View):
    """The same for a new and for a known e-mail."""

    status: Literal["pending"] = "pending"


class LoginBody(Strict):
    """What a person proves itself with."""

    email: Email
    password: Password
    otp: Text | None = Field(default=None, max_length=40)


class SessionView(View):
    """*Session*; the refresh token travels in a cookie only."""

    access_token: str
    expires_in: int
    user: MeView
    enrolment_required: bool = False


class PasswordBody(Strict):
    """The old password and the new one."""

    current: Password
    new: Password


class EnrolmentView(View):
    """What to show to an authenticator; `qr_svg` is the URI as an inline SVG."""

    secret: str
    uri: str
    qr_svg: str


class CodeBody(Strict):
    """A code of the authenticator."""

    code: Text = Field(min_length=1, max_length=40)


class RecoveryView(View):
    """Codes to keep on paper, each good once."""

    recovery_codes: list[str]


class RemoveBody(CodeBody):
    """A code, or a recovery code, and the password."""

    password: Password


@routes.post("/api/v1/auth/register", body=RegisterBody, answers={202: RegisteredView}, public=True)
async def register(call: Call[RegisterBody, Nothing]) -> Answer:
    """Ask to be admitted."""
    await call.services.registration.register(call.body.to_command(), _origin(call))
    return Answer(202, RegisteredView())


@routes.post("/api/v1/auth/login", body=LoginBody, answers={200: SessionView}, public=True)
async def login(call: Call[LoginBody, Nothing]) -> Answer:
    """Sign in; sets the refresh cookie."""
    command = Login(call.body.email, call.body.password.get_secret_value(), call.body.otp)
    return signed_in(call, await call.services.sessions.login(command, _origin(call)))


@routes.post("/api/v1/auth/refresh", answers={200: SessionView}, public=True)
async def refresh(call: Call[Nothing, Nothing]) -> Answer:
    """Rotate the refresh cookie and get a fresh access token."""
    token = call.request.cookies.get(_cookie_name(call))
    if not token:
        raise Unauthenticated
    return signed_in(call, await call.services.sessions.refresh(token, _origin(call)))


@routes.post("/api/v1/auth/logout", answers={204: None}, enrolling=True)
async def logout(call: Call[Nothing, Nothing]) -> Answer:
    """End this session."""
    await call.services.sessions.logout(call.actor)
    return Answer(204, cookies=(_cookie(call, "", 0),))


@routes.post("/api/v1/auth/logout-everywhere", answers={204: None})
async def logout_everywhere(call: Call[Nothing, Nothing]) -> Answer:
    """End every session of mine."""
    await call.services.sessions.logout_everywhere(call.actor)
    return Answer(204, cookies=(_cookie(call, "", 0),))


@routes.post("/api/v1/auth/password", body=PasswordBody, answers={204: None})
async def change_password(call: Call[PasswordBody, Nothing]) -> Answer:
    """Change my password; my other sessions end."""
    current, new = call.body.current.get_secret_value(), call.body.new.get_secret_value()
    await call.services.accounts.change_password(call.actor, current, new)
    return Answer(204)


@routes.post("/api/v1/auth/totp", answers={200: EnrolmentView}, enrolling=True)
async def begin_totp(call: Call[Nothing, Nothing]) -> Answer:
    """Begin to enrol an authenticator."""
    enrolment = await call.services.second_factor.begin(call.actor)
    svg = segno.make(enrolment.uri, error="m").svg_inline(scale=4, light="#fff", omitsize=True)
    return Answer(200, EnrolmentView(secret=enrolment.secret, uri=enrolment.uri, qr_svg=svg))


@routes.post(
    "/api/v1/auth/totp/confirm", body=CodeBody, answers={200: RecoveryView}, enrolling=True
)
async def confirm_totp(call: Call[CodeBody, Nothing]) -> Answer:
    """Confirm the authenticator with its first code; answers the recovery codes, once."""
    codes = await call.services.second_factor.confirm(call.actor, call.body.code)
    return Answer(200, RecoveryView(recovery_codes=codes))


@routes.post("/api/v1/auth/totp/remove", body=RemoveBody, answers={204: None})
async def remove_totp(call: Call[RemoveBody, Nothing]) -> Answer:
    """Give up the authenticator."""
    password = call.body.password.get_secret_value()
    await call.services.second_factor.remove(call.actor, password, call.body.code)
    return Answer(204)


def _origin(call: Call[Any, Any]) -> Origin:
    return Origin(call.address, call.is_loopback)


def signed_in(call: Call[Any, Any], session: SignedIn) -> Answer:
    """The answer that holds a session's tokens."""
    view = SessionView(
        access_token=session.access.token,
        expires_in=session.access.expires_in,
        user=MeView.of(session.user, enrolment_required=session.enrolment_required),
        enrolment_required=session.enrolment_required,
    )
    seconds = int(REFRESH_LIFETIME.total_seconds())
    return Answer(200, view, cookies=(_cookie(call, session.refresh, seconds),))


def _cookie_name(call: Call[Any, Any]) -> str:
    return COOKIE[call.services.sandbox is not None]


def _cookie(call: Call[Any, Any], value: str, max_age: int) -> Mapping[str, Any]:
    return {
        "name": _cookie_name(call),
        "value": value,
        "max_age": max_age,
        "path": COOKIE_PATH,
        "httponly": True,
        "secure": not call.is_loopback,
        "samesite": "Strict",
    }
