"""JWTs by PyJWT: EdDSA (RFC 8037) only, keys from a fixed map, nothing optional."""

from __future__ import annotations

import base64
from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from server.domain import keys as key_rules
from server.domain.errors import Unauthenticated
from server.domain.keys import SigningKey

ALGORITHM = "EdDSA"
LEEWAY_S = 5  # clocks of two nodes may differ by this much
REQUIRED = ("aud", "exp", "iat", "iss", "jti", "nbf", "sub")
LONGEST = 4096  # characters


class JwtCodec:
    """Encodes and decodes with the keys it was last given."""

    def __init__(self, issuer: str, keys: Sequence[SigningKey] = ()) -> None:
        self._issuer = issuer
        self.use(keys)

    def use(self, keys: Sequence[SigningKey]) -> None:
        """Replace the key map; parsing happens here, once."""
        self._keys = list(keys)
        self._private = {key.kid: Ed25519PrivateKey.from_private_bytes(key.private) for key in keys}
        self._public = {kid: key.public_key() for kid, key in self._private.items()}

    def encode(self, claims: Mapping[str, Any], now: datetime) -> str:
        """Sign with the key that signs at `now`; the issuer is added."""
        kid = key_rules.signing(self._keys, now).kid
        payload = {**claims, "iss": self._issuer}
        return jwt.encode(payload, self._private[kid], ALGORITHM, headers={"kid": kid})

    def decode(self, token: str, audiences: Collection[str], now: datetime) -> Mapping[str, Any]:
        """The claims of a token valid at `now`. Raises Unauthenticated for any other."""
        try:
            claims = self._verified(token, audiences)
            _check_times(claims, int(now.timestamp()))
        except (jwt.PyJWTError, ValueError, LookupError, TypeError) as error:
            raise Unauthenticated from error
        return claims

    def jwks(self) -> dict[str, Any]:
        """Public keys as a JWK Set (RFC 7517 §5, RFC 8037 §2)."""
        return {
            "keys": [
                {
                    "kty": "OKP",
                    "crv": "Ed25519",
                    "alg": ALGORITHM,
                    "use": "sig",
                    "kid": kid,
                    "x": base64.urlsafe_b64encode(key.public_bytes_raw()).rstrip(b"=").decode(),
                }
                for kid, key in self._public.items()
            ]
        }

    def _verified(self, token: str, audiences: Collection[str]) -> dict[str, Any]:
        if len(token) > LONGEST:
            raise ValueError("too long")
        header = jwt.get_unverified_header(token)
        if header.get("typ") != "JWT" or header.get("alg") != ALGORITHM:
            raise ValueError("not one of our tokens")
        claims: dict[str, Any] = jwt.decode(
            token,
            self._public[header["kid"]],
            algorithms=[ALGORITHM],
            audience=list(audiences),
            issuer=self._issuer,
            options={
                "require": list(REQUIRED),
                "verify_exp": False,  # times are judged by the injected clock below
                "verify_nbf": False,
                "verify_iat": False,
            },
        )
        return claims


def _check_times(claims: Mapping[str, Any], now: int) -> None:
    issued, begins, ends = (claims[name] for name in ("iat", "nbf", "exp"))
    if not all(type(value) is int for value in (issued, begins, ends)):
        raise ValueError("times are whole seconds")
    if not (max(issued, begins) - LEEWAY_S <= now < ends):
        raise ValueError("not valid now")
    if not isinstance(claims["aud"], str):
        raise ValueError("one audience")
