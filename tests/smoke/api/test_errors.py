"""Refusals name the field they are about, on either edge."""

from __future__ import annotations

import json

from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from server.adapters.fresh import SystemFresh
from server.domain.errors import Invalid, LimitExceeded
from server.web.errors import translate
from signaling.errors import refusal

PLACE = [{"path": "title", "message": "Too long."}]


async def test_a_problem_names_the_field() -> None:
    async def refuse(_request: web.Request) -> web.StreamResponse:
        raise Invalid("Too long.", path="title")

    answer = await translate(SystemFresh())(make_mocked_request("GET", "/"), refuse)
    assert isinstance(answer, web.Response)
    problem = json.loads(answer.text or "")
    assert (problem["code"], problem["errors"]) == ("invalid", PLACE)


def test_an_acknowledgement_names_the_field() -> None:
    error = refusal(Invalid("Too long.", path="title"))["error"]
    assert error == {"code": "invalid", "message": "Too long.", "errors": PLACE}
    error = refusal(LimitExceeded("Too many.", limit="rooms"))["error"]
    assert error == {"code": "limit-exceeded", "message": "Too many.", "limit": "rooms"}
