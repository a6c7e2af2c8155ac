"""The keys by which anybody may verify our tokens."""

from __future__ import annotations

from server.web.models import Nothing, View
from server.web.routing import Answer, Call, Routes

routes = Routes("keys")


class KeyView(View):
    """A public key (RFC 8037 §2)."""

    kty: str
    crv: str
    alg: str
    use: str
    kid: str
    x: str


class KeysView(View):
    """A JWK Set (RFC 7517 §5)."""

    keys: list[KeyView]


@routes.get("/.well-known/jwks.json", answers={200: KeysView}, public=True)
async def read(call: Call[Nothing, Nothing]) -> Answer:
    """Public keys of access and room tokens."""
    headers = {"Cache-Control": "public, max-age=300"}
    return Answer(200, KeysView.model_validate(call.services.tokens.jwks()), headers)
