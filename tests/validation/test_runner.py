"""Rows meet targets: nothing is left over, and a misfit is only excused when it was declared and is one."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from knuffel.errors import DataError
from knuffel.evidence.entries import Target
from knuffel.validation import runner
from knuffel.validation.row import Row

PLAIN = Target("T1", "s", "a level", 5.0, "pg/mL", {"relative": 0.1}, ("x_1990",), "reported")
DECLARED = replace(PLAIN, id="T2", known_misfit="the model has no clock")
WANTED = {"T1": PLAIN, "T2": DECLARED}


def verdicts(first: float, second: float) -> list[str]:
    return [row.verdict for row in runner.compare("s", [Row("T1", first), Row("T2", second)], WANTED)]


@pytest.mark.parametrize("value", [4.5, 5.0, 5.5])
def test_inside_the_tolerance_is_a_pass(value: float) -> None:
    assert verdicts(value, value) == ["pass", "pass"]


@pytest.mark.parametrize("value", [4.4999, 5.5001, -5.0])
def test_outside_only_a_declared_misfit_is_excused(value: float) -> None:
    assert verdicts(value, value) == ["fail", "known_misfit"]


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_what_is_no_number_always_fails(value: float) -> None:
    assert verdicts(value, value) == ["fail", "fail"]


def test_notes_say_why() -> None:
    misfit = runner.compare("s", [Row("T2", 9.0)], {"T2": DECLARED})[0]
    assert misfit.note == "the model has no clock"
    agreeing = runner.compare("s", [Row("T2", 5.0)], {"T2": DECLARED})[0]
    assert "but it agrees" in agreeing.note


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([Row("T1", 5.0)], "no row for T2"),
        ([Row("T1", 5.0), Row("T2", 5.0), Row("T3", 5.0)], "'T3' has no target"),
        ([Row("T1", 5.0), Row("T1", 5.0), Row("T2", 5.0)], "'T1' is answered twice"),
    ],
)
def test_rows_and_targets_must_match(rows: list[Row], message: str) -> None:
    with pytest.raises(DataError, match=message):
        runner.compare("s", rows, WANTED)


def test_a_result_is_data_and_text() -> None:
    rows = runner.compare("s", [Row("T1", 5.1), Row("T2", 9.0)], WANTED)
    data = json.loads(json.dumps(runner.as_json(rows)))
    assert data[0]["obtained"] == 5.1
    assert data[1]["verdict"] == "known_misfit"
    text = runner.as_text(rows)
    assert "T2: the model has no clock" in text
    assert text.endswith("published: 2 compared, 1 pass, 1 known misfit; checks of the equations: 0 compared")


def test_published_numbers_and_checks_are_counted_apart() -> None:
    wanted = {"T1": PLAIN, "C1": replace(PLAIN, id="C1", kind="unit"), "C2": replace(PLAIN, id="C2", kind="unit")}
    rows = runner.compare("s", [Row("T1", 5.0), Row("C1", 5.0), Row("C2", 9.0)], wanted)
    assert [row["kind"] for row in runner.as_json(rows)] == ["reported", "unit", "unit"]
    total = "published: 1 compared, 1 pass; checks of the equations: 2 compared, 1 pass, 1 fail"
    assert runner.totals_text(rows) == total
    assert "  unit  " in runner.as_text(rows)


def test_equal_notes_are_printed_once() -> None:
    wanted = {f"T{place}": replace(PLAIN, id=f"T{place}", note="from a figure") for place in range(5)}
    text = runner.as_text(runner.compare("s", [Row(key, 5.0) for key in wanted], wanted))
    assert "T0, T1, T2 and 2 more: from a figure" in text


def test_an_unknown_name_is_refused() -> None:
    with pytest.raises(DataError, match="did you mean 'spiking'"):
        runner.run(["spikin"])


def test_one_target_can_be_asked_for() -> None:
    (row,) = runner.run(["PK01a"])
    assert (row.id, row.study) == ("PK01a", "pharmacokinetics")


@pytest.mark.parametrize(
    ("tolerance", "text"), [({"relative": 0.15}, "±15 %"), ({"absolute": 0.4}, "±0.4"), ({"range": (2, 5)}, "2 to 5")]
)
def test_tolerances_for_reading(tolerance: dict[str, object], text: str) -> None:
    assert runner.tolerance_text(tolerance) == text
