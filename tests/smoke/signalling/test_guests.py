"""A guest's whole connection stands on one room."""

from datetime import timedelta

from server.domain.access import Actor, RoomRole
from server.domain.invitations import Invitation
from server.domain.memberships import active
from tests.smoke.signalling.network import Node, Person


async def test_a_guest_comes_by_a_room_token_and_goes_with_the_membership(node: Node) -> None:
    ada = await node.add_user("Ada")
    room = await node.room(ada)
    now = node.clock.now()
    invitation = Invitation.create(
        node.services.fresh.id(),
        room,
        "code",
        ada.person,
        now,
        name="Patient",
        role=RoomRole.GUEST,
        expires_in=timedelta(hours=1),
        lobby=False,
    )
    guest = Actor(f"guest:{invitation.id}", "Patient")
    async with node.database.transaction() as uow:
        await uow.invitations.add(invitation)
        await uow.memberships.save(active(room, guest.person, guest.name, RoomRole.GUEST, now))
    host = await node.connect(ada)
    await host.joins(room)

    patient = Person(node, guest, "phone")
    node.people.append(patient)
    await patient.connect(await node.room_token(guest, room))
    await patient.joins(room)
    await patient.does("message.send", room=room, client_id="c", text="hello")
    await host.sees("message.posted")
    await patient.does("token", token=await node.room_token(guest, room))
    await patient.does("room.token", room=room, token=await node.room_token(guest, room))
    assert await patient.is_refused("moderate.lock", room=room, locked=True) == "forbidden"

    await host.does("moderate.remove", room=room, person=guest.person)
    await patient.is_cut_off(5)
    assert {"room": room, "code": "removed"} in patient.all("revoked")
    assert (await host.sees("presence.left"))["data"]["reason"] == "removed"
