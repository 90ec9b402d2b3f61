"""Every study agrees with what was published, or the misfit is declared."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

import knuffel.validation
from knuffel.evidence import check, load
from knuffel.validation import runner

FOLDER = Path(knuffel.validation.__file__).parent


@pytest.mark.parametrize("study", runner.STUDIES)
def test_study_agrees(study: str) -> None:
    rows = runner.run_study(study)
    failed = [row for row in rows if row.verdict == "fail"]
    assert rows
    assert not failed, runner.as_text(failed)


def test_every_target_belongs_to_a_study() -> None:
    assert {target.study for target in load.targets().values()} == set(runner.STUDIES)


def test_every_study_is_listed() -> None:
    with_rows = {path.stem for path in FOLDER.glob("*.py") if re.search(r"^def rows\(", path.read_text("utf-8"), re.M)}
    assert with_rows == set(runner.STUDIES)


@pytest.mark.parametrize("name", load.targets())
def test_target_is_well_formed(name: str) -> None:
    assert check.target_problems(load.targets()[name], load.sources()) == []


@pytest.mark.parametrize(
    "name", ["PK05c", "PK06a", "PK06b", "SP_spikemod_rest_spikes", "HUG_peak", "PK14", "PK16a", "PK32c"]
)
def test_rows_that_return_an_input_say_so(name: str) -> None:
    assert load.targets()[name].note.startswith("returns what ")


def test_reference_curves_are_targets() -> None:
    text = (load.root() / "data" / "pk" / "reference_curves.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(text.splitlines()))
    routes = {"instantaneous iv": "", " im ": "im_", " intranasal ": "intranasal_"}
    curves = {}
    for row in rows:
        (route,) = (label for words, label in routes.items() if words in row["input"])
        curves[f"PK07_{route}{row['set_id']}_{row['t_min']}"] = float(row["C_pg_ml"])
    assert len(curves) == len(rows)
    known = load.targets()
    assert {name: known[name].published for name in curves} == curves
