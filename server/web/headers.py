"""Security headers of each response (OWASP ASVS 5.0 §3.4)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob: mediastream:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "worker-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    )
)

_HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), "
    "speaker-selection=(self), geolocation=(), payment=(), usb=()",
}
_STRICT_TRANSPORT = "max-age=31536000"


def secure(
    public: bool,
) -> Callable[[web.Request, web.StreamResponse], Awaitable[None]]:
    """The signal handler that adds them; `public` also promises HTTPS to come."""

    async def add(_request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        if public:
            response.headers.setdefault("Strict-Transport-Security", _STRICT_TRANSPORT)

    return add
