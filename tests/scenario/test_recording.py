"""A recording in a scenario: what it means, that it is part of the hash, and every mistake in its keys."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from knuffel import simulate
from knuffel.errors import Notice
from knuffel.scenario import load_scenario, loads_scenario
from knuffel.scenario.explain import explain
from knuffel.scenario.model import Scenario
from tests.scenario.test_bad_input import problems_of, the_problem

RAT = "duration: 1 min\nsubject: {species: rat, sex: male}\n"
CELL = "time_ms,cell\n0,a\n1500,b\n1500.5,a\n42000,a\n"


def written(folder: Path, neurons: str, *, cell: str = CELL, head: str = RAT) -> Path:
    (folder / "cell.csv").write_text(cell, encoding="utf-8")
    scenario = folder / "own.yaml"
    scenario.write_text(f"{head}body:\n  neurons: {{{neurons}}}\n", encoding="utf-8")
    return scenario


def codes(scenario: Scenario) -> list[str]:
    return [notice.code for notice in scenario.notices]


def test_the_file_lies_beside_the_scenario_and_is_read_with_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, "model: replay, recording: cell.csv")
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    scenario = load_scenario(path)
    settings = scenario.rooms["neurons"].settings
    assert settings["cells"] == 2 and settings["repeat"] is False
    held = settings["recording"]
    assert held.spike_times.tolist() == [0, 1500, 1500, 42000]
    assert held.spike_cells.tolist() == [0, 0, 1, 0]
    assert held.duration == 42001
    json.dumps(scenario.resolved, allow_nan=False)
    text = explain(scenario).text("nl")
    assert "2 cellen" in text and "recording = cell.csv, 42.001 s" in text
    assert codes(scenario) == ["replay_short"]


def test_recorded_spikes_reach_the_gland_as_recorded(tmp_path: Path) -> None:
    result = simulate(load_scenario(written(tmp_path, "model: replay, recording: cell.csv"), ["engine.debug=true"]))
    spikes = {part: np.asarray(result.recorded.variables[f"neurons.spike.{part}"].data) for part in ("time", "index")}
    assert spikes["time"].tolist() == [0, 1500, 1500, 42000]
    assert spikes["index"].tolist() == [0, 0, 1, 0]
    assert result.attributes["cells"] == 2
    assert np.asarray(result.recorded.variables["secretion.gland_rate"].data).max() > 0


def test_the_unit_of_the_scenario_wins_over_that_of_the_file(tmp_path: Path) -> None:
    keys = "model: replay, recording: cell.csv, unit: s, repeat: true"
    settings = load_scenario(written(tmp_path, keys, cell="0\n1\n2.5\n")).rooms["neurons"].settings
    assert settings["recording"].spike_times.tolist() == [0, 1000, 2500]
    overruled = load_scenario(written(tmp_path, keys, cell="time_ms\n0\n1\n2.5\n"))
    assert codes(overruled) == ["unit_overruled"]
    assumed = load_scenario(written(tmp_path, "model: replay, recording: cell.csv", cell="0\n1\n70.5\n"))
    assert codes(assumed) == ["unit_assumed"]


def test_spikes_are_part_of_the_hash_and_where_they_lie_is_not(tmp_path: Path) -> None:
    keys = "model: replay, recording: cell.csv"
    first = load_scenario(written(tmp_path, keys)).hash
    (tmp_path / "copy").mkdir()
    assert load_scenario(written(tmp_path / "copy", keys)).hash == first
    assert load_scenario(written(tmp_path, keys, cell=CELL.replace("42000", "42001"))).hash != first


def test_cells_may_be_silent_and_a_recording_empty(tmp_path: Path) -> None:
    scenario = load_scenario(written(tmp_path, "model: replay, recording: cell.csv, repeat: true", cell="time_s\n"))
    result = simulate(scenario)
    assert len(np.asarray(result.recorded.variables["neurons.spike.time"].data)) == 0


def test_stimuli_that_recorded_cells_cannot_hear_are_said(tmp_path: Path) -> None:
    head = RAT + "stimuli: [{kind: constant, gain: 2, start: 1 s, duration: 1 s}]\n"
    scenario = load_scenario(written(tmp_path, "model: replay, recording: cell.csv, repeat: true", head=head))
    assert codes(scenario) == ["stimuli_unheard"]


def notices_of(path: Path) -> list[Notice]:
    return simulate(load_scenario(path, ["duration=10 s"])).notices


def test_people_hear_that_the_gland_is_scaled_to_other_cells(tmp_path: Path) -> None:
    keys = "model: replay, recording: cell.csv, repeat: true"
    woman = RAT.replace("rat, sex: male", "human, sex: female")
    assert "gland_scale" in {notice.code for notice in notices_of(written(tmp_path, keys, head=woman))}
    assert "gland_scale" not in {notice.code for notice in notices_of(written(tmp_path, keys))}


# (neurons, key path, a part of the message, line)
CASES = [
    ("model: replay", "body.neurons.recording", "needs a recording", 4),
    ("model: replay, recording: nowhere.csv", "body.neurons.recording", "no such file", 4),
    ("model: replay, recording: .", "body.neurons.recording", "a directory", 4),
    ("model: replay, recording: own.yaml", "body.neurons.recording", "own.yaml", 4),
    ("recording: cell.csv", "body.neurons.recording", "only the model replay", 4),
    ("model: poisson, recording: cell.csv", "body.neurons.recording", "only the model replay", 4),
    ("unit: ms", "body.neurons.unit", "only the model replay", 4),
    ("repeat: true", "body.neurons.repeat", "only the model replay", 4),
    ("model: replay, recording: cell.csv, unit: min", "body.neurons.unit", "possibilities", 4),
    ("model: replay, recording: cell.csv, repeat: perhaps", "body.neurons.repeat", "perhaps", 4),
    ("model: replay, recording: cell.csv, cells: 3", "body.neurons.cells", "how many cells", 4),
    (
        "model: replay, recording: cell.csv, set: oxytocin-2018",
        "body.neurons.set[0]",
        "not for the model replay",
        4,
    ),
    ("model: replay, recording: cell.csv, settings: {decay: exact}", "body.neurons.settings.decay", "decay", 4),
    ("model: replay, recordings: cell.csv", "body.neurons.recordings", "unknown key", 4),
]


@pytest.mark.parametrize(("neurons", "key", "message", "line"), CASES)
def test_every_mistake_has_its_place(neurons: str, key: str, message: str, line: int, tmp_path: Path) -> None:
    found = [item for item in problems_of(written(tmp_path, neurons)) if item.key == key]
    assert len(found) == 1
    assert found[0].line == line and message in str(found[0])


@pytest.mark.parametrize(
    ("cell", "says"),
    [
        ("time_s\n1\nx\n", "cell.csv:3"),
        ("time_s\n2\n1\n", "do not ascend"),
        ("time_s\n-1\n", "negative"),
        ("", "empty"),
    ],
)
def test_a_mistake_in_the_recording_names_both_files(cell: str, says: str, tmp_path: Path) -> None:
    problem = the_problem(written(tmp_path, "model: replay, recording: cell.csv", cell=cell))
    assert problem.key == "body.neurons.recording" and problem.line == 4
    assert "own.yaml" in problem.file and says in problem.message


def test_a_scenario_that_is_a_text_has_no_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = RAT + "body: {neurons: {model: replay, recording: cell.csv}}"
    assert "no folder" in the_problem(text).message
    written(tmp_path, "model: replay")
    monkeypatch.chdir(tmp_path)
    changes = ["body.neurons.model=replay", "body.neurons.recording=cell.csv", "body.neurons.repeat=true"]
    assert loads_scenario(RAT, changes).rooms["neurons"].settings["cells"] == 2
