"""Evidence as rows and as text."""

from __future__ import annotations

import json

import pytest

from knuffel.errors import ParameterError
from knuffel.evidence import load, tables


def test_every_parameter_has_a_row() -> None:
    rows = tables.parameter_rows()
    assert [row["id"] for row in rows] == list(load.parameters())
    assert json.loads(json.dumps(rows)) == rows


def test_a_room_or_a_piece_of_text_chooses() -> None:
    assert all(row["id"].startswith("plasma.") for row in tables.parameter_rows("plasma"))
    assert [row["id"] for row in tables.parameter_rows("dilatation_activity")] == ["uterus.dilatation_activity"]
    with pytest.raises(ParameterError, match="did you mean 'plasma'"):
        tables.parameter_rows("plasme")


def test_a_row_names_the_sets_that_change_it() -> None:
    (row,) = tables.parameter_rows("plasma.clearance")
    assert {"term_A", "term_B", "rat_250g"} <= set(row["sets"])


def test_the_facts_of_a_parameter() -> None:
    facts = tables.parameter_facts("plasma.clearance")
    assert {row["set"]: row["value"] for row in facts["sets"]}["term_A"] == 1300
    assert [row["key"] for row in facts["references"]] == list(load.parameters()["plasma.clearance"].source)
    json.dumps(facts)
    text = tables.facts_text(facts)
    for part in ("plasma.clearance", "mL/min", "term_A", "1300", "references", "why"):
        assert part in text
    with pytest.raises(ParameterError, match=r"did you mean 'plasma\.clearance'"):
        tables.parameter_facts("plasma.clearence")


def test_every_parameter_can_be_shown() -> None:
    for name in load.parameters():
        assert name in tables.facts_text(tables.parameter_facts(name))


def test_references_are_listed_once_each() -> None:
    rows = tables.citation_rows()
    assert [row["key"] for row in rows] == list(load.sources())
    *lines, last = tables.citation_text(rows).splitlines()
    assert len(lines) == len(rows)
    assert "square brackets" in last
    printed = [row for row in rows if "[" not in row["reference"]]
    assert len(tables.citation_text(printed).splitlines()) == len(printed)
    assert tables.citation_text([]) == ""


def test_a_doi_from_memory_says_so() -> None:
    by_key = {row["key"]: row["reference"] for row in tables.citation_rows()}
    assert by_key["de_groot_1995"].endswith("doi:10.1111/j.2042-7158.1995.tb06716.x (DOI from memory)")
    assert by_key["thornton_1990"].endswith("doi:10.1152/ajpregu.1990.259.1.R21")
    assert by_key["magnet"].endswith("GitHub HypoModel/MagNet")


def test_text_tables_are_aligned_and_cut() -> None:
    text = tables.text_table(("a", "long"), [("x", "y"), ("xyz", "0123456789")], widest=6)
    assert text.splitlines() == ["a    long", "---  ------", "x    y", "xyz  01234…"]


@pytest.mark.parametrize(
    ("value", "text"), [(1.0, "1"), (0.1234567, "0.123457"), ((2.0, 5.0), "2 to 5"), ((1.0, 2.0, 3.0), "1, 2, 3")]
)
def test_numbers_for_reading(value: object, text: str) -> None:
    assert tables.number_text(value) == text  # type: ignore[arg-type]
