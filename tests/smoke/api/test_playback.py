"""A recording in a browser's player: by a cookie for it alone, in ranges, never by a URL."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from media.recording.recorder import SUFFIX
from media.recording.sealed import SealedFile
from tests.smoke.api.nouns.recordings import add
from tests.smoke.api.world import World

PLAIN = os.urandom(40_000)


@pytest.fixture
async def url(world: World, tmp_path: Path) -> str:
    recording = await add(world, ready=True)
    folder = tmp_path / "data" / "recordings" / recording.id
    folder.mkdir(parents=True)
    with SealedFile.create(folder / f"f1{SUFFIX}", bytes(32)) as file:
        file.append(PLAIN)
    return f"/api/v1/rooms/{world.ids['room']}/recordings/{recording.id}"


async def cookie(world: World, url: str) -> str:
    status, headers = await world.ask("POST", f"{url}/playback", world.tokens["host"])
    assert status == 204
    world.http.session.cookie_jar.clear()
    value = str(headers["Set-Cookie"])
    assert f"Path={url}/" in value
    assert "HttpOnly" in value
    assert "SameSite=Strict" in value
    return value.partition(";")[0]


async def play(world: World, url: str, cookie: str, part: str = "") -> tuple[int, bytes, str]:
    headers = {"Cookie": cookie} | ({"Range": part} if part else {})
    async with world.http.get(f"{url}/files/f1/content", headers=headers) as answer:
        return answer.status, await answer.read(), answer.headers.get("Content-Range", "")


async def test_a_player_fetches_ranges(world: World, url: str) -> None:
    ticket = await cookie(world, url)
    assert await play(world, url, ticket) == (200, PLAIN, "")
    status, body, where = await play(world, url, ticket, "bytes=16380-16399")
    assert (status, body, where) == (206, PLAIN[16380:16400], "bytes 16380-16399/40000")
    assert (await play(world, url, ticket, "bytes=-5"))[:2] == (206, PLAIN[-5:])
    assert (await play(world, url, ticket, "bytes=40000-"))[0] == 416


async def test_no_other_ticket_plays(world: World, url: str) -> None:
    ticket = await cookie(world, url)
    for wrong in ("", "playback=nonsense", f"playback={world.tokens['host']}", ticket[:-4]):
        assert (await play(world, url, wrong))[0] == 401
    token = {"Authorization": f"Bearer {world.tokens['host']}"}
    async with world.http.get(f"{url}/files/f1/content", headers=token) as answer:
        assert answer.status == 401
    elsewhere = url.replace("recording-1", "recording-2")
    assert (await play(world, elsewhere, ticket))[0] == 401
    playback = ticket.partition("=")[2]
    assert (await world.ask("GET", "/api/v1/me", playback))[0] == 401


async def test_a_lost_grant_ends_playing(world: World, url: str) -> None:
    ticket = await cookie(world, url)
    assert (await play(world, url, ticket))[0] == 200
    host, room = world.users["host"], world.ids["room"]
    colleague = {"user": world.users["colleague"], "role": "host"}
    await world.does("host", "POST", f"rooms/{room}/members", colleague)
    await world.does("host", "PATCH", f"rooms/{room}/members/{host}", {"role": "member"})
    assert (await play(world, url, ticket))[0] == 403


async def test_signing_out_ends_playing(world: World, url: str) -> None:
    ticket = await cookie(world, url)
    await world.does("host", "POST", "auth/logout")
    assert (await play(world, url, ticket))[0] == 401
