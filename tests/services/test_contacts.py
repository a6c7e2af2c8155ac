"""Contact methods: proved by what arrives, used only then, and never without end."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from server.adapters.database.unit_of_work import SqlDatabase
from server.adapters.rate_limits import WindowRateLimits
from server.domain.access import Actor
from server.domain.contact_messages import KEPT, RETRIES
from server.domain.contact_methods import (
    CODE_LIFE,
    CODE_TRIES,
    METHODS_LIMIT,
    ContactCodeInvalid,
    ContactCodeOver,
    ContactKindUnavailable,
    ContactMethod,
    ContactMethodExists,
    ContactMethodUnproved,
    Kind,
)
from server.domain.errors import (
    Invalid,
    LimitExceeded,
    NotFound,
    RateLimited,
    Unauthenticated,
)
from server.domain.webhooks import Outcome
from server.services.webhook_signatures import TOLERANCE, signed
from tests.services.conftest import AddUser, FakeClock, RecordingBus, trail
from tests.services.contact_cast import SECRET, VALUES, Contacting


@pytest.fixture
def contacting(database: SqlDatabase, clock: FakeClock, limits: WindowRateLimits) -> Contacting:
    return Contacting(database, clock, limits)


@pytest.fixture
async def rita(add_user: AddUser) -> Actor:
    return await add_user("Rita", locale="it")


async def only(contacting: Contacting, person: Actor) -> ContactMethod:
    [method] = (await contacting.methods.list(person)).methods
    return method


async def test_a_code_that_arrives_proves_a_contact(
    contacting: Contacting, rita: Actor, database: SqlDatabase
) -> None:
    made = await contacting.methods.add(rita, Kind.SMS, VALUES[Kind.SMS], 60)
    assert made.proved_at is None
    code = await contacting.code(rita, made.id)
    [letter] = contacting.post.carried
    assert (letter.to, letter.locale) == ("+393335550101", "it")
    assert letter.text.startswith(f"Il tuo codice Guardline: {code}")
    proved = await contacting.methods.prove(rita, made.id, code)
    assert proved.is_used
    assert await only(contacting, rita) == proved
    with pytest.raises(ContactCodeOver):
        await contacting.methods.prove(rita, made.id, code)
    actions = [action for action, _ in await trail(database)]
    assert actions == ["contact-method.added", "contact-method.proved"]


async def test_the_code_is_kept_nowhere_once_it_left(
    contacting: Contacting, rita: Actor, database: SqlDatabase
) -> None:
    made = await contacting.methods.add(rita, Kind.EMAIL, VALUES[Kind.EMAIL], 0)
    code = await contacting.code(rita, made.id)
    async with database.reading() as uow:
        [message] = await uow.contact_messages.about("contact.code", [made.id], rita.person)
    assert message.sealed is None
    assert code not in str(message)
    assert code not in str(await only(contacting, rita))


async def test_wrong_codes_are_counted_and_late_ones_refused(
    contacting: Contacting, rita: Actor, clock: FakeClock
) -> None:
    made = await contacting.methods.add(rita, Kind.SMS, VALUES[Kind.SMS], 0)
    code = await contacting.code(rita, made.id)
    for _ in range(CODE_TRIES):
        with pytest.raises(ContactCodeInvalid):
            await contacting.methods.prove(rita, made.id, "no code")
    with pytest.raises(ContactCodeOver):
        await contacting.methods.prove(rita, made.id, code)
    code = await contacting.code(rita, made.id)
    clock.advance(seconds=CODE_LIFE.total_seconds())
    with pytest.raises(ContactCodeOver):
        await contacting.methods.prove(rita, made.id, code)


async def test_codes_to_one_number_are_limited_whoever_asks(
    contacting: Contacting, rita: Actor, add_user: AddUser
) -> None:
    people = [rita, await add_user("Rocco")]
    made = [await contacting.methods.add(one, Kind.SMS, VALUES[Kind.SMS], 0) for one in people]
    for _ in range(2):
        for person, method in zip(people, made, strict=True):
            await contacting.methods.send_code(person, method.id)
    with pytest.raises(RateLimited):
        await contacting.methods.send_code(rita, made[0].id)


async def test_nothing_but_a_code_goes_to_what_is_unproved(
    contacting: Contacting, rita: Actor
) -> None:
    made = await contacting.methods.add(rita, Kind.SMS, VALUES[Kind.SMS], 0)
    with pytest.raises(ContactMethodUnproved):
        await contacting.methods.test(rita, made.id)
    assert await contacting.send() == 0


async def test_a_test_message_says_that_it_is_one(contacting: Contacting, rita: Actor) -> None:
    method = await contacting.proved(rita)
    await contacting.methods.test(rita, method.id)
    await contacting.send()
    assert contacting.post.texts(method.value) == ["Messaggio di prova. Questo recapito funziona."]


async def test_methods_are_ones_own_each_once_and_not_without_end(
    contacting: Contacting, rita: Actor, add_user: AddUser
) -> None:
    method = await contacting.proved(rita)
    with pytest.raises(ContactMethodExists):
        await contacting.methods.add(rita, Kind.SMS, "+393335550101", 60)
    stranger = await add_user("Zoe")
    for attempt in (
        contacting.methods.prove(stranger, method.id, "012345"),
        contacting.methods.send_code(stranger, method.id),
        contacting.methods.test(stranger, method.id),
        contacting.methods.change(stranger, method.id, 0, None),
        contacting.methods.remove(stranger, method.id),
        contacting.methods.remove(rita, "\0"),
    ):
        with pytest.raises(NotFound):
            await attempt
    for number in range(METHODS_LIMIT - 1):
        await contacting.methods.add(rita, Kind.VOICE, f"+3933355502{number:02}", 0)
    with pytest.raises(LimitExceeded):
        await contacting.methods.add(rita, Kind.VOICE, "+393335550301", 0)


async def test_a_kind_that_the_server_cannot_send_is_not_offered(
    database: SqlDatabase, clock: FakeClock, limits: WindowRateLimits, rita: Actor
) -> None:
    both = Contacting(database, clock, limits)
    sms = await both.proved(rita)
    mail = Contacting(database, clock, limits, kinds=(Kind.EMAIL,))
    assert (await mail.methods.list(rita)).kinds == [Kind.EMAIL]
    with pytest.raises(ContactKindUnavailable):
        await mail.methods.add(rita, Kind.VOICE, VALUES[Kind.VOICE], 0)
    for attempt in (mail.methods.test(rita, sms.id), mail.methods.send_code(rita, sms.id)):
        with pytest.raises(ContactKindUnavailable):
            await attempt


async def test_what_is_switched_off_or_removed_gets_nothing_more(
    contacting: Contacting, rita: Actor, database: SqlDatabase
) -> None:
    method = await contacting.proved(rita)
    await contacting.methods.test(rita, method.id)
    changed = await contacting.methods.change(rita, method.id, 30, False)
    assert (changed.after_s, changed.is_used) == (30, False)
    assert await contacting.send() == 0
    await contacting.methods.change(rita, method.id, None, True)
    await contacting.methods.test(rita, method.id)
    await contacting.methods.remove(rita, method.id)
    assert await contacting.send() == 0
    assert (await contacting.methods.list(rita)).methods == []
    assert ("contact-method.removed", method.id) in await trail(database)


async def test_trouble_is_tried_again_and_shown_until_it_is_over(
    contacting: Contacting, rita: Actor, clock: FakeClock, bus: RecordingBus
) -> None:
    method = await contacting.proved(rita)
    await contacting.methods.test(rita, method.id)
    contacting.post.answers = [Outcome(None, "timeout")]
    assert await contacting.send() == 1
    assert await contacting.send() == 0
    failing = await only(contacting, rita)
    assert failing.error == "timeout"
    assert not failing.is_ready(clock.now())
    assert {"topic": "contact-methods", "subject": method.id} in [
        dict(one.data) for one in bus.named("changed") if one.person == rita.person
    ]
    clock.advance(seconds=RETRIES[0].total_seconds())
    assert await contacting.send() == 1
    assert (await only(contacting, rita)).is_ready(clock.now())
    assert len(contacting.post.carried) == 2
    assert len({letter.id for letter in contacting.post.carried}) == 1, "the gateway may tell"


async def test_a_crash_while_sending_repeats_it(
    contacting: Contacting, rita: Actor, database: SqlDatabase, clock: FakeClock
) -> None:
    method = await contacting.proved(rita)
    await contacting.methods.test(rita, method.id)
    async with database.transaction() as uow:  # taken by a process that dies now
        await uow.contact_messages.lease(list(Kind), clock.now(), clock.now(), 10)
    assert await contacting.send() == 1


def report(kind: str, message: str, clock: FakeClock) -> tuple[dict[str, str], bytes]:
    body = json.dumps({"type": kind, "data": {"message": message}})
    return signed(SECRET, "report-1", body, clock.now()), body.encode()


async def test_the_gateway_tells_what_became_of_a_message(
    contacting: Contacting, rita: Actor, clock: FakeClock, database: SqlDatabase
) -> None:
    method = await contacting.proved(rita)
    await contacting.methods.test(rita, method.id)
    await contacting.send()
    [letter] = contacting.post.carried
    await contacting.messages.report(*report("message.failed", letter.id, clock))
    assert (await only(contacting, rita)).error == "undelivered"
    await contacting.messages.report(*report("message.delivered", letter.id, clock))
    assert (await only(contacting, rita)).error == "undelivered", "the first report stands"
    await contacting.messages.report(*report("message.delivered", "unknown", clock))
    clock.advance(seconds=(KEPT + timedelta(seconds=1)).total_seconds())
    assert await contacting.messages.purge() == 2
    async with database.reading() as uow:
        assert await uow.contact_messages.find(letter.id) is None


async def test_only_the_gateway_reports(contacting: Contacting, clock: FakeClock) -> None:
    headers, body = report("message.failed", "1", clock)
    genuine = Webhook(SECRET).sign("report-1", clock.now(), body.decode())
    assert headers["webhook-signature"] == genuine, "as the library signs"
    late = clock.now() - TOLERANCE - timedelta(seconds=1)
    forged = [
        ({}, body),
        (headers | {"webhook-signature": "v1,AAAA"}, body),
        (headers | {"webhook-id": "another"}, body),
        (headers | {"webhook-timestamp": "soon"}, body),
        (headers, body + b" "),
        (headers, b"\xff"),
        (signed(SECRET, "report-1", body.decode(), late), body),
        (signed(SECRET.replace("c2V", "c2W"), "report-1", body.decode(), clock.now()), body),
    ]
    for wrong, said in forged:
        with pytest.raises(Unauthenticated):
            await contacting.messages.report(wrong, said)
    for nonsense in ("[]", "{}", "nonsense", '{"type": "message.read", "data": {"message": "1"}}'):
        with pytest.raises(Invalid):
            await contacting.messages.report(
                signed(SECRET, "report-1", nonsense, clock.now()), nonsense.encode()
            )
