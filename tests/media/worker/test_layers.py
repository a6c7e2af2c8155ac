"""A real Chromium sends its camera in layers; each subscriber gets the one its view wants."""

from functools import partial

import pytest

from media.protocol import EncodingsWanted, View
from media.worker.producer import Producer
from tests.media.worker.person import Person, chromium_people
from tests.media.worker.support import Plane, plane, until

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("chromium")]

LAYERS = [
    {"rid": "q", "scaleResolutionDownBy": 4, "maxBitrate": 80_000},
    {"rid": "h", "scaleResolutionDownBy": 2, "maxBitrate": 200_000},
    {"rid": "f", "scaleResolutionDownBy": 1, "maxBitrate": 500_000},
]
LARGE, SMALL = (960, 540), (150, 90)


def show(media: Plane, viewer: str, size: tuple[int, int] | None) -> None:
    tiles = (("anna", "camera", *size),) if size else ()
    media.request(View("room", viewer, tiles))


def camera(media: Plane) -> Producer:
    return media.worker.rooms["room"].peers["anna"].producers["camera"]


async def width(person: Person) -> int:
    return max([int(track.get("frameWidth", 0)) for track in await person.received("video")] or [0])


async def sees(person: Person, wanted: int) -> bool:
    return await width(person) == wanted


async def test_two_subscribers_at_different_layers_switch_without_a_freeze() -> None:
    async with plane() as media, chromium_people(media, "anna", "bruno", "carla") as people:
        anna, bruno, carla = people
        await anna.publish(LAYERS)
        await until(lambda: "bruno" in media.on_offer and media.offers("bruno"), "an offer")
        show(media, "bruno", LARGE)
        show(media, "carla", SMALL)
        await until(lambda: len(camera(media).active) == 3, "three layers arrive", 40)
        await until(partial(sees, bruno, 960), "bruno sees the largest", 40)
        await until(partial(sees, carla, 240), "carla sees the smallest")
        for size, wanted in ((SMALL, 240), (LARGE, 960), ((480, 270), 480)):
            show(media, "bruno", size)
            await until(partial(sees, bruno, wanted), f"bruno sees {wanted}")
            before = await bruno.frames()
            await until(lambda: bruno.has_more_than(before + 20), "frames go on")  # noqa: B023
        (track,) = await bruno.received("video")
        (control,) = await carla.received("video")  # whose layer never changed
        assert track["totalFreezesDuration"] - control["totalFreezesDuration"] < 0.5
        assert track["packetsLost"] <= 0
        assert [layer.width for layer in camera(media).layers] == [240, 480, 960]
        assert await sees(carla, 240), "nobody else is affected"

        show(media, "bruno", None)
        await until(bruno.stalls, "out of view is paused")
        await until(lambda: told(media) == [1], "the publisher may stop two layers")
        show(media, "bruno", LARGE)
        await until(lambda: told(media) == [3], "and begin again")
        await until(partial(sees, bruno, 960), "bruno sees the largest again")


def told(media: Plane) -> list[int]:
    """What the camera's publisher was told last."""
    counts = [e.count for e in media.events if isinstance(e, EncodingsWanted)]
    return counts[-1:]
