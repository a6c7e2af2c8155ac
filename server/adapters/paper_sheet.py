"""A paper laid out by fpdf2, in a free font that knows every European letter."""

from __future__ import annotations

from collections.abc import Mapping

import fontpkg
from fpdf import FPDF
from fpdf.enums import TextMode, XPos, YPos

from server.services.ports.papers import Paper

FAMILY = "Inter"
"""SIL Open Font License 1.1, from the package fontpkg-inter."""

_MARGIN_MM = 20.0
_LABEL_MM = 45.0
_INK = (20, 30, 40)
_QUIET = (90, 100, 110)
_STROKE_MM = 0.12
"""A thin outline makes headings bold: instancing a bold face costs twelve seconds."""

_PAGE: Mapping[str, str] = {
    "it": "pagina {page} di {{pages}}",
    "fr": "page {page} sur {{pages}}",
    "en": "page {page} of {{pages}}",
}
_DEMO: Mapping[str, str] = {
    "it": "DIMOSTRAZIONE: persone inventate",
    "fr": "DÉMONSTRATION : personnes inventées",
    "en": "DEMONSTRATION: invented people",
}


class Sheet(FPDF):
    """A4, portrait."""

    def __init__(self, paper: Paper, is_demo: bool) -> None:
        super().__init__(unit="mm", format="A4")
        self._paper = paper
        self._is_demo = is_demo
        self.set_margin(_MARGIN_MM)
        self.set_auto_page_break(True, _MARGIN_MM)
        self.set_lang(paper.locale)
        self.set_title(paper.title)
        self.set_creator("Guardline")
        self.set_producer("Guardline")
        self.alias_nb_pages("{pages}")
        self.add_font(FAMILY, fname=fontpkg.path(FAMILY))

    def compose(self) -> None:
        """Write everything."""
        paper = self._paper
        self.add_page()
        self._bold(paper.title, 18)
        self.ln(4)
        for label, value in paper.facts:
            self._fact(label, value)
        for heading, text in paper.sections:
            self.ln(5)
            self._bold(heading, 12)
            self.ln(1)
            self._text(text, 10.5)
        if paper.signatures:
            self.ln(6)
            self.line(_MARGIN_MM, self.get_y(), self.w - _MARGIN_MM, self.get_y())
            self.ln(3)
        for signature in paper.signatures:
            self._text(signature, 9)
            self.ln(1)

    def header(self) -> None:
        """The demo's mark."""
        if self._is_demo:
            self.set_font(FAMILY, size=9)
            self.set_text_color(170, 20, 20)
            self.cell(0, 5, _DEMO[self._paper.locale], align="C")
            self.ln(8)

    def footer(self) -> None:
        """Notes and page number."""
        self.set_y(-16)
        self.set_font(FAMILY, size=8)
        self.set_text_color(*_QUIET)
        page = _PAGE[self._paper.locale].format(page=self.page_no())
        line = " · ".join([*self._paper.notes, page])
        self.multi_cell(0, 4, line, align="C", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _bold(self, text: str, size: float) -> None:
        self.set_draw_color(*_INK)
        self.set_line_width(_STROKE_MM)
        with self.local_context(text_mode=TextMode.FILL_STROKE):
            self._text(text, size)

    def _text(self, text: str, size: float) -> None:
        self.set_font(FAMILY, size=size)
        self.set_text_color(*_INK)
        self.multi_cell(0, size * 0.5, text, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def _fact(self, label: str, value: str) -> None:
        self.set_font(FAMILY, size=10)
        self.set_text_color(*_QUIET)
        top = self.get_y()
        self.multi_cell(_LABEL_MM, 5.5, label, align="L", new_x=XPos.RIGHT, new_y=YPos.TOP)
        self.set_text_color(*_INK)
        self.set_xy(_MARGIN_MM + _LABEL_MM, top)
        self.multi_cell(0, 5.5, value, align="L", new_x=XPos.LMARGIN, new_y=YPos.NEXT)
