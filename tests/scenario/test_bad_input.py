"""Every mistake gets its place, what was found and what is allowed; several are reported together."""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from knuffel.errors import Problem, ScenarioError
from knuffel.scenario import load_scenario, loads_scenario

MAN = "duration: 1 h\nsubject: {species: human, sex: male}\n"
WOMAN = "duration: 1 h\nsubject: {species: human, sex: female}\n"
RAT = "duration: 1 h\nsubject: {species: rat, sex: male}\n"
INFUSION = "doses:\n  - {drug: oxytocin, route: iv_infusion, "
BOLUS = "doses:\n  - {drug: oxytocin, route: iv_bolus, "


def problems_of(text: str | Path, overrides: Sequence[str] = ()) -> tuple[Problem, ...]:
    with pytest.raises(ScenarioError) as caught:
        load_scenario(text, overrides) if isinstance(text, Path) else loads_scenario(text, overrides)
    assert "pydantic" not in str(caught.value).lower()
    return caught.value.problems


def the_problem(text: str | Path, overrides: Sequence[str] = ()) -> Problem:
    problems = problems_of(text, overrides)
    assert len(problems) == 1, problems
    return problems[0]


# (text, key path, a part of the message, line, column)
CASES = [
    (MAN + "sede: 3\n", "sede", "unknown key", 3, 1),
    ("duration: 1 h\nsubject: {species: human, sexe: male, sex: male}\n", "subject.sexe", "unknown key", 2, 27),
    (MAN.replace("1 h", "1 kg"), "duration", "wrong kind of unit", 1, 11),
    (MAN.replace("1 h", "60"), "duration", "unit is missing", 1, 11),
    (MAN.replace("1 h", "1 hurs"), "duration", "unknown unit", 1, 11),
    (MAN.replace("1 h", "0 s"), "duration", "above zero", 1, 11),
    (MAN.replace("1 h", "-1 h"), "duration", "above zero", 1, 11),
    (MAN.replace("1 h", "nan s"), "duration", "not a quantity", 1, 11),
    (MAN.replace("1 h", ".nan"), "duration", "finite", 1, 11),
    (MAN.replace("1 h", "1e999 h"), "duration", "finite", 1, 11),
    (MAN.replace("1 h", "20000000 s") + "body: {neurons: off}", "duration", "too long", 1, 11),
    (MAN.replace("1 h", "09:00"), "duration", "length of time", 1, 11),
    ("duration: 1 h\n", "subject", "missing", 1, 1),
    ("duration: 1 h\nsubject: {species: human}\n", "subject.sex", "missing", 2, 1),
    ("duration: 1 h\nsubject: {species: humen, sex: male}\n", "subject.species", "possibilities", 2, 20),
    ("duration: 1 h\nsubject: human\n", "subject", "mapping", 2, 10),
    (
        "duration: 1 h\nsubject: {species: human, sex: male, gestational_week: 39}",
        "subject.gestational_week",
        "man",
        2,
        56,
    ),
    (
        "duration: 1 h\nsubject: {species: rat, sex: female, gestational_week: 3}",
        "subject.gestational_week",
        "rat",
        2,
        56,
    ),
    (
        "duration: 1 h\nsubject: {species: human, sex: female, gestational_week: 39}",
        "subject.gestational_week",
        "resting",
        2,
        58,
    ),
    ("duration: 1 h\nsubject: {species: human, sex: male, state: term}\n", "subject.state", "man", 2, 45),
    ("duration: 1 h\nsubject: {species: human, sex: male, state: postmenopausal}\n", "subject.state", "man", 2, 45),
    ("duration: 1 h\nsubject: {species: rat, sex: female, state: term}\n", "subject.state", "rat", 2, 45),
    (
        "duration: 1 h\nsubject: {species: human, sex: female, state: term, gestational_week: 30}\n",
        "subject.gestational_week",
        "not term",
        2,
        71,
    ),
    ("duration: 1 h\nsubject: {species: human, sex: male, weight: 0 kg}\n", "subject.weight", "no body weight", 2, 46),
    (
        "duration: 1 h\nsubject: {species: human, sex: male, kinetics: human_woman}",
        "subject.kinetics",
        "no such",
        2,
        48,
    ),
    ("duration: 1 h\nsubject: {species: human, sex: male, kinetics: term_B}", "subject.kinetics", "not for a", 2, 48),
    (
        "duration: 1 h\nsubject: {species: rat, sex: male, kinetics: rat_low_dose_iv}",
        "subject.kinetics",
        "cannot run",
        2,
        46,
    ),
    ("duration: 1 h\nsubject: {species: human, sex: male, count: 0}\n", "subject.count", "number of subjects", 2, 45),
    (MAN + "seed: 4294967296\n", "seed", "out of range", 3, 7),
    (MAN + "seed: 1.5\n", "seed", "whole number", 3, 7),
    (MAN + "start: 25:00\n", "start", "time of the day", 3, 8),
    (MAN + "knuffel: 2\n", "knuffel", "another format", 3, 10),
    (MAN + BOLUS + "amount: -1 IU, at: 1 min}\n", "doses[0].amount", "below zero", 4, 47),
    (MAN + BOLUS + "amount: 1 mL, at: 1 min}\n", "doses[0].amount", "wrong kind", 4, 47),
    (MAN + BOLUS + "amount: 1, at: 1 min}\n", "doses[0].amount", "unit is missing", 4, 47),
    (MAN + BOLUS + "amount: 1 IU, at: 08:30}\n", "doses[0].at", "before the start", 4, 57),
    (MAN + BOLUS + "amount: 1 IU, at: -1 s}\n", "doses[0].at", "before the start", 4, 57),
    (MAN + BOLUS + "amount: 1 IU, at: 1 h}\n", "doses[0].at", "after the end", 4, 57),
    (MAN + BOLUS + "amount: nan IU, at: 1 s}\n", "doses[0].amount", "not a quantity", 4, 47),
    (MAN + BOLUS + "amount: 1 IU, at: 1 s, rate: 1 mU/min}\n", "doses[0].rate", "does nothing", 4, 62),
    (MAN + INFUSION + "rate: 1 mU/min, start: 10 min, end: 10 min}\n", "doses[0].end", "ends before", 4, 78),
    (MAN + INFUSION + "rate: 1 mU/min, start: 10 min}\n", "doses[0].end", "needs this key", 4, 5),
    (MAN + INFUSION + "rate: 1 mU/min, start: 2 h, end: 3 h}\n", "doses[0].start", "after the end", 4, 65),
    (
        MAN + "doses:\n  - {drug: oxytocine, route: iv_bolus, amount: 1 IU, at: 1 s}\n",
        "doses[0].drug",
        "no such",
        4,
        12,
    ),
    (MAN + "doses:\n  - {drug: barusiban, route: im, amount: 1 ug, at: 1 s}\n", "doses[0].drug", "kinetics", 4, 12),
    (MAN + "doses:\n  - {drug: carbetocin, route: oral, amount: 1 ug, at: 1 s}\n", "doses[0].route", "no num", 4, 31),
    (MAN + "doses:\n  - {drug: oxytocin, route: nasal, amount: 1 ug, at: 1 s}\n", "doses[0].route", "no such", 4, 29),
    (
        MAN + "doses:\n  - {drug: oxytocin, route: vaginal_gel, amount: 1 ug, at: 1 s}\n",
        "doses[0].route",
        "women",
        4,
        29,
    ),
    (
        MAN + "doses:\n  - {drug: carbetocin, route: im, amount: 1 IU, at: 1 s}\n",
        "doses[0].amount",
        "no international",
        4,
        43,
    ),
    (
        MAN + "doses:\n  - {drug: oxytocin, route: im, amount: 1 UI, at: 1 s}\n",
        "doses[0].amount",
        "unknown unit",
        4,
        41,
    ),
    (
        MAN + "doses:\n  - {drug: oxytocin, route: im, amount: 1 IU, at: 1 s, over: 1 s}\n",
        "doses[0].over",
        "nothing",
        4,
        56,
    ),
    (MAN + "doses: [{route: im, amount: 1 IU, at: 1 s}]\n", "doses[0].drug", "missing", 3, 9),
    (MAN + "doses: [{protocol: acog_low, start: 1 s, duration: 1 h}]\n", "doses[0].protocol", "pregnant", 3, 20),
    (RAT + "doses: [{drug: atosiban, route: iv_bolus, amount: 1 mg, at: 1 s}]\n", "doses[0].drug", "in rats", 3, 16),
    (MAN + "doses: 5\n", "doses", "list", 3, 8),
    (WOMAN + "stimuli: [{kind: hugg, start: 1 s, duration: 1 s}]\n", "stimuli[0].kind", "no such", 3, 18),
    (WOMAN + "events: [{kind: cck_iv, start: 1 s}]\n", "events[0].kind", "rats only", 3, 17),
    (RAT + "stimuli: [{kind: hug, start: 1 s, duration: 1 s}]\n", "stimuli[0].kind", "people only", 3, 18),
    (WOMAN + "stimuli: [{kind: hug, start: -1 s, duration: 1 s}]\n", "stimuli[0].start", "before the start", 3, 30),
    (WOMAN + "stimuli: [{kind: hug, start: 2 h, duration: 1 s}]\n", "stimuli[0].start", "after the end", 3, 30),
    (WOMAN + "stimuli: [{kind: hug, start: 1 s, duration: 1 s, intensity: 2}]", "stimuli[0].intensity", "range", 3, 61),
    (WOMAN + "stimuli: [{kind: step, start: 1 s}]\n", "stimuli[0].gain", "needs this key", 3, 11),
    (WOMAN + "stimuli: [{kind: osmotic, start: 1 s}]\n", "stimuli[0].kind", "rats only", 3, 18),
    (WOMAN + "stimuli: [{kind: antidromic, start: 1 s}]\n", "stimuli[0].kind", "rats only", 3, 18),
    (RAT + "stimuli: [{kind: osmotic, start: 1 s, duration: 1 s}]\n", "stimuli[0].rise", "needs this key", 3, 11),
    (
        RAT + "stimuli: [{kind: osmotic, start: 1 s, duration: 1 s, rise: 200 mOsm/kg}]\n",
        "stimuli[0].rise",
        "range",
        3,
        60,
    ),
    (
        RAT + "stimuli: [{kind: osmotic, start: 1 s, duration: 1 s, rise: 20 mM}]\n",
        "stimuli[0].rise",
        "wrong kind",
        3,
        60,
    ),
    (RAT + "stimuli: [{kind: antidromic, start: 1 s, rate: 50 Hz}]\n", "stimuli[0].duration", "missing", 3, 11),
    (RAT + "stimuli: [{kind: antidromic, start: 1 s, duration: 4 s}]\n", "stimuli[0].rate", "needs this key", 3, 11),
    (
        RAT + "stimuli: [{kind: antidromic, start: 1 s, duration: 4 s, rate: 0 Hz}]\n",
        "stimuli[0].rate",
        "out of range",
        3,
        63,
    ),
    (
        RAT + "stimuli: [{kind: antidromic, start: 1 s, duration: 4 s, rate: 501 Hz}]\n",
        "stimuli[0].rate",
        "out of range",
        3,
        63,
    ),
    (
        RAT + "stimuli: [{kind: antidromic, start: 1 s, duration: 4 s, rate: 50 Hz, intensity: 1}]\n",
        "stimuli[0].intensity",
        "nothing for",
        3,
        70,
    ),
    (
        RAT + "stimuli: [{kind: cck_iv, start: 1 s, rate: 50 Hz}]\n",
        "stimuli[0].rate",
        "nothing for",
        3,
        38,
    ),
    (
        WOMAN + "stimuli: [{kind: ramp, duration: 1 s, gain: 2, slope: 1 Hz/s}]\n",
        "stimuli[0].slope",
        "either",
        3,
        48,
    ),
    (WOMAN + "stimuli: [{kind: ramp, duration: 1 s, slope: 1 Hz}]\n", "stimuli[0].slope", "wrong kind", 3, 46),
    (WOMAN + "stimuli: [{kind: ramp, duration: 1 s, slope: 2000 Hz/s}]\n", "stimuli[0].slope", "range", 3, 46),
    (WOMAN + "stimuli: [{kind: step, gain: 2, slope: 1 Hz/s}]\n", "stimuli[0].slope", "nothing for", 3, 33),
    (MAN + "body: {neurons: {settings: {slow_input: nmda}}}\n", "body.neurons.settings.slow_input", "allowed", 3, 41),
    (MAN + "body: {neurons: {settings: {dendritic: maybe}}}\n", "body.neurons.settings.dendritic", "true", 3, 40),
    (
        MAN + "body: {neurons: {parameters: {shared_fraction: 2}}}\n",
        "body.neurons.parameters.shared_fraction",
        "possible",
        3,
        48,
    ),
    (
        WOMAN + "stimuli: [{kind: step, gain: 2, time_constant: 1 s}]\n",
        "stimuli[0].time_constant",
        "nothing for",
        3,
        33,
    ),
    (MAN + "body: {neuron: off}\n", "body.neuron", "unknown key", 3, 8),
    (MAN + "body: {neurons: if-oxytocine}\n", "body.neurons.model", "no such model", 3, 17),
    (MAN + "body: {neurons: {cells: 0}}\n", "body.neurons.cells", "number of cells", 3, 25),
    (MAN + "body: {neurons: {set: oxytocin-2019}}\n", "body.neurons.set[0]", "no such", 3, 23),
    (MAN + "body: {neurons: {set: human_men}}\n", "body.neurons.set[0]", "kind kinetics", 3, 23),
    (MAN + "body: {neurons: {parameters: {psp_rat: 1 Hz}}}\n", "body.neurons.parameters.psp_rat", "no such", 3, 31),
    (
        MAN + "body: {neurons: {parameters: {psp_rate: 1 mV}}}\n",
        "body.neurons.parameters.psp_rate",
        "wrong kind",
        3,
        41,
    ),
    (
        MAN + "body: {neurons: {mode: off, parameters: {psp_rate: 1 Hz}}}\n",
        "body.neurons.parameters",
        "does nothing",
        3,
        29,
    ),
    (MAN + "body: {uterus: labour}\n", "body.uterus", "no uterus", 3, 16),
    (MAN + "body: {plasma: {mode: prescribed}}\n", "body.plasma.outputs", "needs its outputs", 3, 8),
    (
        MAN + "body: {plasma: {outputs: {oxytocin_concentration: 5 mmHg}}}\n",
        "body.plasma.outputs.oxytocin_concentration.value",
        "wrong kind",
        3,
        51,
    ),
    (
        MAN + "body: {plasma: {outputs: {plasma.oxytocin: 5 pg/mL}}}\n",
        "body.plasma.outputs.plasma.oxytocin",
        "no such output",
        3,
        27,
    ),
    (MAN + "observe: {samples: [{assay: ria_extract, every: 1 min}]}\n", "observe.samples[0].assay", "no such", 3, 29),
    (MAN + "observe: {samples: [{assay: truth, every: 0 s}]}\n", "observe.samples[0].every", "above zero", 3, 43),
    (
        MAN + "observe: {samples: [{assay: truth, times: [2 h]}]}\n",
        "observe.samples[0].times[0]",
        "after the end",
        3,
        44,
    ),
    (MAN + "observe: {record: {every: 1 ms}}\n", "observe.record.every", "too many rows", 3, 27),
    (
        MAN + "observe: {record: {variables: [plasma.oxytocin]}}\n",
        "observe.record.variables[0]",
        "no such variable",
        3,
        32,
    ),
    (MAN + "observe: {tocograph: yes}\n", "observe.tocograph", "no uterus", 3, 22),
    (MAN + "engine: {intervals: {neuron: 1 s}}\n", "engine.intervals.neuron", "no such room", 3, 22),
    (MAN + "engine: {intervals: {neurons: 0 s}}\n", "engine.intervals.neurons", "above zero", 3, 31),
    (MAN + "engine: {debug: perhaps}\n", "engine.debug", "yes or no", 3, 17),
]


@pytest.mark.parametrize(
    ("text", "key", "message", "line", "column"), CASES, ids=[case[1] + str(n) for n, case in enumerate(CASES)]
)
def test_place_and_words(text: str, key: str, message: str, line: int, column: int) -> None:
    if "20000000 s" in text:
        text += "\nobserve: {record: {every: 1 h}}"
    problem = the_problem(text)
    assert (problem.key, problem.line, problem.column) == (key, line, column)
    assert message in problem.message
    assert problem.file == "scenario"


@pytest.mark.parametrize(
    ("text", "suggestion"),
    [
        (MAN + "sede: 3\n", "seed"),
        ("duration: 1 h\nsubject: {species: humen, sex: male}\n", "human"),
        (MAN + "doses:\n  - {drug: oxytocine, route: iv_bolus, amount: 1 IU, at: 1 s}\n", "oxytocin"),
        (WOMAN + "stimuli: [{kind: hugg, start: 1 s, duration: 1 s}]\n", "hug"),
        (MAN + "body: {neurons: {set: oxytocin-2019}}\n", "oxytocin-2018"),
        (MAN + "body: {neurons: {parameters: {psp_rat: 1 Hz}}}\n", "psp_rate"),
        (MAN + "observe: {samples: [{assay: ria_extract, every: 1 min}]}\n", "ria_extracted"),
    ],
)
def test_nearest_name(text: str, suggestion: str) -> None:
    assert the_problem(text).suggestion == suggestion


@pytest.mark.parametrize(
    ("text", "message", "line"),
    [
        ("", "empty", None),
        ("# only a comment\n", "empty", None),
        ("just a text", "not a scenario", 1),
        ("- a\n- b\n", "not a scenario", 1),
        ("a: [1, 2\nb: 3", "not YAML", 2),
        ("a: 'no end", "not YAML", 1),
        ("duration:\t1 h\n", "tab", 1),
        ("a: 1\nb: \0\n", "NUL", 2),
        ("a: &x 1\n", "anchor", 1),
        ("a: *x\n", "alias", 1),
        ("a: !!python/object:os.system 1\n", "tag", 1),
        ("<<: {a: 1}\n", "merge", 1),
        ("? [1, 2]\n: 3\n", "key has to be a name", 1),
        ("---\na: 1\n---\nb: 2\n", "one scenario", 3),
        ("%YAML 1.1\n---\na: 1\n", "directive", 2),
        ("a: " + "[" * 50, "nested too deeply", 1),
        ("a: [" + "1, " * 20_000 + "]", "too many values", 1),
    ],
)
def test_layout(text: str, message: str, line: int | None) -> None:
    problem = the_problem(text)
    assert message in problem.message
    assert problem.line == line


def test_duplicate_key_names_both_lines() -> None:
    problem = the_problem("duration: 1 h\nseed: 1\nduration: 2 h\n")
    assert (problem.line, problem.column) == (3, 1)
    assert "line 1" in str(problem.found)


def test_exploding_aliases_are_refused_at_once() -> None:
    rows = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    rows += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 10)]
    began = time.perf_counter()
    problems = problems_of("\n".join(rows))
    assert time.perf_counter() - began < 2
    assert all("anchor" in item.message or "alias" in item.message for item in problems)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "no such file" in the_problem(tmp_path / "none.yaml").message
    assert "has to be a file" in the_problem(tmp_path).message
    pipe = tmp_path / "pipe.yaml"
    os.mkfifo(pipe)
    assert "has to be a file" in the_problem(pipe).message
    large = tmp_path / "large.yaml"
    large.write_bytes(b"a" * 10_000_000)
    began = time.perf_counter()
    assert "too large" in the_problem(large).message
    assert time.perf_counter() - began < 1
    binary = tmp_path / "binary.yaml"
    binary.write_bytes(b"duration: 1 h\nname: \xff\xfe\n")
    problem = the_problem(binary)
    assert (problem.line, problem.column) == (2, 7)
    assert "UTF-8" in problem.message


def test_permission_error_is_reported(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("knuffel.scenario.source.os.open", refuse)
    assert "Permission denied" in the_problem(tmp_path / "secret.yaml").message


def test_unknown_bundled_name() -> None:
    with pytest.raises(ScenarioError) as caught:
        load_scenario("infusion_men")
    assert caught.value.problems[0].suggestion == "infusion_man"


def test_all_mistakes_together_in_the_order_of_the_file() -> None:
    text = """duration: 1 kg
subject: {species: human, sex: male, gestational_week: 39}
stimuli:
  - {kind: hugg, start: 1 s, duration: 1 s}
doses:
  - {drug: oxytocin, route: iv_infusion, rate: 10, start: 20 min, end: 10 min}
  - {drug: oxytocin, route: iv_bolus, amount: -1 IU, at: 1 s}
body:
  neurons: {cells: 0}
obseve: {}
"""
    problems = problems_of(text)
    assert [item.key for item in problems] == [
        "duration",
        "subject.gestational_week",
        "stimuli[0].kind",
        "doses[0].rate",
        "doses[0].end",
        "doses[1].amount",
        "body.neurons.cells",
        "obseve",
    ]
    assert [item.line for item in problems] == [1, 2, 4, 6, 6, 7, 9, 10]


def test_one_mistake_does_not_cause_another() -> None:
    text = MAN + "body: {plasma: {outputs: {oxytocin_concentration: 5 kg}}}\n"
    assert len(problems_of(text + "observe: {samples: [{assay: truth, every: 1 min}]}\n")) == 1


@pytest.mark.parametrize(
    ("model", "name"),
    [
        ("if-oxytocin", "hh-oxytocin"),
        ("hh-oxytocin", "oxytocin-2018"),
        ("if-oxytocin", "if-vasopressin"),
        ("poisson", "oxytocin-2018"),
    ],
)
def test_a_set_of_another_cell_model_is_refused(model: str, name: str) -> None:
    text = "knuffel: 1\nduration: 1 min\nsubject: {species: rat, sex: male}\n"
    text += f"body: {{neurons: {{model: {model}, set: {name}}}}}\n"
    with pytest.raises(ScenarioError, match=f"not for the model {model}"):
        loads_scenario(text)
