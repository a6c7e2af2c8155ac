"""A room that exists only to be looked at: REST and Socket.IO answers without any rule."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import sys
from typing import Any

import socketio
from aiohttp import web

ALL = ["camera", "microphone", "screen", "screen_audio"]
GRANTS = {
    "publish": ALL,
    "subscribe": True,
    "chat": True,
    "documents": True,
    "moderate": True,
    "present": True,
}
PEOPLE = {
    "ada": "Dr Ada Rossi",
    "bea": "Dott.ssa Beatrice Colombo",
    "cai": "Dr Caio Fontana",
    "dora": "Inf. Dora Bianchi",
}
NOW = "2026-11-22T03:04:05.678Z"

sio = socketio.AsyncServer(async_mode="aiohttp", cors_allowed_origins="*")
app = web.Application(client_max_size=1 << 30)
sio.attach(app)
log: list[dict[str, Any]] = []
peers: dict[str, dict[str, Any]] = {}
uploads: dict[str, dict[str, Any]] = {}
documents: list[dict[str, Any]] = []
contents: dict[str, bytes] = {}
receipts: dict[str, dict[str, int]] = {}
mode = {"lobby": False}


def member(person: str, state: str = "active") -> dict[str, Any]:
    role = "host" if person == "ada" else "guest" if person.startswith("guest") else "member"
    name = PEOPLE.get(person, "Sig.ra Maria Ferrari")
    return {
        "person": person,
        "name": name,
        "role": role,
        "grants": GRANTS,
        "state": state,
        "is_guest": role == "guest",
    }


def room() -> dict[str, Any]:
    return {
        "id": "room",
        "title": "Discussione caso: cordoma del clivus",
        "kind": "consult",
        "state": "open",
        "scheduled_at": None,
        "duration_minutes": None,
        "lobby": True,
        "locked": False,
        "created_at": NOW,
        "created_by": "ada",
        "seq": len(log),
        "my_role": "host",
        "my_grants": GRANTS,
        "members_count": 4,
        "people_present": 3,
        "unread": 0,
    }


def event(kind: str, sender: str | None, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    made = {
        "room": "room",
        "seq": len(log) + 1,
        "id": f"event-{len(log) + 1}",
        "type": kind,
        "at": NOW,
        "sender": sender and {"id": sender, "name": PEOPLE.get(sender, sender)},
        "data": data,
        **more,
    }
    log.append(made)
    return made


async def tell(made: dict[str, Any]) -> None:
    await sio.emit("event", made, room="room", namespace="/room")


def message(
    sender: str, text: str, urgent: bool = False, client_id: str | None = None
) -> dict[str, Any]:
    return event("message.posted", sender, {"text": text, "urgent": urgent}, client_id=client_id)


def messages() -> list[dict[str, Any]]:
    return [
        {
            "seq": e["seq"],
            "id": e["id"],
            "client_id": e.get("client_id"),
            "at": e["at"],
            "sender": e["sender"],
            "edited": False,
            "deleted": False,
            **e["data"],
        }
        for e in log
        if e["type"] == "message.posted"
    ]


def person_of(token: str) -> str:
    body = token.split(".")[1]
    return str(json.loads(base64.b64decode(body + "=="))["jti"])


def snapshot(person: str) -> dict[str, Any]:
    waiting = [member("guest:1", "waiting")] if mode.get("arrival") else []
    return {
        "room": room(),
        "me": {"person": person, "role": "host", "grants": GRANTS},
        "members": [*map(member, PEOPLE), *waiting],
        "peers": list(peers.values()),
        "documents": documents,
        "messages": messages(),
        "receipts": receipts,
        "seq": len(log),
    }


def peer(name: str, person: str, **more: Any) -> None:
    peers[name] = {
        "peer": name,
        "person": person,
        "name": PEOPLE[person],
        "in_call": True,
        "muted": [],
        "publishing": ["camera", "microphone"],
        "hand": False,
        **more,
    }


class RoomSpace(socketio.AsyncNamespace):
    async def on_connect(self, sid: str, environ: object, auth: dict[str, str]) -> None:
        await self.save_session(sid, {"person": person_of(auth["token"])})

    async def on_join(self, sid: str, data: dict[str, str]) -> dict[str, Any]:
        person = person_of(data["token"])
        if mode["lobby"]:
            return {"ok": True, "state": "waiting", "room": room()}
        mine = f"peer-{person}"
        peer(mine, person, in_call=False)
        await self.enter_room(sid, "room")
        return {
            "ok": True,
            "state": "joined",
            "peer": mine,
            "snapshot": snapshot(person),
            "ice_servers": [],
        }

    async def trigger_event(self, name: str, *args: Any) -> Any:
        if name in ("connect", "disconnect", "join"):
            return await super().trigger_event(name, *args)
        sid, data = args[0], args[1] if len(args) > 1 else {}
        person = (await self.get_session(sid))["person"]
        if name == "message.send":
            made = message(person, data["text"], data.get("urgent", False), data["client_id"])
            await tell(made)
            return {"ok": True, "event": made}
        if name == "call.join":
            mine = f"peer-{person}"
            peers[mine]["in_call"] = True
            await tell(event("call.joined", person, {"peer": mine, "person": person}))
            for other in ("bea", "cai", "dora"):
                quality = {"bea": 4.6, "cai": 2.2, "dora": 3.5}[other]
                await self.emit(
                    "quality",
                    {
                        "room": "room",
                        "peer": f"p-{other}",
                        "score": quality,
                        "loss_up": 0.01,
                        "loss_down": 0.0,
                        "jitter_ms": 4,
                        "rtt_ms": 38,
                        "kbps_up": 900,
                        "kbps_down": 1800,
                    },
                    to=sid,
                )
            await self.emit("speakers", {"room": "room", "levels": [["p-bea", 21]]}, to=sid)
        if name == "publish.offer":
            if mode.get("media") == "refused":
                return {"error": {"code": "media-unavailable", "message": "no media here"}}
            await asyncio.Event().wait()
        if name == "receipt":
            receipts[person] = {"delivered": data.get("delivered", 0), "read": data.get("read", 0)}
        return {"ok": True}


class DocumentSpace(socketio.AsyncNamespace):
    async def on_begin(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        kept = uploads.setdefault(data["client_id"], {**data, "body": bytearray()})
        return {"ok": True, "id": data["client_id"], "offset": len(kept["body"])}

    async def on_chunk(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        body = uploads[data["id"]]["body"]
        if data["offset"] != len(body):
            return {"error": {"code": "conflict", "message": "offset", "offset": len(body)}}
        body += data["data"]
        return {"ok": True, "offset": len(body)}

    async def on_commit(self, sid: str, data: dict[str, Any]) -> dict[str, Any]:
        kept = uploads[data["id"]]
        if hashlib.sha256(kept["body"]).hexdigest() != kept["sha256"]:
            return {"error": {"code": "hash-mismatch", "message": "hash"}}
        made = document(kept["name"], bytes(kept["body"]), kept["type"], "ada")
        await tell(event("document.added", "ada", made))
        return {"ok": True, "document": made}


def document(name: str, body: bytes, kind: str, sender: str, **more: Any) -> dict[str, Any]:
    made = {
        "id": f"doc-{len(documents) + 1}",
        "name": name,
        "bytes": len(body),
        "type": kind,
        "sha256": hashlib.sha256(body).hexdigest(),
        "created_at": NOW,
        "sender": {"id": sender, "name": PEOPLE[sender]},
        **more,
    }
    documents.append(made)
    contents[made["id"]] = body
    return made


async def get_room(request: web.Request) -> web.Response:
    return web.json_response(room())


async def get_events(request: web.Request) -> web.Response:
    after = int(request.query["after"])
    return web.json_response(
        {"events": log[after:], "seq": len(log), "more": False, "receipts": receipts}
    )


async def get_content(request: web.Request) -> web.Response:
    return web.Response(body=contents[request.match_info["document"]])


async def set_mode(request: web.Request) -> web.Response:
    mode.update(await request.json())
    if mode.get("post"):
        await tell(message("bea", str(mode.pop("post"))))
    if mode.get("arrival") == "now":
        mode["arrival"] = True
        waiting = {"person": "guest:1", "name": "Sig.ra Maria Ferrari", "role": "guest"}
        await tell(event("member.waiting", None, waiting))
    if mode.get("emit"):
        name, data = mode.pop("emit")
        await sio.emit(name, data, room="room", namespace="/room")
    return web.json_response({})


def furnish() -> None:
    peer("p-bea", "bea")
    peer("p-cai", "cai", muted=["microphone"])
    peer("p-dora", "dora", hand=True)
    message("bea", "Buongiorno, ho caricato la RM con mezzo di contrasto.")
    message("bea", "La lesione arriva al seno cavernoso destro.")
    message("ada", "Grazie, la guardo subito.", client_id="c1")
    message("cai", "Il paziente ha una creatinina di 1.9: attenzione al contrasto!", urgent=True)
    receipts.update({"bea": {"delivered": 4, "read": 3}, "cai": {"delivered": 4, "read": 4}})
    dicom = {"modality": "MR", "study_date": "2026-11-18"}
    document("RM_encefalo.dcm", b"x" * 734_003, "application/dicom", "bea", dicom=dicom)
    document("Referto istologico.pdf", b"y" * 184_320, "application/pdf", "cai")


sio.register_namespace(RoomSpace("/room"))
sio.register_namespace(DocumentSpace("/documents"))
app.router.add_get("/api/v1/rooms/room", get_room)
app.router.add_get("/api/v1/rooms/room/events", get_events)
app.router.add_get("/api/v1/rooms/room/documents/{document}/content", get_content)
app.router.add_post("/api/v1/fake", set_mode)

if __name__ == "__main__":
    furnish()
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
