"""An exported file is sound SBML, and an independent engine (COPASI) gets the numbers of our own from it."""

from __future__ import annotations

import json
import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import basico
import libsbml
import numpy as np
import pytest

from knuffel import simulate
from knuffel.errors import KnuffelError, MissingExtra, StoreError
from knuffel.kinetics_exchange import export_sbml
from knuffel.kinetics_exchange.document import Document
from knuffel.scenario import loads_scenario
from knuffel.scenario.model import Scenario

CLOSE = 1e-6
LEVELS = (
    "plasma.oxytocin_concentration",
    "plasma.oxytocin_endogenous",
    "plasma.oxytocin_exogenous",
    "plasma.carbetocin_concentration",
    "plasma.atosiban_concentration",
    "plasma.atosiban_m1_concentration",
    "csf.oxytocin_concentration",
)
MAN = "subject: {species: human, sex: male}"
WOMAN = "subject: {species: human, sex: female}"
TERM = "subject: {species: human, sex: female, state: term}"

SCENARIOS = {
    "man, a bolus": f"""
duration: 2 h
start: "11:00"
{MAN}
doses:
  - {{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 min}}
""",
    "woman, a muscle and two infusions": f"""
duration: 3 h
{WOMAN}
doses:
  - {{drug: oxytocin, route: im, amount: 10 IU, at: 12 min}}
  - {{drug: oxytocin, route: iv_infusion, rate: 20 mU/min, start: 0 min, end: 100 min}}
  - {{drug: oxytocin, route: iv_infusion, start: 40 min, end: 130 min,
     steps: [{{at: 40 min, rate: 5 mU/min}}, {{at: 70 min, rate: 12 mU/min}}]}}
""",
    "term, carbetocin": f"""
duration: 4 h
{TERM}
doses:
  - {{drug: carbetocin, route: im, amount: 100 ug, at: 10 min}}
""",
    "woman, a course of atosiban": f"""
duration: 4 h
{WOMAN}
doses:
  - {{drug: atosiban, route: iv_bolus, amount: 6.75 mg, over: 1 min, at: 10 min}}
  - {{drug: atosiban, route: iv_infusion, rate: 300 ug/min, start: 11 min, duration: 3 h}}
""",
    "man, a spray": f"""
duration: 3 h
{MAN}
doses:
  - {{drug: oxytocin, route: intranasal_spray, amount: 24 IU, at: 10 min}}
body: {{csf: {{parameters: {{nose_to_brain_fraction: "1e-4"}}}}}}
""",
    "man, under the tongue": f"""
duration: 5 h
{MAN}
doses:
  - {{drug: oxytocin, route: sublingual, amount: 400 IU, at: 10 min}}
""",
    "rat, saturable": """
duration: 1 h
subject: {species: rat, sex: female, kinetics: rat_saturable}
doses:
  - {drug: oxytocin, route: iv_bolus, amount: 1 ug, at: 10 min}
""",
    "induction without looking": f"""
duration: 5 h
{TERM}
doses:
  - {{protocol: US_label, start: 10 min, end: 4 h, rule: none, pauses: [{{from: 2 h, to: 150 min}}]}}
""",
    "term, an infusion": f"""
duration: 1 h
{TERM}
doses:
  - {{drug: oxytocin, route: iv_infusion, rate: 20 mU/min, start: 5 min, duration: 25 min}}
""",
    "heavy, half the kidneys": """
duration: 90 min
subject: {species: human, sex: female, weight: 120 kg}
doses:
  - {drug: oxytocin, route: subcutaneous, amount: 5 IU, at: 5 min}
body: {physiology: {parameters: {plasma.renal_function: "0.5"}}}
""",
    "twice at one time": f"""
duration: 1 h
{WOMAN}
doses:
  - {{drug: oxytocin, route: iv_bolus, amount: 1 IU, at: 10 min}}
  - {{drug: oxytocin, route: iv_bolus, amount: 2 IU, at: 10 min}}
  - {{drug: oxytocin, route: icv, amount: 10 ng, at: 0 min}}
""",
}


STEPS = {"rat, saturable": "500 ms"}
"""A run spreads what crosses to the brain evenly over each of its steps. With steps of 10 s the fluid of the rat is
off by 7e-5, and by a quarter of it whenever the steps are halved; blood is exact with any step."""

RECEPTOR = ("receptors.myometrium_effect", "receptors.oxytocin_stimulus", "receptors.coupled_fraction")


def scenario(text: str, *changes: str) -> Scenario:
    start = "" if "start:" in text.partition("subject")[0] else 'start: "09:00"\n'
    head = f"knuffel: 1\ntitle: {{en: kinetics, nl: kinetiek}}\n{start}"
    return loads_scenario(head + text, ["body.neurons=off", "observe.record.every=5 s", *changes])


def copasi(path: Path, times: Any) -> Any:
    """Return every variable of a file by its identifier at the times (s), as COPASI computes them."""
    model = basico.load_model(str(path))
    assert model is not None, "COPASI does not read the file"
    try:
        found = basico.run_time_course(
            model=model,
            start_time=0,
            values=[0.0, *times],
            method="deterministic",
            r_tol=1e-12,
            a_tol=1e-14,
            max_steps=10_000_000,
            use_sbml_id=True,
        )
    finally:
        basico.remove_datamodel(model)
    return found.loc[times]


def differences(loaded: Scenario, path: Path, names: tuple[str, ...] = LEVELS) -> dict[str, float]:
    """Return the largest relative difference of each level in the file at 20 times, none of them that of a dose."""
    ours = simulate(loaded).dataset
    every = loaded.observe.record_every / 1000
    times = np.floor(np.linspace(0.04, 0.99, 20) * loaded.duration / 1000 / every) * every
    theirs = copasi(path, times)
    found = {}
    for name in names:
        column = name.replace(".", "_")
        if column in theirs:
            expected = ours[name].isel(subject=0).sel(time=times).to_numpy()
            got = theirs[column].to_numpy()
            found[name] = float(np.max(np.abs(got - expected) / np.where(expected == 0, 1, np.abs(expected))))
    return found


def complaints(path: Path) -> list[str]:
    read = libsbml.readSBMLFromFile(str(path))
    read.checkConsistency()
    return [read.getError(place).getMessage() for place in range(read.getNumErrors())]


@pytest.mark.parametrize("name", SCENARIOS)
def test_copasi_gets_the_same_levels(name: str, tmp_path: Path) -> None:
    loaded = scenario(SCENARIOS[name], f"observe.record.every={STEPS.get(name, '5 s')}")
    path = tmp_path / "kinetics.xml"
    done = export_sbml(loaded, path)
    assert done.warnings == ()
    assert complaints(path) == []
    found = differences(loaded, path)
    print({level: f"{value:.1e}" for level, value in found.items()})
    used = {f"plasma.{dose.drug}_concentration" for dose in loaded.doses}
    used |= {"plasma.atosiban_m1_concentration"} if "plasma.atosiban_concentration" in used else set()
    assert used | {"plasma.oxytocin_endogenous", "csf.oxytocin_concentration"} <= found.keys()
    assert {level: value for level, value in found.items() if value > CLOSE} == {}


@pytest.mark.parametrize("name", ["term, carbetocin", "term, an infusion"])
def test_copasi_gets_the_same_receptor(name: str, tmp_path: Path) -> None:
    # With fine steps: a run follows what wears receptors down in steps, with an error that goes as their square.
    changes = "observe.record.every=250 ms", "duration=40 min", "body.uterus=off"
    loaded, path = scenario(SCENARIOS[name], *changes), tmp_path / "kinetics.xml"
    export_sbml(loaded, path)
    found = differences(loaded, path, RECEPTOR)
    assert {"receptors.myometrium_effect", "receptors.oxytocin_stimulus"} <= found.keys()
    assert {level: value for level, value in found.items() if value > CLOSE} == {}


def test_the_comparison_sees_a_small_mistake(tmp_path: Path) -> None:
    loaded, path = scenario(SCENARIOS["man, a bolus"]), tmp_path / "kinetics.xml"
    export_sbml(loaded, path)
    document = libsbml.readSBMLFromFile(str(path))
    volume = document.getModel().getCompartment("oxytocin_central")
    volume.setSize(volume.getSize() * (1 + 1e-4))
    libsbml.writeSBMLToFile(document, str(path))
    assert differences(loaded, path)["plasma.oxytocin_exogenous"] > CLOSE


def test_the_unit_check_sees_a_wrong_unit() -> None:
    document = Document("wrong", "wrong")
    document.compartment("plasma", 1.0, "plasma")
    document.species("drug", "plasma", 1.0, "drug")
    document.parameter("clearance", 1.0, "mL/s", "clearance")
    document.reaction("loss", "loss", "clearance * drug", source="drug")
    assert len(document.checked()) == 1


def test_an_unsound_document_is_refused() -> None:
    document = Document("wrong", "wrong")
    document.parameter("rate", 1.0, "1/s", "rate")
    document.assign("rate", "2 per_s")
    with pytest.raises(KnuffelError, match="unsound"):
        document.checked()


def test_numbers_carry_their_evidence(tmp_path: Path) -> None:
    loaded = scenario(SCENARIOS["woman, a muscle and two infusions"], "body.plasma.parameters.im_absorption=0.06 1/min")
    export_sbml(loaded, tmp_path / "kinetics.xml")
    model = libsbml.readSBMLFromFile(str(tmp_path / "kinetics.xml")).getModel()
    changed = model.getParameter("plasma_im_absorption")
    assert changed.getValue() == pytest.approx(0.001, rel=1e-12)
    assert changed.getUnits() == "per_s"
    assert "plasma.im_absorption = 0.06 1/min (user); status: assumed; sources: none" in changed.getNotesString()
    clearance = model.getParameter("oxytocin_clearance").getNotesString()
    assert "plasma.clearance = " in clearance
    assert "status: " in clearance
    numbers = [model.getParameter(place) for place in range(model.getNumParameters())]
    assert [item.getId() for item in numbers if not item.isSetUnits()] == []
    told = [item.getId() for item in numbers if item.getId().startswith(("plasma_im", "csf_loss", "oxytocin_dis"))]
    assert [name for name in told if "status: " not in model.getParameter(name).getNotesString()] == []
    assert len(told) >= 4
    notes = [item.getNotesString() for item in numbers]
    keys = {key for text in notes for line in re.findall("sources: (.*)</p>", text) for key in line.split(", ")}
    assert len(keys - {"none"}) >= 3
    assert [key for key in sorted(keys - {"none"}) if f"<p>{key}: " not in model.getNotesString()] == []


def test_equal_scenarios_give_equal_files(tmp_path: Path) -> None:
    for name in ("first.xml", "second.xml"):
        export_sbml(scenario(SCENARIOS["man, a spray"]), tmp_path / name)
    assert (tmp_path / "first.xml").read_bytes() == (tmp_path / "second.xml").read_bytes()


def test_a_run_with_neurons_says_what_is_left_out(tmp_path: Path) -> None:
    done = export_sbml("hug_woman", tmp_path / "kinetics.xml")
    assert [notice.code for notice in done.notices] == ["sbml_gland"]
    assert "neurons, pulses and stimuli are not exported" in (tmp_path / "kinetics.xml").read_text()


def test_a_pregnancy_stands_still(tmp_path: Path) -> None:
    loaded = scenario(SCENARIOS["term, carbetocin"])
    loaded = replace(loaded, subject=replace(loaded.subject, state="pregnant", gestational_week=30.0))
    done = export_sbml(loaded, tmp_path / "kinetics.xml")
    assert [notice.code for notice in done.notices] == ["sbml_pregnancy"]
    found = differences(loaded, tmp_path / "kinetics.xml")
    assert 0 < found["plasma.oxytocin_concentration"] < 1e-3


def test_one_subject_of_a_cohort(tmp_path: Path) -> None:
    loaded, path = scenario(SCENARIOS["man, a bolus"], "subject.count=3"), tmp_path / "kinetics.xml"
    for subject, text in ((None, "--subject 1 to 3"), (4, "allowed: 1 to 3"), (0, "allowed: 1 to 3")):
        with pytest.raises(KnuffelError, match=text):
            export_sbml(loaded, path, subject=subject)
    assert not path.exists()
    export_sbml(loaded, path, subject=2)
    assert "subject 2 of 3" in path.read_text()
    assert max(differences(loaded, path).values()) <= CLOSE


REFUSED = {
    "plasma off": ("man, a bolus", ("body.plasma=off",), "plasma is off"),
    "closed loop": ("induction without looking", ("doses[0].rule=contractions",), "rule: none"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_has_no_kinetics_is_refused(case: str, tmp_path: Path) -> None:
    name, changes, message = REFUSED[case]
    with pytest.raises(KnuffelError, match=message) as caught:
        export_sbml(scenario(SCENARIOS[name], *changes), tmp_path / "kinetics.xml")
    assert caught.value.exit_code == 2
    assert list(tmp_path.iterdir()) == []


def test_prescribed_plasma_is_refused(tmp_path: Path) -> None:
    text = f"duration: 1 h\n{MAN}\n"
    text += "body: {plasma: {mode: prescribed, outputs: {oxytocin_concentration: 5 pg/mL}}}\n"
    with pytest.raises(KnuffelError, match="plasma is prescribed"):
        export_sbml(scenario(text), tmp_path / "kinetics.xml")


def test_places_that_cannot_be_written_are_refused(tmp_path: Path) -> None:
    loaded, path = scenario(SCENARIOS["man, a bolus"]), tmp_path / "kinetics.xml"
    with pytest.raises(StoreError, match="no folder"):
        export_sbml(loaded, tmp_path / "nowhere" / "kinetics.xml")
    path.write_text("mine")
    with pytest.raises(StoreError, match="--overwrite"):
        export_sbml(loaded, path)
    assert path.read_text() == "mine"
    export_sbml(loaded, path, overwrite=True)
    assert path.read_text().startswith("<?xml")
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError):
        export_sbml(loaded, tmp_path / "folder", overwrite=True)
    assert sorted(item.name for item in tmp_path.iterdir()) == ["folder", "kinetics.xml"]


def test_nothing_half_written_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "kinetics.xml"
    path.write_text("mine")

    def full(self: Path, *_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(Path, "replace", full)
        with pytest.raises(StoreError):
            export_sbml(scenario(SCENARIOS["man, a bolus"]), path, overwrite=True)
    assert path.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [path]


def test_without_the_library_the_install_line_is_given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "libsbml", None)
    with pytest.raises(MissingExtra, match=r"knuffel\[sbml\]"):
        export_sbml(scenario(SCENARIOS["man, a bolus"]), tmp_path / "kinetics.xml")


def test_command_line(knuffel: Any, tmp_path: Path) -> None:
    path = tmp_path / "kinetics.xml"
    done = knuffel("export-sbml", "infusion_man", "--out", str(path), "--json", "--set", "subject.weight=80 kg")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {"file": str(path), "warnings": [], "libsbml_warnings": []}
    assert complaints(path) == []
    again = knuffel("export-sbml", "infusion_man", "--out", str(path), "--json")
    assert again.returncode == 2
    assert json.loads(again.stdout)["error"]["code"] == "store"
    off = knuffel("export-sbml", "vasopressin_phasic", "--out", str(tmp_path / "other.xml"))
    assert off.returncode == 2
    assert "plasma is off" in off.stderr
