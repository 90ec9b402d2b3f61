"""Sampling series as a scenario writes them: what is read, what is refused, and what the run does with them."""

from __future__ import annotations

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from knuffel.errors import ScenarioError
from knuffel.scenario import loads_scenario
from knuffel.scenario.explain import explain
from knuffel.simulation import simulate

HEAD = "duration: 1 h\nsubject: {species: human, sex: female}\n"
QUIET = "body: {neurons: off, secretion: basal}\n"
LOW = "body: {plasma: {outputs: {plasma.oxytocin_concentration: {value: 0.1 pg/mL}}}}\n"


def text(samples: str, body: str = QUIET) -> str:
    return f"{HEAD}{body}observe:\n  samples:\n" + "".join(f"    - {{{item}}}\n" for item in samples.split("|"))


def series(samples: str):
    return loads_scenario(text(samples)).observe.samples


def test_everything_has_a_default() -> None:
    (plain,) = series("assay: ria_extracted, every: 30 min")
    assert (plain.tube, plain.held, plain.unit, plain.ug_per_iu, plain.gain) == ("edta", 0, "pg/mL", None, 1)


def test_every_key_is_read_and_explained() -> None:
    keys = "tube: heparin, held: 20 min, unit: uU/mL, ug_per_iu: 2, gain: 3"
    scenario = loads_scenario(text(f"assay: eia_extracted, every: 30 min, {keys}"))
    (full,) = scenario.observe.samples
    assert (full.tube, full.held, full.unit, full.ug_per_iu, full.gain) == ("heparin", 1_200_000, "uU/mL", 2, 3)
    for lang in ("en", "nl"):
        assert "heparin, 20 min; uU/mL, 2 ug/IU; x 3" in explain(scenario).text(lang)


def test_urine_is_reported_without_a_unit() -> None:
    (ratio,) = series("assay: urine_eia, every: 30 min, port: urine.oxytocin_ratio")
    assert ratio.unit == "1"


SALIVA = "port: saliva.oxytocin_concentration"
URINE = "port: urine.oxytocin_ratio"


@pytest.mark.parametrize(
    ("keys", "key", "message"),
    [
        ("assay: ria_extracted, tube: citrate", "tube", "possibilities"),
        ("assay: ria_extracted, held: -1 min", "held", "below zero"),
        ("assay: ria_extracted, held: '09:30'", "held", "clock time"),
        ("assay: ria_extracted, unit: ng/mL", "unit", "possibilities"),
        ("assay: ria_extracted, ug_per_iu: 1.71", "ug_per_iu", "does nothing"),
        ("assay: ria_extracted, unit: uU/mL, ug_per_iu: 1.5", "ug_per_iu", "no standard"),
        ("assay: ria_extracted, unit: uU/mL, ug_per_iu: 2.3", "ug_per_iu", "no standard"),
        ("assay: ria_extracted, gain: 0.5", "gain", "1 to 33"),
        ("assay: ria_extracted, gain: 34", "gain", "1 to 33"),
        ("assay: truth, gain: 2", "gain", "truth has no gain"),
        ("assay: ria_extracted, cross: 0.1", "cross", "unknown key"),
        (f"assay: saliva_eia, {SALIVA}, tube: heparin", "tube", "of blood"),
        (f"assay: urine_eia, {URINE}, held: 5 min", "held", "of blood"),
        (f"assay: urine_eia, {URINE}, unit: pg/mL", "unit", "ratio"),
        (f"assay: ria_extracted, {URINE}", "assay", "does not measure urine.oxytocin_ratio"),
        ("assay: urine_eia, port: plasma.oxytocin_concentration", "assay", "does not measure plasma"),
        ("assay: truth, port: stimuli.arousal", "port", "cannot be sampled"),
    ],
)
def test_what_makes_no_sense_is_refused(keys: str, key: str, message: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        series(f"{keys}, every: 30 min")
    (problem,) = caught.value.problems
    assert problem.key == f"observe.samples[0].{key}"
    assert message in str(problem)


@pytest.mark.parametrize("drug", ["carbetocin", "atosiban", "atosiban_m1"])
def test_an_assay_of_oxytocin_does_not_measure_another_drug(drug: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from knuffel.body.circulation.plasma import PlasmaTwoCompartment
    from knuffel.body.contract import Kind, Port

    name = f"plasma.{drug}_concentration"
    others = tuple(port for port in PlasmaTwoCompartment.outputs if port.name != name)
    fresh = Port(name, "pg/mL", Kind.LEVEL, "a drug", default=0)
    monkeypatch.setattr(PlasmaTwoCompartment, "outputs", (*others, fresh))
    (truth,) = series(f"assay: truth, every: 30 min, port: {name}")
    assert truth.port == name
    for keys, key in (
        ("assay: ria_extracted", "assay"),
        ("assay: truth, unit: pmol/L", "unit"),
        ("assay: truth, tube: serum", "tube"),
    ):
        with pytest.raises(ScenarioError) as caught:
            series(f"{keys}, every: 30 min, port: {name}")
        (problem,) = caught.value.problems
        assert problem.key == f"observe.samples[0].{key}"
        assert name in str(problem)
    with pytest.raises(ScenarioError, match=r"made for oxytocin.*allowed: truth"):
        series(f"assay: eia_extracted, every: 30 min, port: {name}")


def test_a_run_reports_in_the_unit_and_keeps_the_truth() -> None:
    samples = "assay: truth, every: 30 min, name: mass|assay: truth, every: 30 min, name: moles, unit: pmol/L"
    result = simulate(loads_scenario(text(samples)))
    held = result.recorded.variables
    assert held["sample.moles.value"].unit == "pmol/L"
    assert np.array_equal(held["sample.moles.truth"].data, held["sample.mass.value"].data)
    assert held["sample.moles.value"].data == pytest.approx(held["sample.moles.truth"].data * 0.99286, rel=1e-5)
    facts = {item["name"]: item for item in result.attributes["samples"]}
    assert facts["moles"]["unit"] == "pmol/L"
    assert facts["mass"]["reported_factor"] == 1
    figure = result.figure()
    assert figure is not None


def test_the_csv_has_truth_and_value_in_one_unit(tmp_path) -> None:
    result = simulate(loads_scenario(text("assay: truth, every: 30 min, unit: uU/mL")))
    result.to_csv(tmp_path)
    rows = [line for line in (tmp_path / "samples.csv").read_text("utf-8").splitlines() if line.startswith("truth,")]
    assert len(rows) == 3
    for row in rows:
        _, _, _, truth, value, unit, _, _ = row.split(",")
        assert (float(truth), unit) == (pytest.approx(float(value)), "uU/mL")
        assert float(value) == pytest.approx(1.9 / 1.71)


def test_oxytocinase_of_the_subject_is_read_where_a_room_gives_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from knuffel.body.contract import Kind, Port
    from knuffel.body.physiology import Adult

    name = "physiology.oxytocinase_activity"
    port = Port(name, "IU/mL", Kind.LEVEL, "oxytocinase in plasma")
    monkeypatch.setattr(Adult, "outputs", (*(item for item in Adult.outputs if item.name != name), port))
    given = (
        "body: {neurons: off, secretion: basal, receptors: off, physiology: {outputs: {"
        "basal_concentration: {value: 1.9 pg/mL}, clearance: {value: 21.7 mL/s}, typical_clearance: {value: 21.7 mL/s},"
        " oxytocinase_activity: {table: [[0 min, 0.5 IU/mL], [60 min, 2.5 IU/mL]]}}}}\n"
    )
    samples = "assay: truth, every: 30 min, name: a, tube: serum, held: 10 min|assay: truth, every: 30 min, name: b"
    held = simulate(loads_scenario(text(samples, given))).recorded.variables
    activity = held["sample.a.oxytocinase_activity"].data
    assert activity == pytest.approx(np.array([[0.5, 1.5, 2.5]]))
    assert held["sample.a.value"].data == pytest.approx(held["sample.a.truth"].data * np.exp(-0.2 * activity))
    assert "sample.b.oxytocinase_activity" not in held


def test_the_notice_reaches_the_command_line(tmp_path) -> None:
    from knuffel.cli import app

    file = tmp_path / "low.yaml"
    file.write_text(text("assay: ria_extracted, every: 10 min", LOW.replace("body: {", "body: {neurons: off, ")))
    done = CliRunner().invoke(app, ["run", str(file), "--json"])
    assert done.exit_code == 0, done.output
    found = json.loads(done.stdout)["warnings"]
    limit = "all samples are below the limit of detection of ria_extracted, 1 pg/mL: every one is censored"
    assert [line for line in found if limit in line]


def test_a_saved_run_resumes_with_what_was_read_beside(tmp_path) -> None:
    from knuffel.body.contract import Kind, Port
    from knuffel.engine.recorder import Recorder, SamplePlan
    from knuffel.engine.store import MemorySink

    level, beside = (Port(name, "pg/mL", Kind.LEVEL, name) for name in ("plasma.level", "physiology.other"))

    def recorder() -> Recorder:
        plan = SamplePlan("a", level, (0, 10), (beside,))
        return Recorder(MemorySink(), subjects=1, ports=(), event_ports=(), samples=[plan], every=10, end=10)

    first, second = recorder(), recorder()
    first.sample(0, {"plasma.level": np.array([1.0]), "physiology.other": np.array([2.0])})
    second.restore(*first.snapshot())
    second.sample(10, {"plasma.level": np.array([3.0]), "physiology.other": np.array([4.0])})
    found = {item.name: item.data for item in second.sample_variables()}
    assert found["sample.a.truth"].tolist() == [[1.0, 3.0]]
    assert found["sample.a.other"].tolist() == [[2.0, 4.0]]
