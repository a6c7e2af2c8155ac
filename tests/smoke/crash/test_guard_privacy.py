"""A whole guard request on a real server: nothing it logs, pushes or tells names the patient."""

from __future__ import annotations

import asyncio
import base64
import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import socketio
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.e2e.product import Product
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
QUIET = ("pushes", "outbox", "webhook_deliveries", "audit_entries")
"""Tables of what leaves the server, or is kept for those who look after it."""


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


def subscribe(product: Product, token: str) -> None:
    """A device that can be woken, at a push service that does not answer."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    point = key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    plain = {"p256dh": point, "auth": b"0123456789abcdef"}
    keys = {name: base64.urlsafe_b64encode(raw).decode().rstrip("=") for name, raw in plain.items()}
    body = {"endpoint": "https://push.invalid/device", "keys": keys}
    status, answer = product.ask("POST", "/api/v1/push/subscriptions", body, token)
    assert status == 201, answer


def a_night(product: Product, nurse: str, reader: str) -> list[Any]:
    """Asked wrongly and rightly, alerted, accepted, reported, told, read; and one cancelled.

    Answers what was on its way to devices meanwhile: an acceptance takes it back.
    """
    service = ask(product, "GET", "guard/services", nurse)["items"][0]["id"]
    filed = QUESTION | {"service": service}
    ask(product, "POST", "guard/requests", nurse, filed | {"priority": "Zdenka"})
    ask(product, "GET", "patients?q=Quillfeather", nurse)
    ask(product, "GET", "people?q=Quillfeather", nurse)
    made = ask(product, "POST", "guard/requests", nurse, filed)["id"]
    pushed = rows(product, "pushes")
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
    return pushed


def rows(product: Product, table: str) -> list[Any]:
    """Everything a table holds."""
    database = next((product.home / "data").glob("*.db"))
    with closing(sqlite3.connect(f"file:{database}?mode=ro", uri=True)) as connection:
        return connection.execute(f"select * from {table}").fetchall()


@pytest.mark.slow
async def test_hazard_20_no_log_push_or_notice_names_the_patient(product: Product) -> None:
    nurse = await asyncio.to_thread(product.sign_in, "nurse@demo.example")
    readers = []
    heard: list[tuple[str, Any]] = []
    sockets = []
    for login in RADIOLOGISTS:
        token = await asyncio.to_thread(product.sign_in, f"{login}@demo.example")
        await asyncio.to_thread(subscribe, product, token)
        socket = socketio.AsyncClient(reconnection=False)
        socket.on("*", lambda name, data: heard.append((name, data)), namespace="/alerts")
        await socket.connect(
            product.url,
            auth={"token": token, "device": login},
            namespaces=["/alerts"],
            transports=["websocket"],
        )
        await socket.call("ready", {"sound": True}, namespace="/alerts", timeout=10)
        readers.append(token)
        sockets.append(socket)
    pushed = await asyncio.to_thread(a_night, product, nurse, readers[0])
    await until(lambda: {"guard.alert", "guard.cancel"} <= {name for name, _ in heard}, 10)
    for socket in sockets:
        await socket.disconnect()
    assert pushed, "somebody was to be woken"
    said = {table: str(rows(product, table)) for table in QUIET}
    said["notices"], said["pushes"] = json.dumps(heard), said["pushes"] + str(pushed)
    product.stop()
    said["log"] = product.log.read_text()
    assert "guard/requests" in said["log"], "requests are logged"
    found = [(where, seed) for where, text in said.items() for seed in SEEDS if seed in text]
    assert found == []
