"""``knuffel pk``: a finished run, tables of levels, and what does not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knuffel import simulate
from knuffel.dosing_tables import Dose, EventTable, Observation, write_event_table
from knuffel.errors import DataError, KnuffelError
from knuffel.kinetics_report import Wishes, find_kinetics
from knuffel.result import Result
from knuffel.units import unit_factor
from tests.fixtures import synthetic

from .conftest import Command

CLEARANCE, VOLUME, UNIT = 1200.0, 12_000.0, 1.71e6  # mL/min, mL, pg in one IU


def levels(time: np.ndarray[Any, Any], scale: float = 1.0) -> np.ndarray[Any, Any]:
    """Return the levels (pg/mL) after 1 IU into one compartment, by time in min."""
    return np.asarray(scale * UNIT / VOLUME * np.exp(-CLEARANCE / VOLUME * time))


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """One subject after a bolus of 1 IU, above a level of 2 pg/mL."""
    time = np.array([-5, 1, 2, 5, 10, 20, 30, 45.0])
    rows = [f"{at:g},{2 + (float(levels(at)) if at > 0 else 0):.12g}" for at in time]
    path = tmp_path / "levels.csv"
    path.write_text("TIME[min],DV[pg/mL]\n" + "\n".join(rows) + "\n")
    return path


def values(source: Path, **wishes: Any) -> dict[str, float]:
    found = find_kinetics(str(source), Wishes(**wishes))
    return {key: row[0] for key, _, _, row in found.rows()}


def test_a_table_of_levels(table: Path, knuffel: Command) -> None:
    options = ["--dose", "1 IU", "--route", "iv_bolus", "--baseline", "before", "--threshold", "100 pg/mL"]
    answer = knuffel("pk", str(table), *options)
    assert answer.returncode == 0, answer.stderr
    assert "CL                         1200 mL/min" in answer.stdout
    assert "terminal half-life         6.931 min" in answer.stdout
    answer = knuffel("pk", str(table), *options, "--json")
    facts = json.loads(answer.stdout)["quantities"]
    assert facts["steady_state_volume"]["median"] == pytest.approx(VOLUME, rel=1e-6)
    assert facts["initial"] == {
        "label": "C0", "unit": "pg/mL", "median": pytest.approx(142.5), "p5": pytest.approx(142.5),
        "p95": pytest.approx(142.5), "values": [pytest.approx(142.5)],
    }  # fmt: skip
    # Levels as measured: 2 pg/mL of them are the subject's own, and nothing was measured before 1 min.
    assert facts["time_above"]["median"] == pytest.approx(10 * np.log(142.5 / 98) - 1, rel=1e-3)


@pytest.mark.parametrize("dose", ["1 IU", "1IU", "1000 mU", "1.71 ug", "1.71e-3 mg"])
@pytest.mark.parametrize("baseline", ["first", "2 pg/mL", "2 ng/L"])
def test_units_that_a_user_types(table: Path, dose: str, baseline: str) -> None:
    found = values(table, dose=dose, route="iv_bolus", baseline=baseline)
    assert found["clearance"] == pytest.approx(CLEARANCE, rel=1e-6)


def test_an_infusion(tmp_path: Path) -> None:
    time = np.array([0, 5, 10, 15, 20, 21, 25, 30, 40, 60.0])
    rise = UNIT / 20 / CLEARANCE * (1 - np.exp(-CLEARANCE / VOLUME * np.minimum(time, 20)))
    level = rise * np.exp(-CLEARANCE / VOLUME * np.maximum(time - 20, 0))
    rows = "".join(f"{at:g},{seen:.17g}\n" for at, seen in zip(time, level, strict=True))
    path = tmp_path / "infusion.csv"
    path.write_text("TIME[min],DV[pg/mL]\n" + rows)
    asked = values(path, dose="1 IU", over="20 min")
    assert asked["clearance"] == pytest.approx(CLEARANCE, rel=0.03)
    assert asked["half_life"] == pytest.approx(np.log(2) * VOLUME / CLEARANCE)
    assert asked["mean_residence_time"] == pytest.approx(VOLUME / CLEARANCE, rel=0.03)
    # The same from a table that holds the dose, its rate in other units.
    text = "ID,TIME[min],AMT[IU],RATE[mU/min],ROUTE,DV[pg/mL],BLQ\n1,0,1,50,iv_infusion,.,.\n"
    sampled = "".join(f"1,{at:g},.,.,.,{seen:.17g},0\n" for at, seen in zip(time, level, strict=True))
    path.write_text(text + sampled + "1,70,.,.,.,0.1,1\n")
    tabled = values(path)
    assert tabled.pop("clearance") == pytest.approx(asked.pop("clearance"))
    assert {key: tabled[key] for key in asked} == pytest.approx(asked)


def test_moles(tmp_path: Path) -> None:
    path = tmp_path / "moles.csv"
    time = np.arange(1, 40.0)
    path.write_text("TIME[h],DV[pmol/L]\n" + "".join(f"{at / 60:.17g},{8 * np.exp(-at / 10):.17g}\n" for at in time))
    found = values(path, dose="96 pmol", route="iv_bolus")
    assert found["clearance"] == pytest.approx(1200, rel=1e-9)
    with pytest.raises(KnuffelError, match="--dose: wrong kind of unit"):
        values(path, dose="10 ug")


def test_a_table_with_doses_and_several_subjects(tmp_path: Path, knuffel: Command) -> None:
    time = np.arange(0, 60, 3)
    doses, seen = [], []
    for number in range(5):
        name = str(number)
        doses.append(Dose(name, 0, 1.0, "IU", None, "iv_bolus", "oxytocin"))
        curve = levels(time.astype(float), 1 / (1 + number / 4))
        seen += [Observation(name, int(at) * 60_000, float(level)) for at, level in zip(time, curve, strict=True)]
    seen.append(Observation("1", 70 * 60_000, 0.1, below=True))
    path = write_event_table(tmp_path / "study.csv", EventTable(tuple("01234"), tuple(doses), tuple(seen), {}, "pg/mL"))
    answer = knuffel("pk", str(path), "--json")
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert facts["subjects"] == list("01234")
    assert facts["routes"] == ["iv_bolus"]
    clearance = facts["quantities"]["clearance"]
    assert clearance["values"] == pytest.approx([CLEARANCE * (1 + number / 4) for number in range(5)], rel=1e-9)
    assert (clearance["median"], clearance["p5"], clearance["p95"]) == pytest.approx((1800, 1260, 2340))
    assert "CL                         1800 (1260 to 2340) mL/min" in knuffel("pk", str(path)).stdout


def test_the_drug_of_a_table_says_what_an_international_unit_is(tmp_path: Path) -> None:
    text = (
        "ID,TIME[min],AMT[IU],ROUTE,DRUG,DV[pg/mL]\n1,0,1,im,{},.\n1,1,.,.,.,9\n1,2,.,.,.,5\n1,3,.,.,.,3\n1,4,.,.,.,1\n"
    )
    path = tmp_path / "drug.csv"
    path.write_text(text.format("oxytocin"))
    assert values(path)["clearance"] > 0
    path.write_text(text.format("carbetocin"))
    with pytest.raises(KnuffelError, match=r"the dose does not fit the levels \(found IU"):
        values(path)


def test_a_run_gives_back_its_parameters(tmp_path: Path, knuffel: Command) -> None:
    out = tmp_path / "run"
    simulate("infusion_man", save=out)
    answer = knuffel("pk", str(out), "--json")
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert facts["variable"] == "plasma.oxytocin_exogenous", "of a run with a dose, what was given"
    found = {key: item["median"] for key, item in facts["quantities"].items()}
    known = {item["id"]: item for item in Result.open(out).attributes["parameters"]}
    expected = known["plasma.clearance"]["value"] * unit_factor(known["plasma.clearance"]["unit"], "mL/min")
    assert facts["routes"] == ["iv_infusion"]
    # The straight lines of a rise cut its corners: a sparse record gives slightly too small an area.
    assert found["clearance"] == pytest.approx(expected, rel=5e-3)
    assert found["steady_state_volume"] == pytest.approx(12_250, rel=5e-3)  # what its volumes were chosen to give
    assert found["time_of_maximum"] == 60
    total = "plasma.oxytocin_concentration"
    with_own = knuffel("pk", str(out), "--variable", total)
    assert "--baseline before takes it away" in with_own.stderr
    assert values(out, baseline="before", variable=total)["clearance"] == pytest.approx(found["clearance"], rel=1e-6)


def test_several_subjects_of_a_run(tmp_path: Path) -> None:
    out = tmp_path / "run"
    Result(synthetic.infusion(subjects=3)).save(out)
    found = find_kinetics(str(out), Wishes(variable="plasma.oxytocin_exogenous"))
    assert len(found.subjects) == 3
    clearance = next(row for key, _, _, row in found.rows() if key == "clearance")
    assert clearance[0] == pytest.approx(1.2 * clearance[2], rel=1e-6)
    assert "median (5 to 95 %)" in found.text()


def test_many_doses_give_no_clearance(tmp_path: Path) -> None:
    out = tmp_path / "run"
    Result(synthetic.labour()).save(out)
    found = find_kinetics(str(out))
    assert "clearance" not in [key for key, *_ in found.rows()]
    assert any("not one bolus or one steady infusion" in notice.message for notice in found.notices)


def test_what_does_not_fit(table: Path, tmp_path: Path, knuffel: Command) -> None:
    for wishes, message in (
        ({"dose": "10"}, "--dose: the unit is missing"),
        ({"dose": "0 IU"}, "an amount above 0"),
        ({"dose": "2 pmol"}, "--dose: wrong kind of unit"),
        ({"route": "bolus"}, "--route: .*did you mean 'iv_bolus'"),
        ({"route": "iv_infusion"}, "with --over"),
        ({"route": "iv_bolus", "over": "5 min"}, "only with --route iv_infusion"),
        ({"over": "0 min"}, "an infusion lasts"),
        ({"baseline": "rest"}, "--baseline"),
        ({"baseline": "before"}, "with --dose-at"),
        ({"baseline": "before", "dose_at": "-9 min"}, "no sample before the dose"),
        ({"threshold": "5"}, "--threshold: the unit is missing"),
        ({"loq": "5 min"}, "--loq: wrong kind of unit"),
        ({"method": "liner"}, "did you mean 'linear'"),
        ({"variable": "plasma.oxytocin_concentration"}, "--variable belongs to a result"),
    ):
        with pytest.raises(KnuffelError, match=message):
            find_kinetics(str(table), Wishes(**wishes))
    wrong = tmp_path / "wrong.csv"
    for text, message in (
        ("TIME,DV[pg/mL]\n0,1\n", "the unit of this column is not given"),
        ("TIME[min],DV[mmHg]\n0,1\n1,1\n", "this is no concentration"),
        ("TIME[min],DV[pg/mL]\n0,1\n0,2\n", "subject 1: the times do not ascend"),
        ("TIME[min],DV[pg/mL]\n0,-1\n", "a concentration cannot be this"),
        ("ID,TIME[min],AMT[IU],ROUTE\n1,0,1,im\n", "no observations"),
    ):
        wrong.write_text(text)
        with pytest.raises(DataError, match=message):
            find_kinetics(str(wrong))
    out = tmp_path / "run"
    Result(synthetic.infusion()).save(out)
    answer = knuffel("pk", str(out), "--variable", "plasma.oxytocin_exogen")
    assert answer.returncode == 2
    assert "did you mean 'plasma.oxytocin_exogenous'?" in answer.stderr


def test_a_limit_of_quantification(table: Path) -> None:
    plain, limited = values(table, dose="1 IU"), values(table, dose="1 IU", loq="10 pg/mL")
    assert plain["time_of_last"] == 45
    assert limited["time_of_last"] == 20
