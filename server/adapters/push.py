"""Encrypting pushes (RFC 8291), signing them (RFC 8292) and handing them over (RFC 8030)."""

from __future__ import annotations

import asyncio
import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from io import BytesIO

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from webpush import WebPush
from webpush.types import WebPushKeys, WebPushSubscription
from yarl import URL

from server.domain.pushes import TTL_S, Subscription
from server.domain.webhooks import Outcome
from server.services.ports.webhooks import Courier


class VapidPush:
    """Sends through the browsers' own push services."""

    def __init__(self, courier: Courier, contact: str) -> None:
        self._courier = courier
        self._contact = contact
        """An e-mail address that push services may write to (RFC 8292 §2.1)."""

    def new_key(self) -> bytes:
        """A fresh private key, PEM."""
        key = ec.generate_private_key(ec.SECP256R1())
        return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())

    def public_key(self, private: bytes) -> str:
        """What a browser subscribes with: the uncompressed point, base64url."""
        point = _public(private).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        return urlsafe_b64encode(point).rstrip(b"=").decode()

    async def send(
        self, private: bytes, subscription: Subscription, payload: Mapping[str, str]
    ) -> Outcome:
        """Send, never raise: whatever happens is an outcome."""
        try:
            headers, body = await asyncio.to_thread(self._encrypt, private, subscription, payload)
        except ValueError as error:
            return Outcome(None, type(error).__name__)
        return await self._courier.post(subscription.endpoint, headers, body)

    def _encrypt(
        self, private: bytes, subscription: Subscription, payload: Mapping[str, str]
    ) -> tuple[dict[str, str], bytes]:
        public = _public(private).public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        push = WebPush(BytesIO(private), BytesIO(public), self._contact, TTL_S)
        keys = WebPushKeys(auth=subscription.auth, p256dh=subscription.p256dh)
        device = WebPushSubscription.model_validate(
            {"endpoint": subscription.endpoint, "keys": keys}
        )
        made = push.get(json.dumps(dict(payload)), device)
        signed = {"authorization": _with_port(made.headers["authorization"], private, device)}
        return {**made.headers, **signed, "urgency": "high"}, made.encrypted


def _with_port(vapid: str, private: bytes, device: WebPushSubscription) -> str:
    """The same for the whole origin: the library leaves out its port (RFC 8292 §2)."""
    token, _, key = vapid.removeprefix("vapid t=").partition(", ")
    claims = jwt.decode(token, options={"verify_signature": False})
    audience = {"aud": str(URL(str(device.endpoint)).origin())}
    return f"vapid t={jwt.encode(claims | audience, private, 'ES256')}, {key}"


def _public(private: bytes) -> ec.EllipticCurvePublicKey:
    key = load_pem_private_key(private, None)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    return key.public_key()
