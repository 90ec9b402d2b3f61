"""A dosing table in a scenario: whose doses they are, in which units, and every mistake with its place in the table."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from knuffel import plasma_kinetics, simulate
from knuffel.result import Result
from knuffel.scenario import load_scenario, loads_scenario
from knuffel.scenario.explain import explain
from knuffel.scenario.model import Scenario
from knuffel.units import UG_PER_IU
from tests.scenario.test_bad_input import problems_of, the_problem

WOMAN = "duration: 2 h\nsubject: {species: human, sex: female}\nbody: {neurons: off, secretion: basal}\n"
MAN = WOMAN.replace("sex: female", "sex: male")
PREGNANT = WOMAN.replace("sex: female", "sex: female, state: pregnant")
TWO = (
    "ID,TIME[min],EVID,AMT[IU],RATE[mU/min],ROUTE,DV[pg/mL]\n"
    "anna,10,1,1,.,iv_bolus,.\nanna,30,0,.,.,.,40\nbea,10,0,.,.,.,3\nbea,20,1,0.3,10,iv_infusion,.\n"
)
PG_PER_IU = 1e6 * UG_PER_IU["oxytocin"]
LEVEL = "plasma.oxytocin_concentration"


def written(folder: Path, table: str, more: str = "dose_table: study.csv\n", *, head: str = WOMAN) -> Path:
    (folder / "study.csv").write_text(table, encoding="utf-8")
    scenario = folder / "own.yaml"
    scenario.write_text(head + more, encoding="utf-8")
    return scenario


def read(folder: Path, table: str, more: str = "dose_table: study.csv\n", *, head: str = WOMAN) -> Scenario:
    return load_scenario(written(folder, table, more, head=head))


def codes(scenario: Scenario) -> list[str]:
    return [notice.code for notice in scenario.notices]


def levels(result: Result) -> np.ndarray:
    return np.asarray(result.recorded.variables[LEVEL].data[...])


def test_two_subjects_get_the_curves_of_two_scenarios(tmp_path: Path) -> None:
    both = simulate(read(tmp_path, TWO))
    first = "doses: [{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 min}]\n"
    second = "doses: [{drug: oxytocin, route: iv_infusion, rate: 10 mU/min, start: 20 min, duration: 30 min}]\n"
    time = np.asarray(both.recorded.variables["time"].data[...])
    curves = levels(both)
    assert curves.shape[0] == 2
    for row, doses in enumerate((first, second)):
        alone = simulate(loads_scenario(WOMAN + doses))
        own = np.asarray(alone.recorded.variables["time"].data[...])
        same = np.isin(time, own)
        assert same.sum() > 100
        np.testing.assert_allclose(curves[row, same], levels(alone)[0, np.isin(own, time)], rtol=1e-9)
    assert np.abs(curves[0] - curves[1]).max() > 10


def test_the_table_lies_beside_the_scenario(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, TWO)
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    scenario = load_scenario(path)
    assert scenario.subject.count == 2 and scenario.population is None
    assert [(dose.subject, dose.route) for dose in scenario.doses] == [(0, "iv_bolus"), (1, "iv_infusion")]
    assert scenario.dose_table is not None and scenario.dose_table.subject_names == ("anna", "bea")
    assert scenario.doses[0].where == f"{tmp_path / 'study.csv'}:2"
    (series,) = scenario.observe.samples
    assert (series.name, series.assay, series.times) == ("observed", "truth", (600_000, 1_800_000))
    json.dumps(scenario.resolved, allow_nan=False)


def test_doses_are_part_of_the_hash_and_where_they_lie_is_not(tmp_path: Path) -> None:
    first = read(tmp_path, TWO).hash
    (tmp_path / "copy").mkdir()
    assert read(tmp_path / "copy", TWO).hash == first
    assert read(tmp_path, TWO.replace("anna", "carla")).hash == first
    assert read(tmp_path, TWO.replace("10,1,1,", "10,1,2,")).hash != first
    assert read(tmp_path, TWO.replace("bea,20", "bea,21")).hash != first


def test_doses_of_the_table_are_added_to_the_others(tmp_path: Path) -> None:
    own = "doses: [{drug: oxytocin, route: im, amount: 10 IU, at: 5 min}]\ndose_table: study.csv\n"
    scenario = read(tmp_path, TWO, own)
    assert [(dose.route, dose.subject) for dose in scenario.doses] == [
        ("im", None),
        ("iv_bolus", 0),
        ("iv_infusion", 1),
    ]
    curves = plasma_kinetics(scenario).concentration([0, 590, 660])
    assert curves[0, 1] == curves[1, 1] > curves[1, 0]
    assert curves[0, 2] > curves[1, 2] + 10


def test_additional_doses(tmp_path: Path) -> None:
    scenario = read(tmp_path, "ID,TIME[h],AMT[ug],ADDL,II[min],ROUTE\n1,0.25,5,3,20,iv_bolus\n")
    assert [dose.amounts for dose in scenario.doses] == [((900_000 + place * 1_200_000, 5e6),) for place in range(4)]
    late = read(tmp_path, "ID,TIME[h],AMT[ug],ADDL,II[min],ROUTE\n1,0.25,5,9,20,iv_bolus\n")
    assert len(late.doses) == 6 and codes(late) == ["table_doses_late"]
    assert "4 doses" in late.notices[0].message and "2 h" in late.notices[0].message


def test_infusions_by_rate_and_by_duration(tmp_path: Path) -> None:
    table = "ID,TIME[min],AMT[IU],RATE[mU/min],DUR,ROUTE\n1,0,0.3,10,.,iv_infusion\n1,60,0.3,-2,30,iv_infusion\n"
    rate = 0.01 * PG_PER_IU / 60
    segments = [piece for dose in read(tmp_path, table).doses for piece in dose.segments]
    assert [piece[:2] for piece in segments] == [(0, 1_800_000), (3_600_000, 5_400_000)]
    assert [piece[2] for piece in segments] == pytest.approx([rate, rate], rel=1e-12)
    clipped = read(tmp_path, table.replace("1,60", "1,100"))
    assert clipped.doses[1].segments[0][1] == 7_200_000 and codes(clipped) == ["dose_clipped"]


@pytest.mark.parametrize(
    ("unit", "amount", "picograms"),
    [("IU", "2", 2 * PG_PER_IU), ("mU", "2000", 2 * PG_PER_IU), ("ug", "7", 7e6), ("mg", "0.01", 1e7), ("pg", "9", 9)],
)
def test_units_of_the_heading_and_of_the_scenario(tmp_path: Path, unit: str, amount: str, picograms: float) -> None:
    heading = read(tmp_path, f"ID,TIME[h],AMT[{unit}],ROUTE\n1,1,{amount},im\n")
    assert heading.doses[0].amounts == ((3_600_000, pytest.approx(picograms, rel=1e-12)),)
    said = f"dose_table: {{file: study.csv, units: {{TIME: h, AMT: {unit}}}, route: im}}\n"
    assert read(tmp_path, f"ID,TIME,AMT\n1,1,{amount}\n", said).doses[0].amounts == heading.doses[0].amounts


def test_moles_and_the_drug_and_numbered_compartments(tmp_path: Path) -> None:
    keys = "{file: study.csv, drug: carbetocin, routes: {1: im, 2: iv_bolus}}"
    table = "ID,TIME[min],AMT[nmol],CMT\n1,0,10,1\n1,60,10,2\n"
    scenario = read(tmp_path, table, f"dose_table: {keys}\n")
    assert [(dose.drug, dose.route) for dose in scenario.doses] == [("carbetocin", "im"), ("carbetocin", "iv_bolus")]
    assert scenario.doses[0].amounts[0][1] == pytest.approx(10e3 * 988, rel=0.01)  # pmol, g/mol


def test_covariates_are_those_of_the_subjects(tmp_path: Path) -> None:
    table = "ID,TIME[min],AMT[IU],ROUTE,WT[kg],SEX\n1,0,5,iv_bolus,60,F\n2,0,5,iv_bolus,.,F\n3,0,5,iv_bolus,90,M\n"
    scenario = read(tmp_path, table)
    assert (scenario.subject.count, scenario.subject.sex) == (3, "mixed")
    assert scenario.population is not None and scenario.population.women == (True, True, False)
    result = simulate(scenario)
    people = {name: np.asarray(result.recorded.variables[f"subject.{name}"].data) for name in ("weight", "female")}
    assert people["weight"].tolist() == [60, 70, 90] and people["female"].tolist() == [1, 1, 0]
    for row, (sex, weight) in enumerate((("female", 60), ("female", 70), ("male", 90))):
        dose = "doses: [{drug: oxytocin, route: iv_bolus, amount: 5 IU, at: 0 s}]\n"
        one = loads_scenario(WOMAN + dose, [f"subject.sex={sex}", f"subject.weight={weight} kg"])
        np.testing.assert_allclose(levels(result)[row], levels(simulate(one))[0], rtol=1e-12)


def test_weeks_of_pregnancy(tmp_path: Path) -> None:
    table = "ID,TIME[min],AMT[IU],ROUTE,WEEK\n1,0,5,iv_bolus,12\n2,0,5,iv_bolus,38\n"
    result = simulate(read(tmp_path, table, head=PREGNANT))
    assert np.asarray(result.recorded.variables["subject.gestational_week"].data).tolist() == [12, 38]
    peak = levels(result)
    assert np.abs(peak[0] - peak[1]).max() > 1


def test_one_subject_of_a_table_stands_for_everybody(tmp_path: Path) -> None:
    table = "TIME[min],AMT[IU],ROUTE,WT[kg],SEX\n0,5,iv_bolus,80,M\n"
    scenario = read(tmp_path, table, "dose_table: study.csv\npopulation: {n: 3, spread: none}\n")
    assert scenario.doses[0].subject is None and scenario.subject.count == 3
    assert scenario.subject.sex == "male" and codes(scenario) == ["table_overrules"]
    assert scenario.population is not None and scenario.population.covariates["weight"].values == (80, 80, 80)


def test_a_cohort_around_the_subjects_of_a_table(tmp_path: Path) -> None:
    scenario = read(tmp_path, TWO, "dose_table: study.csv\npopulation: {spread: all}\n")
    assert scenario.population is not None and scenario.population.n == 2
    assert read(tmp_path, TWO, "dose_table: study.csv\npopulation: {n: 2}\n").subject.count == 2


def test_samples_are_taken_as_the_scenario_says(tmp_path: Path) -> None:
    more = "dose_table: {file: study.csv, observations: ria_extracted}\n"
    table = TWO.replace("DV[pg/mL]", "DV[pmol/L]") + "bea,130,0,.,.,.,3\n"
    scenario = read(tmp_path, table, more)
    (series,) = scenario.observe.samples
    assert (series.assay, series.unit, series.port) == ("ria_extracted", "pmol/L", LEVEL)
    assert codes(scenario) == ["table_samples_outside"]
    other = read(
        tmp_path,
        TWO.replace("[IU]", "[ug]").replace("[mU/min]", "[ug/min]"),
        "dose_table: {file: study.csv, drug: carbetocin}\n",
    )
    assert other.observe.samples[0].port == "plasma.carbetocin_concentration"


def test_it_is_explained(tmp_path: Path) -> None:
    text = explain(read(tmp_path, TWO)).text("en")
    assert "2 doses of 2 subjects from study.csv." in text and "subject bea: oxytocin, infusion" in text
    assert "2 doses van 2 proefpersonen of -dieren uit study.csv." in explain(read(tmp_path, TWO)).text("nl")
    long = "ID,TIME[min],AMT[IU],ADDL,II[min],ROUTE\n1,0,1,49,1,iv_bolus\n2,0,1,49,1,iv_bolus\n"
    text = explain(read(tmp_path, long)).text("en")
    assert "100 doses of 2 subjects" in text and "subject 1" not in text


HEAD = "ID,TIME[min],AMT[IU],RATE[mU/min],ROUTE,DRUG,EVID,SS,WT[kg],SEX,WEEK\n"


def row(**fields: str) -> str:
    usual = {"ID": "1", "TIME": "0", "AMT": "1", "RATE": ".", "ROUTE": "iv_bolus"}
    names = ["ID", "TIME", "AMT", "RATE", "ROUTE", "DRUG", "EVID", "SS", "WT", "SEX", "WEEK"]
    return HEAD + ",".join({**usual, **fields}.get(name, ".") for name in names) + "\n"


BAD = [
    (row(AMT="one"), 2, "AMT", "not a number", "a number"),
    (row(ROUTE="iv_bolsu"), 2, "ROUTE", "no such route", "iv_bolus"),
    (row(DRUG="oxitocin"), 2, "DRUG", "no such drug", "oxytocin"),
    (row(DRUG="carbetocin"), 2, "AMT", "no international units of carbetocin", "mg"),
    (row(DRUG="carbetocin", ROUTE="oral"), 2, "ROUTE", "no numbers for carbetocin by this route", "im"),
    (row(TIME="-5"), 2, "TIME", "before the start", "0 or later"),
    (row(EVID="4"), 2, "EVID", "not supported", "0, 1 or 2"),
    (row(SS="1"), 2, "SS", "steady state", "ADDL"),
    (row() + "1,-1,1,.,im,.,.,.,.,.,.\n", 3, "TIME", "the times go back", "not before"),
    (row(WT="900"), 2, "WT", "not a possible value", "0.3 to 650"),
    (row(SEX="0"), 2, "SEX", "no sex", "sex={'0': 'male'"),
    (row(WEEK="20"), 2, "WEEK", "no gestational week", "pregnant"),
    (row(ROUTE="vaginal_gel", SEX="M"), 2, "ROUTE", "one of women", "iv_bolus"),
    (row(ROUTE="subcutaneous", RATE="10"), 2, "RATE", "not modelled", "iv_infusion"),
    (row(ROUTE="iv_infusion", RATE="1e9"), 2, "RATE", "within a millisecond", "RATE 0"),
    ("ID,TIME,AMT[IU],ROUTE\n1,0,1,im\n", 1, "TIME", "unit of this column is not given", "TIME[min]"),
    ("ID,TIME[min],AMT[pg/mL],ROUTE\n1,0,1,im\n", 1, "AMT", "cannot be in this unit", "IU"),
    ("ID,TIME[min],AMT[IU],ROUTE\n1,0,1\n", 2, "", "another number of columns", "4"),
]


@pytest.mark.parametrize(("table", "line", "column", "message", "allowed"), BAD)
def test_mistakes_of_the_table(tmp_path: Path, table: str, line: int, column: str, message: str, allowed: str) -> None:
    problem = the_problem(written(tmp_path, table))
    assert problem.file == str(tmp_path / "study.csv")
    assert (problem.line, problem.key) == (line, f"column {column}" if column else "")
    assert message in problem.message and allowed in str(problem.allowed)
    assert str(problem).startswith(f"{tmp_path / 'study.csv'}:{line}: ")


def test_mistakes_of_table_and_scenario_are_told_together(tmp_path: Path) -> None:
    table = HEAD + "1,0,one,.,im,.,.,.,.,.,.\n1,5,1,.,bolus,.,.,.,.,.,.\n"
    problems = problems_of(written(tmp_path, table, "dose_table: study.csv\nsede: 3\n"))
    assert [(Path(item.file).name, item.line) for item in problems] == [
        ("own.yaml", 5),
        ("study.csv", 2),
        ("study.csv", 3),
    ]


def test_at_most_twenty_mistakes_in_doses(tmp_path: Path) -> None:
    table = "ID,TIME[min],AMT[IU],ROUTE,ADDL,II[min]\n1,0,1,im,99,1\n"
    problems = problems_of(written(tmp_path, table, "dose_table: {file: study.csv, drug: atosiban}\n"))
    assert len(problems) == 20


SAID = [
    ("dose_table: nothing.csv\n", "", "no such file", None),
    ("dose_table: {file: study.csv, unit: h}\n", "dose_table.unit", "unknown key", "units"),
    ("dose_table: {drug: oxytocin}\n", "dose_table.file", "missing", None),
    ("dose_table: {file: study.csv, units: {TIEM: h}}\n", "dose_table.units.TIEM", "no unit is read", "TIME"),
    ("dose_table: {file: study.csv, units: {TIME: banana}}\n", "column TIME", "unknown unit", None),
    ("dose_table: {file: study.csv, routes: {1: imm}}\n", "dose_table.routes.1", "no such route", "im"),
    ("dose_table: {file: study.csv, route: imm}\n", "dose_table.route", "no such route", "im"),
    ("dose_table: {file: study.csv, drug: oxytocine}\n", "dose_table.drug", "no such drug", "oxytocin"),
    ("dose_table: {file: study.csv, sex: {0: man}}\n", "dose_table.sex.0", "means something else", None),
    ("dose_table: {file: study.csv, observations: ria}\n", "dose_table.observations", "no such assay", None),
    ("dose_table: study.csv\npopulation: {n: 5}\n", "population.n", "another number of subjects", None),
    ("population: {spread: none}\n", "population.n", "missing", None),
    (
        "dose_table: study.csv\nobserve: {samples: [{assay: truth, name: observed, every: 5 min}]}\n",
        "dose_table.observations.name",
        "two series",
        None,
    ),
]


@pytest.mark.parametrize(("more", "key", "message", "suggestion"), SAID)
def test_mistakes_beside_the_table(tmp_path: Path, more: str, key: str, message: str, suggestion: str | None) -> None:
    problem = the_problem(written(tmp_path, TWO, more))
    assert problem.key == key and message in problem.message
    assert suggestion is None or problem.suggestion == suggestion


def test_the_number_of_subjects_has_to_agree(tmp_path: Path) -> None:
    head = WOMAN.replace("sex: female", "sex: female, count: 3")
    problem = the_problem(written(tmp_path, TWO, head=head))
    assert (problem.key, problem.allowed) == ("subject.count", "2, or leave it out")
    assert read(tmp_path, TWO, head=head.replace("count: 3", "count: 2")).subject.count == 2


@pytest.mark.parametrize(("column", "name", "form"), [
    ("WT[kg]", "weight", "{median: 70 kg, cv: 10 %}"),
    ("SEX", "sex", "{female: 50 %}"),
])  # fmt: skip
def test_covariates_are_given_once(tmp_path: Path, column: str, name: str, form: str) -> None:
    value = "F" if column == "SEX" else "60"
    table = f"ID,TIME[min],AMT[IU],ROUTE,{column}\n1,0,1,im,{value}\n2,0,1,im,{value}\n"
    more = f"dose_table: study.csv\npopulation: {{covariates: {{{name}: {form}}}}}\n"
    problem = the_problem(written(tmp_path, table, more))
    assert problem.key == f"population.covariates.{name}" and problem.allowed == "one of them"


def test_a_text_has_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    problem = the_problem(WOMAN + "dose_table: study.csv\n")
    assert "has no folder to look in" in problem.message and "override: dose_table=" in str(problem.allowed)
    (tmp_path / "study.csv").write_text(TWO)
    monkeypatch.chdir(tmp_path)
    scenario = loads_scenario(WOMAN, ["dose_table=study.csv"])
    assert len(scenario.doses) == 2
    hours = loads_scenario(WOMAN, ["dose_table=study.csv", "dose_table.units.TIME=h", "duration=40 h"])
    assert hours.doses[0].amounts[0][0] == 36_000_000


def test_the_duration_is_still_needed(tmp_path: Path) -> None:
    problem = the_problem(written(tmp_path, TWO, head=WOMAN.replace("duration: 2 h\n", "")))
    assert (problem.key, problem.message) == ("duration", "this key is missing")


def test_columns_that_nothing_reads_are_told(tmp_path: Path) -> None:
    scenario = read(tmp_path, "ID,TIME[min],AMT[IU],ROUTE,AGE[year]\n1,0,1,im,31\n")
    assert codes(scenario) == ["table_columns_unread"] and "AGE" in scenario.notices[0].message


def test_unusual_weights_of_a_table_are_told_once(tmp_path: Path) -> None:
    table = "ID,TIME[min],AMT[IU],ROUTE,WT[kg]\n1,0,5,im,{}\n2,0,5,im,160\n3,0,5,im,{}\n"
    assert codes(read(tmp_path, table.format(35, 70))) == []
    scenario = read(tmp_path, table.format(34, 161))
    assert codes(scenario) == ["unusual_weight"] and "34 kg" in scenario.notices[0].message
    assert scenario.notices[0].where == f"{tmp_path / 'study.csv'} column WT"


def test_doses_of_a_subject_in_a_table_add(tmp_path: Path) -> None:
    table = "ID,TIME[min],AMT[IU],ROUTE\n1,0,60,iv_bolus\n{},0,60,iv_bolus\n2,0,1,iv_bolus\n"
    assert codes(read(tmp_path, table.format(2))) == []
    assert codes(read(tmp_path, table.format(1))) == ["large_bolus"]


def test_large_doses_of_a_table_are_told_once(tmp_path: Path) -> None:
    scenario = read(tmp_path, "ID,TIME[min],AMT[IU],ROUTE,ADDL,II\n1,0,5000,iv_bolus,4,10\n")
    assert codes(scenario) == ["large_bolus"] and "4 more doses" in scenario.notices[0].message
    assert scenario.notices[0].where == f"{tmp_path / 'study.csv'}:2 column AMT"


def test_a_course_counts_for_each_subject(tmp_path: Path) -> None:
    table = "ID,TIME[h],AMT[mg],RATE[mg/h],ROUTE\n" + "".join(f"{who},0,200,100,iv_infusion\n" for who in (1, 2, 3))
    keys = "dose_table: {file: study.csv, drug: atosiban}\n"
    assert codes(read(tmp_path, table, keys)) == []
    assert codes(read(tmp_path, table.replace("200,100", "400,200"), keys)) == ["large_course"]
