"""Papers: every European letter, metadata and language, the demo's mark, a seal that breaks."""

from __future__ import annotations

import asyncio
import io
from dataclasses import replace
from pathlib import Path

from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.validation import validate_pdf_signature
from pyhanko_certvalidator import ValidationContext
from pypdf import PdfReader

from server.adapters.clock import SystemClock
from server.adapters.papers import PdfPapers
from server.adapters.seal import FileSeal
from server.services.ports.papers import Paper

PAPER = Paper(
    title="Compte rendu",
    locale="fr",
    facts=[("Patient", "Łukasz Žižek-Ångström Παπάς Иванов")],
    sections=[("Constatations", "Nodule ≤ 5 mm → stable, 37 °C ± 0,5.\n" * 90)],
    signatures=["Signé par Dr Noël"],
    notes=["Pas un dispositif médical."],
)


async def test_a_paper_reads_back() -> None:
    pdf = await PdfPapers(SystemClock(), is_demo=True).render(PAPER)
    read = PdfReader(io.BytesIO(pdf))
    text = "\n".join(page.extract_text() for page in read.pages)
    for words in ("Łukasz Žižek-Ångström", "Παπάς Иванов", "≤ 5 mm → stable", "Dr Noël"):
        assert words in text, words
    assert len(read.pages) > 1
    assert f"page 2 sur {len(read.pages)}" in text
    assert "DÉMONSTRATION" in text
    assert "Pas un dispositif médical." in text
    assert read.metadata is not None
    assert read.metadata.title == "Compte rendu"
    assert str(read.root_object["/Lang"]) == "fr"


async def test_only_the_demo_is_marked() -> None:
    pdf = await PdfPapers(SystemClock(), is_demo=False).render(replace(PAPER, locale="it"))
    assert "DIMOSTRAZIONE" not in PdfReader(io.BytesIO(pdf)).pages[0].extract_text()


async def test_the_seal_fits_only_the_sealed_file(tmp_path: Path) -> None:
    path = tmp_path / "seal.pem"
    papers = PdfPapers(SystemClock(), is_demo=False, seal=FileSeal(path, SystemClock()))
    pdf = await papers.render(PAPER)
    assert path.stat().st_mode & 0o077 == 0
    assert await _is_intact(pdf)
    place = pdf.index(b"/Creator")
    altered = pdf[:place] + b"/Creatur" + pdf[place + 8 :]
    assert not await _is_intact(altered)


async def _is_intact(pdf: bytes) -> bool:
    def check() -> bool:
        (signature,) = PdfFileReader(io.BytesIO(pdf)).embedded_signatures
        trust = ValidationContext(trust_roots=[signature.signer_cert])
        status = validate_pdf_signature(signature, trust)
        return bool(status.intact and status.valid)

    return await asyncio.to_thread(check)
