"""Two people join a room and write to each other."""

from tests.smoke.signalling.network import Node


async def test_two_people_join_and_chat(node: Node) -> None:
    ada, bo = await node.add_user("Ada"), await node.add_user("Bo")
    room = await node.room(ada, bo)
    host = await node.connect(ada)
    before = await host.joins(room)
    member = await node.connect(bo)
    snapshot = await member.joins(room)

    assert [peer["person"] for peer in snapshot["peers"]] == [ada.person, bo.person]
    joined = await host.sees("presence.joined", 2)
    assert joined["data"]["person"] == bo.person
    assert joined["seq"] > before["seq"]

    sent = await host.does("message.send", room=room, client_id="c1", text="TAC ok?", urgent=True)
    heard = await member.sees("message.posted")
    assert heard == sent["event"]
    assert heard["data"] == {"text": "TAC ok?", "urgent": True}

    again = await host.does("message.send", room=room, client_id="c1", text="TAC ok?")
    assert again["event"] == sent["event"]
    await member.does("receipt", room=room, delivered=heard["seq"], read=heard["seq"])
    receipt = await host.hears("receipt")
    assert receipt == {
        "room": room,
        "person": bo.person,
        "delivered": heard["seq"],
        "read": heard["seq"],
    }
    assert len(member.events("message.posted")) == 1
