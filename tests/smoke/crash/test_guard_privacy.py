"""A whole guard request on a real server: nothing it logs, pushes or tells names the patient."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import socketio
from cryptography.hazmat.primitives.asymmetric import ec

from tests.e2e.product import Product
from tests.services.test_pushes import AUTH, Device, text
from tests.smoke.crash.people import Json
from tests.smoke.crash.test_guard import RADIOLOGISTS
from tests.waiting import until

PATIENT = {"name": "Zdenka Quillfeather", "birth_date": "1950-02-01", "identifier": "QLLZDN50B41"}
SEEDS = ("Zdenka", "Quillfeather", "QLLZDN50B41", "1950-02-01", "Xanthogranuloma", "dromedaries")
"""Who the patient is, and what is asked, found and feared."""
QUESTION = {
    "priority": "emergency",
    "patient": PATIENT,
    "question": "Xanthogranuloma?",
    "allergy": "dromedaries",
    "call_back": "+44 20 7946 0100",
    "wants_call": True,
}
QUIET = ("pushes", "webhook_deliveries", "audit_entries")
"""Tables of what leaves the server, or is kept for those who look after it.

Not the outbox: it carries the timeline of a room, words and all, to the people in that room.
"""


@pytest.fixture
def product(tmp_path: Path) -> Iterator[Product]:
    """The running product; it says all it can say."""
    product = Product(tmp_path, {"MEDIA_WORKERS": "1", "LOG_LEVEL": "debug"})
    try:
        product.start()
        yield product
    finally:
        product.stop()


def ask(product: Product, method: str, path: str, token: str, body: Json | None = None) -> Any:
    """A REST request, whatever becomes of it."""
    return product.ask(method, f"/api/v1/{path}", body, token)[1]


class PushService:
    """What browsers' vendors run: takes pushes for one device, which alone can read them."""

    def __init__(self) -> None:
        self.device = Device(ec.generate_private_key(ec.SECP256R1()))
        self.read: list[dict[str, str]] = []
        self.headers: list[str] = []
        kept = self

        class Taking(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                kept.headers.append(str(self.headers))
                kept.read.append(kept.device.read(body))
                self.send_response(201)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Taking)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def subscribe(self, product: Product, token: str) -> None:
        """Let this device be woken."""
        keys = {"p256dh": text(self.device.point), "auth": text(AUTH)}
        port = self._server.server_address[1]
        body = {"endpoint": f"http://127.0.0.1:{port}/{token[-8:]}", "keys": keys}
        status, answer = product.ask("POST", "/api/v1/push/subscriptions", body, token)
        assert status == 201, answer

    def close(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def vendor() -> Iterator[PushService]:
    """A push service on loopback."""
    service = PushService()
    yield service
    service.close()


def a_night(product: Product, vendor: PushService, nurse: str, reader: str) -> None:
    """Asked wrongly and rightly, alerted, accepted, reported, told, read; and one cancelled."""
    service = ask(product, "GET", "guard/services", nurse)["items"][0]["id"]
    filed = QUESTION | {"service": service}
    ask(product, "POST", "guard/requests", nurse, filed | {"priority": "Zdenka"})
    ask(product, "GET", "patients?q=Quillfeather", nurse)
    ask(product, "GET", "people?q=Quillfeather", nurse)
    made = ask(product, "POST", "guard/requests", nurse, filed)["id"]
    arrives(vendor)
    other = filed | {"patient": PATIENT | {"birth_date": "1951-02-01"}}
    assert ask(product, "POST", "guard/requests", nurse, other)["code"] == "patient-mismatch"
    accepted = ask(product, "POST", f"guard/requests/{made}/accept", reader)
    report = f"reports/{accepted['report']}"
    words = {"version": 0, "findings": "Quillfeather: Xanthogranuloma.", "conclusion": "Zdenka."}
    ask(product, "PUT", report, reader, words)
    noted = ask(product, "POST", f"{report}/criticals", reader, {"text": "Xanthogranuloma"})
    signature = {"version": noted["version"], "attestation": "PACS", "interim": True}
    ask(product, "POST", f"{report}/sign", reader, signature)
    heard = {"receiver": "Nina", "told_at": noted["changed_at"]}
    read_back = f"{report}/criticals/{noted['criticals'][0]['id']}/read-back"
    ask(product, "POST", read_back, reader, heard)
    signed = ask(product, "POST", f"{report}/sign", reader, signature | {"interim": False})
    assert signed["state"] == "final", signed
    ask(product, "POST", f"{report}/addenda", reader, {"text": "Quillfeather, again."})
    assert ask(product, "POST", f"guard/requests/{made}/acknowledge", nurse)["state"] == "closed"
    unwanted = ask(product, "POST", "guard/requests", nurse, filed)["id"]
    ask(product, "POST", f"guard/requests/{unwanted}/cancel", nurse, {"reason": "Quillfeather"})


def arrives(vendor: PushService) -> None:
    """A push reaches the device before anybody accepts and takes it back."""
    deadline = time.monotonic() + 20
    while not vendor.read:
        assert time.monotonic() < deadline, "somebody is woken"
        time.sleep(0.05)


def rows(product: Product, table: str) -> list[Any]:
    """Everything a table holds."""
    database = next((product.home / "data").glob("*.db"))
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(f"select * from {table}").fetchall()


@pytest.mark.slow
async def test_hazard_20_no_log_push_or_notice_names_the_patient(
    product: Product, vendor: PushService
) -> None:
    nurse = await asyncio.to_thread(product.sign_in, "nurse@demo.example")
    readers = []
    heard: list[tuple[str, Any]] = []
    sockets = []
    for login in RADIOLOGISTS:
        token = await asyncio.to_thread(product.sign_in, f"{login}@demo.example")
        await asyncio.to_thread(vendor.subscribe, product, token)
        socket = socketio.AsyncClient(reconnection=False)
        socket.on("*", lambda name, data: heard.append((name, data)), namespace="/alerts")
        await socket.connect(
            product.url,
            auth={"token": token, "device": login},
            namespaces=["/alerts"],
            transports=["websocket"],
            wait_timeout=10,
        )
        await socket.call("ready", {"sound": True}, namespace="/alerts", timeout=10)
        readers.append(token)
        sockets.append(socket)
    await asyncio.to_thread(a_night, product, vendor, nurse, readers[0])
    await until(lambda: {"guard.alert", "guard.cancel"} <= {name for name, _ in heard}, 10)
    for socket in sockets:
        await socket.disconnect()
    said = {table: str(rows(product, table)) for table in QUIET}
    said["notices"], said["woken"] = json.dumps(heard), f"{vendor.read} {vendor.headers}"
    product.stop()
    said["log"] = product.log.read_text()
    assert '"level"' in said["log"], "it does log"
    found = [(where, seed) for where, text in said.items() for seed in SEEDS if seed in text]
    assert found == []
