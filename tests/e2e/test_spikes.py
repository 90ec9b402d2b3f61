"""``knuffel spikes``: a recording as a stranger brings it, alone and beside a model."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from knuffel.errors import ParameterError
from knuffel.recorded_spikes import compare, model_sets
from knuffel.recordings import Recording, read_recording
from knuffel.validation import cells
from tests.architecture.tree import PACKAGE

from .conftest import Command

BUNDLED = PACKAGE / "scenarios" / "replay_recording.csv"


def recorded(count: int, rate: float = 3.0) -> Recording:
    """Return one cell with a short dead time and no other memory."""
    gap = 30 + np.random.default_rng(3).exponential(1000 / rate - 30, count)
    return Recording((np.cumsum(gap),), ("cell",), float(gap.sum()), "cell.csv")


def written(folder: Path, count: int) -> Path:
    path = folder / "cell.csv"
    path.write_text("time_s\n" + "".join(f"{time / 1000:.4f}\n" for time in recorded(count).times[0]), encoding="utf-8")
    return path


@pytest.mark.parametrize("count", [0, 1, 9])
def test_few_spikes_are_described_without_numbers_that_do_not_exist(
    count: int, tmp_path: Path, knuffel: Command
) -> None:
    path, figure = written(tmp_path, count), tmp_path / "out.svg"
    answer = knuffel("spikes", str(path), "--model", "oxytocin-2018", "--figure", str(figure))
    assert answer.returncode == 0, answer.stderr
    assert "too few spikes" in answer.stderr
    lines = {line[:30].strip(): line[30:].split() for line in answer.stdout.splitlines()}
    assert lines["CV of the intervals"][0] == "-" and lines["fit score (%), 0 is equal"][-1] == "-"
    assert figure.read_text(encoding="utf-8").rstrip().endswith("</svg>")
    found = json.loads(knuffel("spikes", str(path), "--json").stdout)
    assert found["statistics"]["spikes"] == count and found["statistics"]["interval_cv"] is None
    assert found["model"] is None and found["fit_score"] is None


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_recording_alone_in_both_languages(lang: str, tmp_path: Path, knuffel: Command) -> None:
    figure = tmp_path / "cell.png"
    answer = knuffel("spikes", str(BUNDLED), "--cell", "2", "--lang", lang, "--figure", str(figure))
    assert answer.returncode == 0, answer.stderr
    assert answer.stderr == ""
    assert {"en": "mean rate", "nl": "gemiddelde frequentie"}[lang] in answer.stdout
    assert figure.stat().st_size > 10_000


def test_a_part_of_a_cell_as_json(knuffel: Command) -> None:
    answer = knuffel("spikes", str(BUNDLED), "--cell", "3", "--start", "10 s", "--duration", "1 min", "--json")
    found = json.loads(answer.stdout)
    times = read_recording(BUNDLED).select("3").times[0]
    assert found["cells"] == ["3"]
    assert found["statistics"]["spikes"] == ((times >= 10_000) & (times < 70_000)).sum()
    assert found["statistics"]["duration"] == 60_000
    assert any("left out" in warning for warning in found["warnings"])


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--unit", "min"), "'min'"),
        (("--cell", "cel"), "did you mean 'cell'"),
        (("--duration", "5"), "--duration: the unit is missing"),
        (("--duration", "-5 s"), "above 0 s"),
        (("--start", "2 h"), "a start within"),
        (("--lang", "de"), "--lang de"),
        (("--model", "spikemod"), "did you mean 'spikemod-2017like'"),
        (("--model", "nowhere.yaml"), "no such file"),
        (("--model", "infusion_man"), "has no spikes"),
        (("--model", "hh-oxytocin"), "a set (oxytocin-2018"),
        (("--figure", "cell.gif"), ".png"),
        (("--figure", "nowhere/cell.png"), "nowhere"),
    ],
)
def test_bad_input_exits_2(arguments: tuple[str, ...], says: str, tmp_path: Path, knuffel: Command) -> None:
    answer = knuffel("spikes", str(written(tmp_path, 100)), *arguments)
    assert answer.returncode == 2
    assert says in answer.stderr and answer.stdout == ""


def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path: Path, knuffel: Command) -> None:
    path = tmp_path / "cell.csv"
    path.write_text("time_s\n1\n3\n2\n", encoding="utf-8")
    answer = knuffel("spikes", str(path))
    assert answer.returncode == 2
    assert f"{path}:4: column 1" in answer.stderr and "--sort" in answer.stderr
    assert knuffel("spikes", str(path), "--sort").returncode == 0


def test_a_set_is_moved_to_the_rate_of_the_recording() -> None:
    found = compare(recorded(1500), "spikemod-2017like")
    assert found.model is not None and found.score is not None and found.psp_rate is not None
    assert found.model.rate == pytest.approx(found.statistics.rate, rel=0.02)
    assert found.psp_rate == pytest.approx(cells.at_rate("spikemod-2017like", found.statistics.rate, 60).psp_rate)
    assert found.notices == ()
    assert f"{found.score.total:.3g}" in found.text()


def test_the_cells_that_made_a_recording_are_nearest_to_it() -> None:
    made = cells.record("spikemod-2017like", 300, 900, cells=1, seed=5)
    own = Recording((made.time.astype(np.float64),), ("cell",), 900_000.0, "cell.csv")
    scores: dict[str, Any] = {name: compare(own, name).score for name in ("spikemod-2017like", "oxytocin-2018")}
    assert scores["spikemod-2017like"].total < 0.7 * scores["oxytocin-2018"].total


def test_a_rate_that_a_set_does_not_reach_is_said() -> None:
    assert [notice.code for notice in compare(recorded(12, 0.001), "oxytocin-2018").notices] == ["rate_not_matched"]


def test_a_scenario_that_plays_a_recording_is_equal_to_it() -> None:
    found = compare(read_recording(BUNDLED), "replay_recording")
    assert found.model is not None and found.score is not None
    assert found.model.cells == 4
    assert found.model.rate == pytest.approx(found.statistics.rate, rel=0.01)
    assert found.score.total < 3  # but for the twelve seams
    assert [notice.code for notice in found.notices] == ["cells_together"]


def test_a_scenario_that_keeps_no_spikes_keeps_them_here(tmp_path: Path) -> None:
    scenario = tmp_path / "own.yaml"
    scenario.write_text(
        "duration: 30 s\nsubject: {species: rat, sex: male}\nbody: {neurons: {model: poisson, cells: 8}}\n"
        "observe: {record: {spikes: false}}\n",
        encoding="utf-8",
    )
    found = compare(recorded(200), str(scenario))
    assert found.model is not None and found.model.cells == 8 and found.model.spikes > 200


def test_a_recording_too_short_for_a_score_is_still_described() -> None:
    found = compare(recorded(12, 30), "oxytocin-2018")
    assert found.score is None and "no_score" in [notice.code for notice in found.notices]
    assert found.as_dict()["fit_score"] is None


def test_only_whole_cells_stand_beside_a_recording() -> None:
    assert model_sets() == ("oxytocin-2018", "oxytocin-2018-lactating", "spikemod-2017like")
    with pytest.raises(ParameterError, match="did you mean 'oxytocin-2018'"):
        compare(recorded(20), "oxytocin2018")
