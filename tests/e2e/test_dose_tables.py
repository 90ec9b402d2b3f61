"""A run goes to a dosing table, and the run of the table has the same bits."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knuffel import load_scenario, simulate
from knuffel.analysis.interventions import interventions
from knuffel.dosing_tables import read_event_table
from knuffel.errors import DataError, StoreError
from knuffel.kinetics_report import Wishes, find_kinetics
from knuffel.result import Result
from knuffel.scenario.model import Scenario
from tests.e2e.conftest import Command

HEAD = "duration: 3 h\nsubject: {species: human, sex: female}\nbody: {neurons: off, secretion: basal}\n"
SAMPLES = "observe: {samples: [{assay: truth, every: 7 min, from: 3 min}]}\n"
DOSES = """doses:
  - {drug: oxytocin, route: iv_infusion, start: 20 min, end: 2 h, steps: [{at: 20 min, rate: 7 mU/min},
      {at: 50 min, rate: 13.7 mU/min}, {at: 80 min, rate: 0 mU/min}, {at: 100 min, rate: 3 mU/min}]}
  - {drug: oxytocin, route: iv_infusion, rate: 3.3 mU/min, start: 0 min, end: 70 min}
  - {drug: oxytocin, route: iv_infusion, rate: 1.1 mU/min, start: 10.5 min, duration: 100 min}
  - {drug: oxytocin, route: iv_bolus, amount: 0.7 IU, at: 33 min, over: 100 s}
  - {drug: oxytocin, route: iv_bolus, amount: 0.3 IU, at: 90 min}
  - {drug: oxytocin, route: intranasal_spray, amount: 24 IU, at: 60 min}
  - {drug: carbetocin, route: im, amount: 100 ug, at: 61 min}
  - {drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 5 min, end: 3 h}
"""
COHORT = "population: {n: 5, spread: none, covariates: {sex: {female: 60 %}, weight: {median: 70 kg, cv: 20 %}}}\n"
LEVELS = tuple(f"plasma.{drug}_concentration" for drug in ("oxytocin", "carbetocin", "atosiban"))


def scenario(folder: Path, text: str) -> Scenario:
    path = folder / "own.yaml"
    path.write_text(text, encoding="utf-8")
    return load_scenario(path)


def same(first: Result, second: Result) -> None:
    for name in ("time", *LEVELS):
        one, other = (np.asarray(item.recorded.variables[name].data[...]) for item in (first, second))
        assert one.tobytes() == other.tobytes(), name


@pytest.mark.parametrize("cohort", ["", COHORT])
def test_there_and_back(tmp_path: Path, cohort: str) -> None:
    first = simulate(scenario(tmp_path, HEAD + cohort + DOSES + SAMPLES))
    first.to_events(tmp_path / "table.csv")
    second = simulate(scenario(tmp_path, HEAD + "dose_table: table.csv\n"))
    same(first, second)
    taken = [np.asarray(item.recorded.variables[f"sample.{name}.value"].data) for item, name in (
        (first, "truth"), (second, "observed"))]  # fmt: skip
    assert taken[0].tobytes() == taken[1].tobytes()
    second.to_events(tmp_path / "again.csv")
    assert (tmp_path / "again.csv").read_bytes() == (tmp_path / "table.csv").read_bytes()


AMOUNTS = st.floats(1e-3, 100)
STARTS = st.integers(0, 170 * 60_000 - 1)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    infusions=st.lists(st.tuples(AMOUNTS, STARTS, st.integers(1, 10**7)), max_size=5),
    amounts=st.lists(st.tuples(AMOUNTS, STARTS), max_size=3),
)
def test_any_doses_there_and_back(
    infusions: list[tuple[float, int, int]], amounts: list[tuple[float, int]], tmp_path: Path
) -> None:
    lines = [
        f"  - {{drug: oxytocin, route: iv_infusion, rate: {rate!r} mU/min, start: {start} ms, duration: {lasts} ms}}"
        for rate, start, lasts in infusions
    ]
    lines += [f"  - {{drug: oxytocin, route: im, amount: {amount!r} IU, at: {at} ms}}" for amount, at in amounts]
    first = scenario(tmp_path, HEAD + ("doses:\n" + "\n".join(lines) if lines else "doses: []") + "\n")
    short = simulate(first)
    short.to_events(tmp_path / "table.csv")
    second = scenario(tmp_path, HEAD + "dose_table: table.csv\n")
    assert sorted(piece for dose in first.doses for piece in dose.segments) == sorted(
        piece for dose in second.doses for piece in dose.segments
    )
    same(short, simulate(second))


def test_the_order_in_which_overlapping_infusions_are_written_changes_no_bit(tmp_path: Path) -> None:
    # Rates whose sum depends on its order: (a + b) + c is another double than (c + b) + a.
    lines = [
        f"  - {{drug: oxytocin, route: iv_infusion, rate: {rate} mU/min, start: {start} min, end: 1 h}}\n"
        for rate, start in ((2.613, 0), (16.874, 10), (14.983, 20))
    ]
    results = [simulate(scenario(tmp_path, HEAD + "doses:\n" + "".join(order))) for order in (lines, lines[::-1])]
    same(*results)
    results[1].to_events(tmp_path / "table.csv")
    same(results[1], simulate(scenario(tmp_path, HEAD + "dose_table: table.csv\n")))


def test_subjects_keep_their_names_and_doses(tmp_path: Path) -> None:
    table = (
        "ID,TIME[min],EVID,AMT[IU],ROUTE,DV[pg/mL],BLQ,WT[kg]\n"
        "anna,5,1,1,im,.,.,61.5\nanna,30,0,.,.,9,0,61.5\nbea,30,0,.,.,1,1,70\nbea,40,1,2,im,.,.,70\n"
    )
    (tmp_path / "in.csv").write_text(table)
    result = simulate(scenario(tmp_path, HEAD + "dose_table: {file: in.csv, observations: eia_unextracted}\n"))
    assert [item["subject"] for item in result.attributes["doses"]] == [0, 1]
    result.to_events(tmp_path / "out.csv")
    found = read_event_table(tmp_path / "out.csv")
    assert found.ids == ("anna", "bea")
    assert [(dose.subject, dose.time_ms) for dose in found.doses] == [("anna", 300_000), ("bea", 2_400_000)]
    assert {name: facts["WT"] for name, facts in found.covariates.items()} == {"anna": 61.5, "bea": 70.0}
    values = np.asarray(result.recorded.variables["sample.observed.value"].data[...])[:, 0]
    assert [seen.value for seen in found.observations] == values.tolist()


def test_doses_of_many_subjects_are_shown_as_one_and_summed_up_from_their_table(tmp_path: Path) -> None:
    lines = [f"{who},{5 * who},{who},im\n" for who in range(1, 15)]
    (tmp_path / "in.csv").write_text("ID,TIME[min],AMT[IU],ROUTE\n" + "".join(lines))
    text = HEAD + "doses: [{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 1 min}]\ndose_table: in.csv\n"
    result = simulate(scenario(tmp_path, text))
    shown = interventions(result.attributes)
    assert [(item.label, item.start, item.end) for item in shown] == [
        ("oxytocin iv bolus, 1 IU at 1 min", 60_000, 60_000),
        ("oxytocin im, 14 doses of 14 subjects", 300_000, 4_200_000),
    ]
    result.save(tmp_path / "out")
    found = find_kinetics(str(tmp_path / "out"), Wishes())
    assert any("each subject has doses of its own" in str(notice) for notice in found.notices)
    few = interventions({"doses": result.attributes["doses"][:4]})
    assert [item.label for item in few[1:]] == [
        f"subject {who}: oxytocin im, {who} IU at {5 * who} min" for who in (1, 2, 3)
    ]


def test_what_is_below_the_limit_is_marked(tmp_path: Path) -> None:
    rest = "observe: {samples: [{assay: eia_unextracted, times: [5 min, 170 min]}, {assay: truth, times: [5 min]}]}\n"
    result = simulate(scenario(tmp_path, HEAD + rest))
    with pytest.raises(DataError, match=r"one sampling series.*eia_unextracted, truth"):
        result.to_events(tmp_path / "table.csv")
    with pytest.raises(DataError, match=r"no such sampling series.*eia_unextracted, truth"):
        result.to_events(tmp_path / "table.csv", "elisa")
    result.to_events(tmp_path / "table.csv", "eia_unextracted")
    found = read_event_table(tmp_path / "table.csv")
    censored = np.asarray(result.recorded.variables["sample.eia_unextracted.censored"].data[...])[0]
    assert [seen.below for seen in found.observations] == censored.astype(bool).tolist()
    result.to_events(tmp_path / "bare.csv", "none")
    assert read_event_table(tmp_path / "bare.csv").observations == ()


def test_observations_of_all_series(tmp_path: Path) -> None:
    samples = "observe: {samples: [{assay: truth, every: 1 h}, {assay: ria_extracted, times: [5 min], unit: pmol/L}]}\n"
    result = simulate(scenario(tmp_path, HEAD + samples))
    with pytest.raises(DataError, match=r"one unit.*truth in pg/mL, ria_extracted in pmol/L.*--series"):
        result.to_observations(tmp_path / "all.csv")
    result.to_observations(tmp_path / "one.csv", "ria_extracted")
    lines = (tmp_path / "one.csv").read_text().splitlines()
    assert lines[0] == "ID,TIME[min],DV[pmol/L],BLQ,ASSAY,VARIABLE" and len(lines) == 2
    assert lines[1].startswith("1,5,") and lines[1].endswith(",ria_extracted,plasma.oxytocin_concentration")
    with pytest.raises(DataError, match="no samples"):
        simulate(scenario(tmp_path, HEAD)).to_observations(tmp_path / "none.csv")
    with pytest.raises(StoreError):
        result.to_observations(tmp_path / "no folder" / "one.csv", "truth")


def test_the_verb(tmp_path: Path, knuffel: Command) -> None:
    source, out, table = tmp_path / "own.yaml", tmp_path / "out", tmp_path / "table.csv"
    source.write_text(HEAD + DOSES + SAMPLES)
    assert knuffel("run", str(source), "--out", str(out), "--quiet").returncode == 0
    done = knuffel("export", str(out), "--format", "events", "--out", str(table), "--json")
    assert done.returncode == 0 and json.loads(done.stdout)["file"] == str(table)
    again = knuffel("export", str(out), "--format", "events", "--out", str(table))
    assert again.returncode == 2 and "--overwrite" in again.stderr
    wrong = knuffel("export", str(out), "--format", "event", "--out", str(tmp_path / "x.csv"))
    assert wrong.returncode == 2 and "did you mean 'events'?" in wrong.stderr
    senseless = knuffel("export", str(out), "--format", "csv", "--out", str(tmp_path / "x"), "--series", "truth")
    assert senseless.returncode == 2 and "--series" in senseless.stderr
    assert knuffel("export", str(out), "--format", "csv", "--out", str(tmp_path / "tables")).returncode == 0
    assert (tmp_path / "tables" / "time_series.csv").exists()
    source.write_text(HEAD + "dose_table: table.csv\n")
    explained = knuffel("explain", str(source))
    assert explained.returncode == 0 and "doses of 1 subject from table.csv." in explained.stdout
    table.write_text("ID,TIME[min],AMT[IU],ROUTE\n1,0,one,im\n")
    refused = knuffel("run", str(source), "--json")
    assert refused.returncode == 2 and f"{table}:2: column AMT: not a number" in refused.stderr
    (problem,) = json.loads(refused.stdout)["error"]["problems"]
    assert (problem["file"], problem["line"], problem["key"]) == (str(table), 2, "column AMT")
