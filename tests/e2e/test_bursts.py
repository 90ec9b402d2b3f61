"""``knuffel bursts``: a finished run, a recording of several cells, and what cannot be."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from knuffel.burst_report import find_bursts
from knuffel.errors import DataError
from knuffel.result import Result
from tests.fixtures import synthetic

from .conftest import Command


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """Ten cells that burst together at 60 and 200 s, and fire twice a second in between."""
    rows = []
    for cell in range(10):
        quiet = np.arange(0.1 + 0.01 * cell, 300, 0.5)
        quiet = quiet[(np.abs(quiet - 65) > 8) & (np.abs(quiet - 205) > 8)]
        bursts = [start + 0.02 * cell + 0.03 * np.arange(40) for start in (60, 200)]
        rows += [(time, cell) for time in np.sort(np.concatenate([quiet, *bursts]))]
    path = tmp_path / "cells.csv"
    path.write_text("time_s,cell\n" + "".join(f"{time:.4f},c{cell}\n" for time, cell in rows), encoding="utf-8")
    return path


@pytest.mark.parametrize("lang", ["en", "nl"])
def test_a_recording_of_several_cells(recording: Path, lang: str, tmp_path: Path, knuffel: Command) -> None:
    figure = tmp_path / "bursts.svg"
    answer = knuffel("bursts", str(recording), "--figure", str(figure), "--lang", lang, "--json")
    assert answer.returncode == 0, answer.stderr
    facts = json.loads(answer.stdout)
    assert [round(row["start_s"]) for row in facts["bursts"]] == [60, 200]
    assert facts["mean_interval_s"] == pytest.approx(140)
    assert facts["bursts"][0]["participation"] == 1
    assert facts["bursts"][0]["spikes"] == 40
    assert facts["background_rate_per_s"] == pytest.approx(2, rel=0.02)
    text = figure.read_text(encoding="utf-8")
    assert text.startswith("<?xml")


def test_a_finished_run(tmp_path: Path, knuffel: Command) -> None:
    out = tmp_path / "run"
    Result(synthetic.nursing()).save(out)
    answer = knuffel("bursts", str(out))
    assert answer.returncode == 0, answer.stderr
    assert "7 bursts of 12 cells in 40 min; mean interval 300 s" in answer.stdout
    with pytest.raises(DataError, match=r"--subject is 2; this result has 1 to 1"):
        find_bursts(str(out), subject=2)
    with pytest.raises(DataError, match="--unit belongs to a file"):
        find_bursts(str(out), unit="s")


def test_what_cannot_be_read_is_refused(tmp_path: Path, knuffel: Command) -> None:
    answer = knuffel("bursts", str(tmp_path / "nowhere"))
    assert answer.returncode == 2
    assert "there is no such file" in answer.stderr
    silent = tmp_path / "silent"
    Result(synthetic.nursing(minutes=0, days=1)).save(silent)
    with pytest.raises(DataError, match="holds no spikes"):
        find_bursts(str(silent))
