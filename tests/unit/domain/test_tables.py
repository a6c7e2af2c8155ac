"""Tables for spreadsheets."""

import pytest

from server.domain.tables import FORMULA, as_csv


def test_lines_are_those_of_rfc_4180() -> None:
    rows = [["a, b", 1, None], ['says "x"', 0.25, 2.0]]
    assert as_csv(("name", "n", "share"), rows) == (
        'name,n,share\r\n"a, b",1,\r\n"says ""x""",0.25,2\r\n'
    )


@pytest.mark.parametrize("first", FORMULA)
def test_no_name_is_taken_for_a_formula(first: str) -> None:
    (_, line) = as_csv(["name"], [[f"{first}1+1"]]).split("\r\n", 1)
    assert line.lstrip('"').startswith("'")
