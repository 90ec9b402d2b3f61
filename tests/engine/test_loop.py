"""Coupling: flows keep their sums, levels their areas, edges split exactly, and a restart changes no bit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from knuffel.body.contract import Kind, Port
from knuffel.engine.checkpoint import Identity, read_checkpoint, write_checkpoint
from knuffel.engine.modes import Part, ScheduledSource, off_part, prescribed_part
from knuffel.engine.recorder import SamplePlan
from knuffel.engine.signals import ConstantSignal, EventSignal, FunctionSignal, TableSignal
from knuffel.engine.store import ZarrSink, open_store
from knuffel.errors import CompatibilityError, ComponentError, NumericalError, StoreError, WiringError

from .toys import Ramp, Sum, Watcher, engine_of, run, values


@pytest.mark.parametrize(("fast", "slow"), [(1000, 1000), (500, 10_000), (1000, None), (None, None), (None, 2000)])
@pytest.mark.parametrize("edges", [(), (1, 777, 30_001)])
def test_sums_are_kept_whatever_the_intervals(fast: int | None, slow: int | None, edges: tuple[int, ...]) -> None:
    recorded = run([Part.of(Ramp(fast)), Part.of(Sum(slow))], edges=edges)
    assert values(recorded, "sum.mass")[0, -1] == pytest.approx(60)
    assert values(recorded, "sum.area")[0, -1] == pytest.approx(60**2 / 2)
    assert values(recorded, "sum.count")[0, -1] == 60
    assert values(recorded, "ramp.flow")[0, 1:] == pytest.approx(1)
    assert values(recorded, "ramp.tick.time").tolist() == list(range(0, 60_000, 1000))


def test_recording_times_and_a_last_incomplete_interval() -> None:
    recorded = run([Part.of(Ramp())], end=25_500)
    assert values(recorded, "time").tolist() == [0, 10_000, 20_000, 25_500]
    assert values(recorded, "ramp.level")[0].tolist() == [0, 10, 20, 25.5]


def test_a_warm_up_is_not_recorded_and_time_zero_is_exact() -> None:
    recorded = run([Part.of(Ramp()), Part.of(Sum())], begin=-7300)
    assert values(recorded, "time")[0] == 0
    assert values(recorded, "sum.mass")[0, 0] == pytest.approx(7.3)
    assert values(recorded, "ramp.tick.time")[0] == 0


def test_samples_fall_exactly_on_their_times() -> None:
    plan = SamplePlan("blood", Sum.outputs[1], (0, 1, 12_345, 60_000))
    recorded = run([Part.of(Ramp()), Part.of(Sum())], samples=(plan,))
    assert values(recorded, "sample.blood.truth")[0] == pytest.approx([0, 0.001, 12.345, 60])


@settings(max_examples=25, deadline=None)
@given(stop=st.integers(1, 59_999))
def test_a_restart_changes_no_bit(stop: int) -> None:
    parts = [Part.of(Ramp(1000)), Part.of(Sum(10_000))]
    whole = run(parts, begin=-2500)
    first = engine_of(parts, begin=-2500)
    first.start()
    first.run(pause=lambda t: t >= stop)
    arrays, meta = first.snapshot()
    second = engine_of(parts, begin=-2500, sink=first.recorder._sink)
    second.restore({name: array.copy() for name, array in arrays.items()}, meta)
    assert second.run()
    again = second.recorder.finish({})
    for name in whole.variables:
        assert np.array_equal(values(whole, name), values(again, name), equal_nan=True), name


@pytest.mark.parametrize("interval", [100, 1000, 10_000, None])
@pytest.mark.parametrize("edges", [(), (1, 777, 30_001)])
def test_events_that_come_back_are_read_once_and_late(interval: int | None, edges: tuple[int, ...]) -> None:
    watcher = Watcher(interval)
    run([Part.of(watcher), Part.of(Ramp(1000))], edges=edges, begin=-2500)
    told = [time for time, _ in watcher.told]
    assert told == list(range(-2000, 1000 * len(told) - 2000, 1000))
    assert told[-1] in (58_000, 59_000)
    assert all(time < read for time, read in watcher.told)


@settings(max_examples=25, deadline=None)
@given(stop=st.integers(1, 59_999))
def test_events_that_come_back_are_read_once_after_a_restart(stop: int) -> None:
    parts = [Part.of(Watcher(10_000)), Part.of(Ramp(1000))]
    whole = run(parts, begin=-2500)
    first = engine_of(parts, begin=-2500)
    first.start()
    first.run(pause=lambda t: t >= stop)
    arrays, meta = first.snapshot()
    second = engine_of(parts, begin=-2500, sink=first.recorder._sink)
    second.restore({name: array.copy() for name, array in arrays.items()}, meta)
    assert second.run()
    again = second.recorder.finish({})
    for name in ("watcher.count", "watcher.moment"):
        assert np.array_equal(values(whole, name), values(again, name)), name


def test_a_subject_alone_equals_itself_in_a_cohort() -> None:
    parts = [Part.of(Ramp()), Part.of(Sum())]
    cohort, alone = run(parts, subjects=5), run(parts, subjects=1, first=3)
    for name in ("sum.walk", "sum.mass"):
        assert np.array_equal(values(cohort, name)[3], values(alone, name)[0])


def test_off_gives_neutral_values_and_prescribed_replaces_outputs() -> None:
    recorded = run([off_part(Ramp), Part.of(Sum())])
    assert values(recorded, "sum.mass")[0, -1] == 0
    signals: dict[str, Any] = {
        "ramp.level": TableSignal((0, 20_000, 40_000), (0.0, 20.0, 0.0)),
        "ramp.flow": ConstantSignal(3.0),
        "ramp.tick": EventSignal((5, 1500, 59_999), count=2),
    }
    recorded = run([prescribed_part(Ramp, signals), Part.of(Sum())])
    assert values(recorded, "sum.area")[0, -1] == pytest.approx(400)
    assert values(recorded, "sum.mass")[0, -1] == pytest.approx(180)
    assert values(recorded, "sum.count")[0, -1] == 3 * 2 * 2


def test_prescribed_step_tables_and_expressions() -> None:
    step = TableSignal((0, 15_000), (1.0, 5.0), step=True)
    recorded = run([prescribed_part(Ramp, {"ramp.level": step}), Part.of(Sum())])
    assert values(recorded, "sum.area")[0, -1] == pytest.approx(15 + 45 * 5)
    square = FunctionSignal(lambda t: 3 * t**2)
    recorded = run([prescribed_part(Ramp, {"ramp.flow": square}), Part.of(Sum())])
    assert values(recorded, "sum.mass")[0, -1] == pytest.approx(60**3)


def test_an_expression_holds_its_first_value_during_the_warm_up() -> None:
    decay = FunctionSignal(lambda t: np.exp(-t))
    recorded = run([prescribed_part(Ramp, {"ramp.flow": decay}), Part.of(Sum())], begin=-100_000)
    assert values(recorded, "sum.mass")[0, 0] == pytest.approx(100)


def test_a_prescribed_signal_has_to_fit_its_port() -> None:
    with pytest.raises(WiringError, match=r"nearest: ramp\.level"):
        prescribed_part(Ramp, {"ramp.levels": ConstantSignal(1)})
    with pytest.raises(WiringError, match="does not fit"):
        prescribed_part(Ramp, {"ramp.tick": ConstantSignal(1)})


def test_doses_split_intervals_exactly() -> None:
    bolus = Port("ramp.bolus", "pg", Kind.AMOUNT, "at once")
    flow = Ramp.outputs[1]
    source = ScheduledSource.part(
        "ramp",
        (bolus, flow),
        {"ramp.bolus": [(3333, 5.0, None), (3333, 1.0, 0)]},
        {"ramp.flow": [(100, 7777, 2.0, None), (7000, 9000, 1.0, 0)]},
    )
    recorded = run([source, prescribed_part(Ramp, {"ramp.level": ConstantSignal(0)}), Part.of(Sum())])
    assert values(recorded, "sum.mass")[0, -1] == pytest.approx(2 * 7.677 + 2)


def test_a_number_that_is_not_finite_names_variable_and_time() -> None:
    broken = prescribed_part(Ramp, {"ramp.level": FunctionSignal(lambda t: np.where(t > 25, np.nan, t))})
    with pytest.raises(NumericalError, match=r"ramp\.level is not a finite number at 30 s"):
        run([broken, Part.of(Sum())], debug=False)


def test_a_component_that_breaks_its_contract_is_named() -> None:
    class Forgetful(Ramp):
        def advance(self, *arguments: Any) -> Any:
            outputs = super().advance(*arguments)
            del outputs["ramp.flow"]
            return outputs

    with pytest.raises(ComponentError, match=r"ramp \(toy\) did not return ramp\.flow"):
        run([Part.of(Forgetful())])


def test_zarr_and_memory_hold_the_same_numbers(tmp_path: Path) -> None:
    parts = [Part.of(Ramp()), Part.of(Sum())]
    memory = run(parts)
    run(parts, sink=ZarrSink(tmp_path))
    disk = open_store(tmp_path)
    assert set(memory.variables) == set(disk.variables)
    for name in memory.variables:
        assert np.array_equal(values(memory, name), values(disk, name), equal_nan=True), name


def test_an_unfinished_store_is_not_opened(tmp_path: Path) -> None:
    engine = engine_of([Part.of(Ramp())], sink=ZarrSink(tmp_path))
    engine.start()
    with pytest.raises(StoreError, match="--resume"):
        open_store(tmp_path)


def test_checkpoints_refuse_another_run(tmp_path: Path) -> None:
    identity = Identity("abc", "def", 1, "0.1")
    write_checkpoint(tmp_path, identity, {"x": np.arange(3)}, {"time": 5})
    arrays, meta = read_checkpoint(tmp_path, identity)
    assert arrays["x"].tolist() == [0, 1, 2] and meta == {"time": 5}
    with pytest.raises(CompatibilityError, match="seed: saved 1, now 2"):
        read_checkpoint(tmp_path, Identity("abc", "def", 2, "0.1"))
    (tmp_path / "checkpoint.npz").write_bytes(b"PK\x03\x04 torn")
    with pytest.raises(StoreError, match="damaged"):
        read_checkpoint(tmp_path, identity)
    with pytest.raises(StoreError, match="no checkpoint"):
        read_checkpoint(tmp_path / "elsewhere", identity)
