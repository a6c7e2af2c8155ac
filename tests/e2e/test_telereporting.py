"""A hospital asks, a radiologist elsewhere reads and signs, the patient reads at home."""

from __future__ import annotations

import base64
import hashlib
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.dicom import dicom
from tests.e2e.conftest import OpenChromium
from tests.e2e.looking import look
from tests.e2e.product import Product
from tests.e2e.seat import ChromiumSeat

pytestmark = [pytest.mark.browser, pytest.mark.slow]
BORN = "1960-05-01"


def _speaks(network: Product, login: str, locale: str) -> str:
    email = f"{login}@demo.example"
    token = network.sign_in(email)
    network.ask("PATCH", "/api/v1/me", {"locale": locale}, token)
    return token


async def _sit(
    network: Product, open_chromium: OpenChromium, login: str, locale: str, phone: bool
) -> ChromiumSeat:
    email = f"{login}@demo.example"
    seat: ChromiumSeat = await open_chromium(login, locale=locale, phone=phone)
    await seat.sign_in(network.url, email, network.logins()[email])
    return seat


async def _ask(seat: ChromiumSeat, network: Product, identifier: str) -> str:
    """Fill in a new study; answers its address."""
    await seat.open(f"{network.url}/studies")
    await seat.click("[data-testid=study-new]")
    await seat.write("[name=name]", "Anna Bianchi")
    await seat.write("[name=identifier]", identifier)
    await seat.write("[name=birth_date]", BORN)
    await seat.write("[name=title]", "TC torace")
    await seat.write("[name=question]", "Embolia polmonare?")
    await look(seat, "studies-new")
    await seat.click("[data-testid=study-create]")
    await seat.wait_for("[data-testid=study-images]")
    return str(await seat.evaluate("return location.pathname"))


async def _share(seat: ChromiumSeat) -> tuple[str, str]:
    await seat.click("[data-testid=study-share]")
    await seat.click("[data-testid=share-create]")
    await seat.wait_for("[data-testid=share-pin]")
    await look(seat, "studies-share")
    link = (await seat.texts("[data-testid=share-link]"))[0]
    return link, (await seat.texts("[data-testid=share-pin]"))[0]


async def _says(seat: ChromiumSeat, selector: str, text: str) -> None:
    async def is_said() -> bool:
        return any(text in one for one in await seat.texts(selector))

    await seat.until(is_said, f"{text} in {selector}")


@pytest.mark.parametrize("phone", [True, False], ids=["phone", "desktop"])
async def test_a_study_is_read_elsewhere(
    network: Product, open_chromium: OpenChromium, tmp_path: Path, phone: bool
) -> None:
    locale = "it" if phone else "fr"
    identifier = f"BNC{locale.upper()}60E41F205X"
    for login in ("technician", "radiologist2"):
        _speaks(network, login, locale)
    right, wrong = tmp_path / "1.dcm", tmp_path / "2.dcm"
    right.write_bytes(dicom(identifier))
    wrong.write_bytes(dicom("ALTRO"))

    site = await _sit(network, open_chromium, "technician", locale, phone)
    place = await _ask(site, network, identifier)
    await site.attach("[data-testid=study-files]", wrong)
    await site.wait_for("[data-testid=study-mismatch]")
    assert await site.evaluate(
        "return document.querySelector('[data-testid=study-assign]').disabled"
    )
    await look(site, "studies-mismatch")
    await site.click("[data-testid=study-mismatch-remove]")
    await site.wait_without("[data-testid=study-mismatch]")
    await site.attach("[data-testid=study-files]", right)
    await site.wait_for("[data-testid=study-images][data-count='1']")
    option = site.page.locator("[name=radiologist] option", has_text="Rocco")
    value = await option.get_attribute("value")
    await site.page.locator("[name=radiologist]").select_option(value)
    await site.click("[data-testid=study-assign]")
    await site.wait_for("[data-testid=study-state][data-state=assigned]")

    reader = await _sit(network, open_chromium, "radiologist2", locale, phone)
    await reader.open(f"{network.url}/studies")
    await reader.wait_for(f"a[href='{place}']")
    await look(reader, "studies-to-report")
    await reader.click(f"a[href='{place}']")
    await reader.wait_for("[data-testid=report-findings]")
    await reader.write("[data-testid=report-findings]", "Nessun trombo nelle arterie polmonari.")
    await reader.write("[data-testid=report-conclusion]", "Esame negativo.")
    await reader.write("[data-testid=report-critical-text]", "Nodulo di 12 mm")
    await reader.click("[data-testid=report-critical-add]")
    await reader.wait_for("[data-testid=report-critical][data-heard=false]")
    await reader.wait_for("[data-testid=report-saved][data-saved=true]")
    await reader.write("[data-testid=report-viewer]", "PACS certificato 7.2")
    await look(reader, "studies-reading")
    await reader.click("[data-testid=report-sign]")
    await reader.page.locator("dialog[open] .button.primary").click()
    await reader.wait_for("[data-testid=report-state][data-state=final]")
    await reader.click("[data-testid=report-read-back]")
    await reader.write("[name=receiver]", "Dr. Rossi")
    await reader.click("[data-testid=report-read-back-confirm]")
    await reader.wait_for("[data-testid=report-critical][data-heard=true]")
    await look(reader, "studies-signed")

    await site.wait_for("[data-testid=study-state][data-state=reported]", 30)
    await _says(site, "[data-testid=report-text]", "Esame negativo.")
    async with site.page.expect_download() as download:
        await site.click("[data-testid=report-pdf]")
    paper = await (await download.value).path()
    assert paper.read_bytes().startswith(b"%PDF")
    await look(site, "studies-reported")
    link, pin = await _share(site)

    patient: ChromiumSeat = await open_chromium("Anna", locale=locale, phone=phone)
    await patient.open(link.replace(link.partition("/results")[0], network.url))
    await patient.write("[data-testid=result-birth-date]", BORN)
    await patient.write("[data-testid=result-pin]", f"{(int(pin) + 1) % 1_000_000:06d}")
    await look(patient, "results-door")
    await patient.click("[data-testid=result-open]")
    await patient.wait_for("[role=alert]")
    await patient.write("[data-testid=result-pin]", pin)
    await patient.click("[data-testid=result-open]")
    await _says(patient, "[data-testid=result-text]", "Esame negativo.")
    await look(patient, "results")
    async with patient.page.expect_download() as download:
        await patient.click("[data-testid=result-pdf]")
    assert (await (await download.value).path()).read_bytes().startswith(b"%PDF")

    second: Any = await open_chromium("Somebody", locale=locale, phone=phone)
    await second.open(link.replace(link.partition("/results")[0], network.url))
    await second.write("[data-testid=result-birth-date]", BORN)
    await second.write("[data-testid=result-pin]", pin)
    await second.click("[data-testid=result-open]")
    await second.wait_without("[data-testid=result-open]")
    assert not await second.has("[data-testid=result-text]")


async def test_another_hospital_finds_a_result_only_with_consent(
    network: Product, open_chromium: OpenChromium
) -> None:
    identifier = "VRDLCU70A01F205Z"
    technician = network.sign_in("technician@demo.example")
    reader_token = network.sign_in("radiologist2@demo.example")
    network.ask("PATCH", "/api/v1/me", {"locale": "fr"}, network.sign_in("oncologue@demo.example"))
    study = _reported(network, technician, reader_token, identifier)
    seat = await _sit(network, open_chromium, "oncologue", "fr", phone=False)
    await seat.open(f"{network.url}/studies")
    await seat.click("[data-tab=find]")
    for given in (False, True):
        body = {"given": given}
        network.ask("PUT", f"/api/v1/studies/{study}/consent", body, technician)
        await seat.write("[data-testid=find-identifier]", identifier)
        await seat.write("[data-testid=find-birth-date]", BORN)
        await seat.click("[data-testid=find-submit]")
        await seat.wait_for("[data-testid=study-line]" if given else ".empty")
    await look(seat, "studies-found")
    await seat.click("[data-testid=study-line]")
    await _says(seat, "[data-testid=report-text]", "Normale.")


def _reported(network: Product, technician: str, reader: str, identifier: str) -> str:
    """A study with a final report, through the API."""
    patient = {"name": "Luca Verdi", "birth_date": BORN, "identifier": identifier}
    body = {"title": "RX torace", "patient": patient}
    _, study = network.ask("POST", "/api/v1/studies", body, technician)
    data = dicom(identifier)
    fields = {
        "room": study["room"],
        "filename": "1.dcm",
        "filetype": "application/dicom",
        "sha256": hashlib.sha256(data).hexdigest(),
        "client_id": study["id"],
    }
    pairs = (f"{key} {base64.b64encode(text.encode()).decode()}" for key, text in fields.items())
    sent = {"Authorization": f"Bearer {technician}", "Tus-Resumable": "1.0.0"}
    made = {"Upload-Length": str(len(data)), "Upload-Metadata": ",".join(pairs)}
    address = f"{network.url}/api/v1/uploads"
    request = urllib.request.Request(address, b"", sent | made, method="POST")
    with urllib.request.urlopen(request, timeout=30) as answer:
        location = str(answer.headers["Location"])
    offset = {"Upload-Offset": "0", "Content-Type": "application/offset+octet-stream"}
    whole = location if location.startswith("http") else network.url + location
    request = urllib.request.Request(whole, data, sent | offset, method="PATCH")
    with urllib.request.urlopen(request, timeout=30) as answer:
        assert answer.status == 204
    _, me = network.ask("GET", "/api/v1/me", None, reader)
    one = f"/api/v1/studies/{study['id']}"
    _, study = network.ask("POST", f"{one}/assign", {"radiologist": me["id"]}, technician)
    report = f"/api/v1/reports/{study['report']['id']}"
    text = {"version": 0, "findings": "", "conclusion": "Normale."}
    network.ask("PUT", report, text, reader)
    signing = {"version": 1, "attestation": "PACS 7.2"}
    status, signed = network.ask("POST", f"{report}/sign", signing, reader)
    assert status == 200, signed
    return str(study["id"])
