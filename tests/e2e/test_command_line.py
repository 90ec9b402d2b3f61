"""The command line as a stranger uses it: exit codes, JSON on stdout, bad input, kill and resume."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from knuffel import Result, simulate

from .conftest import Command, small

FAST = ("--set", "body.neurons.cells=20")


def test_help_names_every_verb(knuffel: Command) -> None:
    answer = knuffel("--help")
    assert answer.returncode == 0
    for verb in ("run", "scenarios", "explain", "schema", "spikes", "params", "validate", "doctor"):
        assert verb in answer.stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "infusion_man", "--json"),
        ("scenarios", "--json"),
        ("explain", "hug_woman", "--json"),
        ("schema", "--json"),
        ("params", "list", "--json"),
        ("params", "show", "plasma.clearance", "--json"),
        ("params", "cite", "hug_woman", "--json"),
        ("validate", "pharmacokinetics", "--json"),
        ("doctor", "--json"),
    ],
)
def test_every_verb_prints_one_json_object(knuffel: Command, arguments: tuple[str, ...]) -> None:
    answer = knuffel(*arguments)
    assert answer.returncode == 0, answer.stderr
    assert isinstance(json.loads(answer.stdout), dict)


def test_run_prints_the_promised_fields(knuffel: Command) -> None:
    found = json.loads(knuffel("run", "infusion_man", "--seed", "9", "--json").stdout)
    assert {"scenario", "seed", "version", "summary", "warnings"} <= set(found)
    assert found["seed"] == 9 and found["scenario"] == "infusion_man"


@pytest.mark.parametrize("lang", ["en", "nl"])
@pytest.mark.parametrize("verb", ["scenarios", "explain"])
def test_both_languages(knuffel: Command, lang: str, verb: str) -> None:
    arguments = [verb, "infusion_man", "--lang", lang] if verb == "explain" else [verb, "--lang", lang]
    answer = knuffel(*arguments)
    assert answer.returncode == 0 and answer.stdout.strip()


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("subject.wieght=70 kg", "weight"),
        ("duration=0 s", "duration"),
        ("body.neurons.cells=0", "cells"),
        ("subject.gestational_week=30", "gestational_week"),
        ("body.plasma.parameters.clearance=nan mL/min", "clearance"),
        ("doses[0].drug=oxytocine", "oxytocin"),
        ("seed=-1", "seed"),
    ],
)
def test_bad_input_exits_2_and_names_the_key(knuffel: Command, tmp_path: Path, change: str, expected: str) -> None:
    out = tmp_path / "out"
    answer = knuffel("run", "infusion_man", "--set", change, "--out", str(out), "--json")
    assert answer.returncode == 2
    assert expected in answer.stderr
    assert json.loads(answer.stdout)["error"]["code"] in ("scenario", "parameter")
    assert not out.exists()


def test_unknown_options_and_scenarios_exit_2(knuffel: Command) -> None:
    unknown = knuffel("run", "infusion_man", "--colour", "--json")
    assert unknown.returncode == 2 and json.loads(unknown.stdout)["error"]["code"] == "usage"
    assert "--colour" in json.loads(unknown.stdout)["error"]["message"]
    answer = knuffel("run", "infusion_men")
    assert answer.returncode == 2 and "infusion_man" in answer.stderr


def test_an_unwritable_place_is_refused_before_the_run(knuffel: Command, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    for option in (("--out", str(tmp_path / "file")), ("--figure", str(tmp_path / "no" / "such.png"))):
        answer = knuffel("run", "infusion_man", *option)
        assert answer.returncode == 2 and str(tmp_path) in answer.stderr
    foreign = tmp_path / "home"
    foreign.mkdir()
    (foreign / "letter.txt").write_text("keep me")
    answer = knuffel("run", "infusion_man", "--out", str(foreign), "--overwrite")
    assert answer.returncode == 2
    assert (foreign / "letter.txt").read_text() == "keep me"


def test_a_directory_that_a_failed_run_left_behind_can_be_used(knuffel: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert knuffel("run", "infusion_man", "--out", str(out), "--resume").returncode == 2
    assert knuffel("run", "infusion_man", "--out", str(out), "--quiet").returncode == 0
    assert (out / "command.txt").read_text() == "knuffel run scenario.yaml --seed 5\n"


def test_an_existing_result_is_not_replaced_by_accident(knuffel: Command, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert knuffel("run", "infusion_man", "--out", out, "--quiet").returncode == 0
    assert "--overwrite" in knuffel("run", "infusion_man", "--out", out).stderr
    assert knuffel("run", "infusion_man", "--out", out, "--overwrite", "--quiet").returncode == 0


def test_resume_refuses_another_scenario_and_another_seed(knuffel: Command, tmp_path: Path) -> None:
    out = str(tmp_path / "out")
    assert knuffel("run", "infusion_man", "--out", out, "--quiet").returncode == 0
    for option, reason in ((("--seed", "4"), "seed"), (("--set", "doses[0].rate=5 mU/min"), "scenario")):
        answer = knuffel("run", "infusion_man", "--out", out, "--resume", *option)
        assert answer.returncode == 2 and reason in answer.stderr
    assert knuffel("run", "infusion_man", "--out", out, "--resume", "--quiet").returncode == 0


def test_a_terminal_shows_progress_and_the_remaining_time() -> None:
    command = [sys.executable, "-m", "knuffel.cli", "run", "resting_man_4h", *FAST, "--set", "duration=12 h"]
    leader, follower = os.openpty()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=follower, env={**os.environ, "TERM": "xterm"})
    os.close(follower)
    shown = b""
    with contextlib.suppress(OSError):  # the terminal closes with the process
        while piece := os.read(leader, 4096):
            shown += piece
    os.close(leader)
    assert process.wait(60) == 0, shown.decode()
    assert b"simulated" in shown and b"0:00:" in shown


def start(out: Path, *options: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "knuffel.cli", "run", "resting_man_4h", "--out", str(out), "--quiet", *FAST]
    return subprocess.Popen([*command, "--set", "engine.checkpoint=0.05 s", *options])


def wait_for_checkpoints(out: Path, count: int = 3) -> None:
    seen: set[int] = set()
    deadline = time.monotonic() + 60
    while len(seen) < count and time.monotonic() < deadline:
        checkpoint = out / "checkpoint.npz"
        if checkpoint.exists():
            seen.add(checkpoint.stat().st_mtime_ns)
        time.sleep(0.005)
    assert len(seen) >= count


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_killed_run_resumes_to_the_same_bits(how: signal.Signals, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(out, "--set", "duration=12 h")
    wait_for_checkpoints(out)
    process.send_signal(how)
    code = process.wait(60)
    assert code == (-9 if how is signal.SIGKILL else 130)
    scenario = small("resting_man_4h", ["engine.checkpoint=0.05 s", "duration=12 h", "engine.debug=false"])
    resumed = simulate(scenario, save=out, resume=True)
    assert resumed.content_hash == simulate(scenario).content_hash
    assert Result.open(out).content_hash == resumed.content_hash


def test_two_runs_do_not_write_to_one_place(knuffel: Command, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(out, "--set", "duration=12 h")
    try:
        wait_for_checkpoints(out, 1)
        answer = knuffel("run", "resting_man_4h", "--out", str(out), "--overwrite")
        assert answer.returncode == 2 and "another run" in answer.stderr
    finally:
        process.kill()
        process.wait()


def test_a_full_disk_is_reported_and_the_run_can_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import errno

    from knuffel.engine import store
    from knuffel.errors import StoreError

    scenario = small("infusion_man")
    original = store.ZarrSink.write

    def full(self: Any, *arguments: Any) -> None:
        with store.storage_errors(self.path):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(store.ZarrSink, "write", full)
    with pytest.raises(StoreError, match="disk is full"):
        simulate(scenario, save=tmp_path / "out")
    monkeypatch.setattr(store.ZarrSink, "write", original)
    assert simulate(scenario, save=tmp_path / "out", resume=True).content_hash == simulate(scenario).content_hash


def peak_memory(duration: str, out: Path) -> int:
    """Return the peak resident size in KiB of a run that streams to ``out``."""
    code = (
        "import resource, knuffel; "
        f"changes = ['duration={duration}', 'observe.record.spikes=true', 'engine.checkpoint=1 s']; "
        f"knuffel.simulate(knuffel.load_scenario('resting_man_4h', changes), save={str(out)!r}); "
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
    )
    return int(subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, timeout=120).stdout)


def test_memory_does_not_grow_with_the_length_of_a_run(tmp_path: Path) -> None:
    short, long = peak_memory("1 h", tmp_path / "short"), peak_memory("8 h", tmp_path / "long")
    assert long - short < 40_000  # KiB; the spikes of 100 neurons in 7 h more take 109 MB


def test_ten_million_seconds_are_refused_with_spikes_and_run_without(knuffel: Command, tmp_path: Path) -> None:
    answer = knuffel("run", "hug_woman", "--set", "duration=1e7 s", "--set", "observe.record.every=1 h")
    assert answer.returncode == 2 and "GiB" in answer.stderr and "record less" in answer.stderr
    out = tmp_path / "out"
    options = ("--set", "duration=1e7 s", "--set", "observe.record.every=1 h", "--out", str(out), "--quiet")
    answer = knuffel("run", "infusion_man", *options)
    assert answer.returncode == 0, answer.stderr
