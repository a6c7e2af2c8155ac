"""The head of department puts Renata on the second step while the first rings."""

from dataclasses import replace

from server.domain.rota import Layer
from server.services.rotas import RotaChange
from tests.scenarios.night import Night


async def test_a_rota_is_edited_while_it_rings(night: Night) -> None:
    await night.guard("CT emergency", ("Rita", 120), ("Rocco", 120))
    await night.connects("Rita", "Rocco", "Renata")
    await night.request("CT emergency")
    await night.passes(seconds=60)
    rotas, anna = night.server.services.care.rotas, night.cast.people["Anna"]
    sheet = await rotas.get(anna, night.cast.rotas["CT emergency, step 2"])
    renata = night.cast.people["Renata"].person
    rotation = replace(sheet.rota.layers[0].rotation, members=(renata,))
    change = RotaChange(layers=(Layer(rotation),))
    await rotas.change(anna, sheet.rota.id, sheet.rota.version, change)
    await night.passes(seconds=60)
    assert night.is_alerted("Renata")
    assert not night.sounds("Rocco")
