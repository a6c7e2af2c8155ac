"""A guard of two radiologists, prepared through the API, and ears for their pages."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

NURSE, FIRST, SECOND = (
    f"{login}@demo.example" for login in ("nurse", "radiologist", "radiologist2")
)
ADMIN = "admin@demo.example"
DELAY_S = 5

LISTEN = """
    const connect = AudioNode.prototype.connect;
    const taps = [];
    AudioNode.prototype.connect = function (target, ...rest) {
        if (target === this.context.destination) {
            const tap = this.context.createAnalyser();
            connect.call(this, tap);
            taps.push(tap);
        }
        return connect.call(this, target, ...rest);
    };
    window.loudness = () => Math.max(0, ...taps.map(tap => {
        if (tap.context.state !== 'running') return 0;
        const samples = new Float32Array(tap.fftSize);
        tap.getFloatTimeDomainData(samples);
        return Math.max(...samples.map(Math.abs));
    }));
    window.sockets = [];
    const Native = window.WebSocket;
    window.WebSocket = class extends Native {
        constructor(...args) { super(...args); window.sockets.push(this); }
    };
    new MutationObserver(() => {
        const alarm = document.querySelector('[data-testid=alert]');
        const sounding = document.querySelector('[data-testid=alarm][data-sounding]');
        if (alarm && sounding) window.rangAt ??= Date.now();
        if (!sounding) window.rangAt = undefined;
    }).observe(document, { subtree: true, childList: true, attributes: true });
"""
"""What the page plays is listened to where it leaves for the speaker, and when it began; its
connections are kept, to cut them."""


class Duty:
    """Two rotas of one radiologist each, and a service that alerts them in turn."""

    def __init__(self, network: Product, locale: str) -> None:
        self.network = network
        people = (NURSE, FIRST, SECOND, ADMIN)
        self.tokens = {email: network.sign_in(email) for email in people}
        self.people = {
            email: self.ask(email, "PATCH", "me", {"locale": locale}) for email in people
        }

    def ask(self, email: str, method: str, path: str, body: Any = None) -> Any:
        """A request that must succeed."""
        status, answer = self.network.ask(method, f"/api/v1/{path}", body, self.tokens[email])
        assert status < 300, (method, path, status, answer)
        return answer

    def name_of(self, email: str) -> str:
        """How the person is called."""
        return str(self.people[email]["name"])

    def service(self, name: str, *holders: str | None) -> Any:
        """A service with one step per holder; `None` is a rota that nobody is on."""
        body = {
            "organisation": self._organisation,
            "name": name,
            "modality": "CT",
            "phone": "+44 20 7946 0100",
            "steps": [
                {"rota": self._rota(f"{name} {at}", one), "delay_s": DELAY_S}
                for at, one in enumerate(holders, 1)
            ],
        }
        return self.ask(ADMIN, "POST", "guard/services", body)

    @property
    def _organisation(self) -> str:
        return str(self.people[FIRST]["roles"][0]["organisation"])

    def _rota(self, name: str, holder: str | None) -> str:
        members = [] if holder is None else [self.people[holder]["id"]]
        day = (datetime.now(UTC) - timedelta(days=3)).date().isoformat()
        rotation = {"anchor": day, "hour": 8, "period_days": 7, "members": members}
        body = {
            "organisation": self._organisation,
            "name": name,
            "role": "radiologist",
            "phone": "+44 20 7946 0101",
            "layers": [{"rotation": rotation}],
        }
        return str(self.ask(ADMIN, "POST", "rotas", body)["id"])


async def loses_connection(seat: ChromiumSeat) -> None:
    """For a moment: until another stands."""
    before = await seat.evaluate(
        "const before = window.sockets.length; window.sockets.at(-1).close(); return before"
    )

    async def is_back() -> bool:
        back = "return window.sockets.length > args[0] && window.sockets.at(-1).readyState === 1"
        return bool(await seat.evaluate(back, before))

    await seat.until(is_back, "another connection")


async def hears(seat: ChromiumSeat) -> bool:
    """Whether sound leaves the page."""
    return bool(await seat.evaluate("return window.loudness() > 0.05"))


async def falls_silent(seat: ChromiumSeat) -> None:
    """Until no sound leaves the page any more."""

    async def is_silent() -> bool:
        return not await hears(seat)

    await seat.wait_without("[data-testid=alarm][data-sounding]")
    await seat.until(is_silent, "silence")


async def in_sight(seat: ChromiumSeat, selector: str) -> tuple[float, float]:
    """Width and height of what is wholly on the screen without scrolling."""
    box = await seat.evaluate(
        """const found = document.querySelector(args[0]).getBoundingClientRect();
           const isIn = found.top >= 0 && found.bottom <= innerHeight && found.left >= 0
               && found.right <= innerWidth;
           return isIn ? [found.width, found.height] : null;""",
        selector,
    )
    assert box is not None, f"{selector} is not in sight"
    return box[0], box[1]
