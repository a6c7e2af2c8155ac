"""An integrator's first program: hear signed events, open a room, file a guard request.

    pip install standardwebhooks
    GUARDLINE_URL=http://localhost:8080 GUARDLINE_TOKEN=$(python3 run.py token …) \\
        python3 docs/examples/integrator.py

The token is of a person with the role `integrator`. Patient and request below are invented.
"""

import json
import os
import threading
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from uuid import uuid4

from standardwebhooks import Webhook

URL = os.environ.get("GUARDLINE_URL", "http://localhost:8080")
TOKEN = os.environ["GUARDLINE_TOKEN"]
PATIENT = {"name": "Demo Patient", "birth_date": "1950-03-01", "identifier": "DMOPTN50C41F205X"}


def ask(method: str, path: str, body: object = None) -> dict:
    """One request; a repeated one with the same Idempotency-Key does nothing twice."""
    headers = {
        "Authorization": f"Bearer {TOKEN}",
        "Content-Type": "application/json",
        "Idempotency-Key": str(uuid4()),
    }
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(f"{URL}/api/v1/{path}", data, headers, method=method)
    with urllib.request.urlopen(request, timeout=30) as answer:
        raw = answer.read()
        return json.loads(raw) if raw else {}


class Receiver(BaseHTTPRequestHandler):
    """Believes only what is signed, and answers at once: the work is done elsewhere."""

    secret = ""
    events: Queue = Queue()

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        event = Webhook(self.secret).verify(body, dict(self.headers))
        self.send_response(204)
        self.end_headers()
        self.events.put(event)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


def main() -> None:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    here = f"http://127.0.0.1:{server.server_port}/"
    webhook = ask("POST", "webhooks", {"url": here, "description": "Example"})
    Receiver.secret = webhook["secret"]
    try:
        room = ask("POST", "rooms", {"title": "Opened by an integrator"})
        print("room", room["id"])
        service = ask("GET", "guard/services")["items"][0]
        filed = {
            "service": service["id"],
            "priority": "urgent",
            "patient": PATIENT,
            "question": "Bleeding?",
            "call_back": "+39 02 0000 0000",
            "wants_call": False,
        }
        request = ask("POST", "guard/requests", filed)
        print("guard request", request["id"], request["state"])
        wanted = {("room.created", room["id"]), ("guard.requested", request["room"])}
        while wanted:
            event = Receiver.events.get(timeout=30)
            print("event", event["type"], event["data"]["room"])
            wanted.discard((event["type"], event["data"]["room"]))
    finally:
        ask("DELETE", f"webhooks/{webhook['id']}")
        server.shutdown()


if __name__ == "__main__":
    main()
