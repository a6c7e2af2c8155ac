"""Nobody has a page open: Rita is told by e-mail, then by telephone, and Rocco's yes ends it."""

import re
from collections.abc import Iterator

import pytest

from deploy import joining
from server.domain.contact_methods import Kind
from tests.scenarios.night import Night
from tests.services.contact_cast import VALUES, Post


@pytest.fixture
def post() -> Iterator[Post]:
    """Whoever carries the night's messages, in every process of it."""
    post = Post()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(joining, "carriers", lambda _chosen: dict.fromkeys(Kind, post))
        yield post


async def gives(night: Night, post: Post, name: str, kind: Kind, after_s: int) -> None:
    """Somebody gives a contact, and proves it with the code that arrives there."""
    who = await night.cast.person(night.server, name)
    methods = night.server.services.contact_methods
    made = await methods.add(who, kind, VALUES[kind], after_s)
    await methods.send_code(who, made.id)
    await night.passes(seconds=2)
    [code] = re.findall(r"\d{6}|\d(?: \d){5}", post.carried.pop().text)
    await methods.prove(who, made.id, code)


def told(post: Post) -> list[Kind]:
    return [letter.channel for letter in post.carried]


async def test_written_to_while_no_page_is_open(post: Post, night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await gives(night, post, "Rita", Kind.EMAIL, 0)
    await gives(night, post, "Rita", Kind.SMS, 30)
    await gives(night, post, "Rita", Kind.VOICE, 150)
    await night.request("CT emergency")
    await night.passes(seconds=2)
    assert (await night.sees()).alerted == [("Rita", 1)], "she is reached: nobody else is woken"
    assert told(post) == [Kind.EMAIL]
    await night.restart(after_s=20)
    await night.passes(seconds=12)
    assert told(post) == [Kind.EMAIL, Kind.SMS], "each at its time, across a restart"
    assert post.carried[-1].text.startswith("Guard request: EMERGENCY, CT emergency.")
    await night.passes(seconds=100)
    assert (await night.sees()).alerted == [("Rita", 1), ("Rocco", 2)], "a message is no answer"
    await night.accepts("Rocco")
    await night.passes(minutes=30)
    assert told(post) == [Kind.EMAIL, Kind.SMS], "the telephone is left alone"
