"""Trials of the connection: who may, what comes back, and that none outlives its socket."""

from server.services.trials import TRIAL_SECONDS, TRIALS_MAX
from tests.smoke.signalling.network import Node
from tests.waiting import until

SOURCES = {"0": "microphone", "1": "camera"}


async def test_what_is_sent_is_offered_back(node: Node) -> None:
    person = await node.connect(await node.add_user("Ada"))
    begun = await person.does("trial.begin")
    trial = begun["trial"]
    assert (begun["ice_servers"], begun["seconds"]) == ([], TRIAL_SECONDS)
    assert node.media.rooms == {
        f"trial:{trial}": {
            f"{trial}.up": (frozenset({"camera", "microphone"}), False),
            f"{trial}.down": (frozenset(), True),
        }
    }
    offered = await person.does("trial.offer", trial=trial, sdp="v=0", sources=SOURCES)
    assert offered == {
        "ok": True,
        "sdp": "answer to v=0",
        "negotiation": 1,
        "offer": f"offer to {trial}.down",
    }
    await person.does("trial.answer", trial=trial, negotiation=1, sdp="v=0")
    assert node.media.answers == [(f"{trial}.down", 1, "v=0")]
    await person.does("trial.end")
    assert node.media.rooms == {}
    assert await person.is_refused("trial.answer", trial=trial, negotiation=1, sdp="v=0") == (
        "not-found"
    )


async def test_a_trial_belongs_to_its_socket_and_ends_with_it(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    one, other = await node.connect(ada), await node.connect(bo)
    trial = (await one.does("trial.begin"))["trial"]
    refusal = await other.is_refused("trial.offer", trial=trial, sdp="v=0", sources=SOURCES)
    assert refusal == "not-found"
    again = (await one.does("trial.begin"))["trial"]
    assert list(node.media.rooms) == [f"trial:{again}"], "the former one ended"
    await one.disconnect()
    await until(lambda: not node.media.rooms)


async def test_nonsense_is_refused_in_the_media_planes_words(node: Node) -> None:
    person = await node.connect(await node.add_user("Ada"))
    trial = (await person.does("trial.begin"))["trial"]
    offer = {"trial": trial, "sources": SOURCES}
    assert await person.is_refused("trial.offer", **offer, sdp="nonsense") == "sdp-invalid"
    assert await person.is_refused("trial.offer", **offer, sdp="") == "invalid"
    node.media.refuse = "media-unavailable"
    assert await person.is_refused("trial.begin") == "media-unavailable"
    node.media.refuse = None
    assert not node.media.rooms


async def test_trials_are_few(node: Node) -> None:
    trials = node.services.calls.trials
    for number in range(TRIALS_MAX):
        await trials.begin(f"socket-{number}")
    person = await node.connect(await node.add_user("Ada"))
    assert await person.is_refused("trial.begin") == "rate-limited"
    await trials.end("socket-0")
    await person.does("trial.begin")
    for _ in range(20):
        await person.ask("trial.begin")
    assert await person.is_refused("trial.begin") == "rate-limited"
    assert len(node.media.rooms) == TRIALS_MAX
