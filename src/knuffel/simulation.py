"""Run a scenario: assemble the model, drive the engine, checkpoint, observe, and return the result."""

from __future__ import annotations

import fcntl
import os
import shlex
import shutil
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from knuffel import __version__
from knuffel.assembly import Model, assemble
from knuffel.body.contract import Kind, Port
from knuffel.body.threads import thread_count
from knuffel.engine.checkpoint import FILE as CHECKPOINT
from knuffel.engine.checkpoint import Identity, read_checkpoint, write_checkpoint
from knuffel.engine.loop import Engine
from knuffel.engine.random import Streams
from knuffel.engine.recorder import Recorder, SamplePlan
from knuffel.engine.store import RESULT, MemorySink, Recorded, Sink, ZarrSink, atomic_write, storage_errors
from knuffel.errors import Interrupted, KnuffelError, StoreError
from knuffel.observe.sampling import OXYTOCINASE, breakdown, observations, sampling_notices
from knuffel.provenance import provenance, subject_variables
from knuffel.result import Result
from knuffel.scenario.model import SampleSpec, Scenario

__all__ = ["Progress", "simulate"]

Progress = Callable[[float, float], None]
"""Called now and then with the simulated seconds so far and in all (warm-up included)."""

_MEMORY_LIMIT = 2**31
_SPIKES_PER_SECOND = 10
_BYTES_PER_SPIKE = 24
_PROGRESS_EVERY = 0.2
_SHORT = 300_000  # a dose of at most so many ms counts as a bolus
_FINE, _WATCHED = 10_000, 420_000  # ms between records after a bolus, and for how long
_MOST_WATCHED = 20  # boluses at so many times
_MARK = ".knuffel"  # marks a directory as ours, and is locked while a run writes there


def simulate(
    scenario: Scenario | str | os.PathLike[str],
    *,
    seed: int | None = None,
    save: str | os.PathLike[str] | None = None,
    resume: bool = False,
    overwrite: bool = False,
    progress: Progress | None = None,
) -> Result:
    """Run a scenario (an object, a file, or the name of a bundled one) and return its result.

    ``seed`` replaces the scenario's. With ``save``, results stream to that directory, with a checkpoint every
    ``engine.checkpoint`` seconds and at an interruption; ``resume`` continues from it, bit for bit. Without ``save``
    everything stays in memory.

    Raises `ScenarioError`, `ParameterError`, `WiringError` before anything is written; `StoreError` for a place that
    cannot be written; `CompatibilityError` for a checkpoint of another run; `NumericalError`; `Interrupted`.

    >>> from knuffel import simulate
    >>> result = simulate("infusion_man")
    >>> round(result.summary()["plasma.oxytocin_concentration.peak"]["value"], 0)
    15.0
    """
    if not isinstance(scenario, Scenario):
        from knuffel.scenario import load_scenario

        scenario = load_scenario(scenario)
    if seed is not None:
        scenario = replace(scenario, seed=seed)
    thread_count()  # a senseless limit is refused before anything is written
    model = assemble(scenario)
    began = time.perf_counter()
    if save is None:
        _refuse_too_large(scenario, model, None)
        run = _Run(scenario, model, MemorySink(), None, progress)
        run.engine.start()
        return Result(run.finish(began))
    directory = Path(save)
    with _owned(directory, keep=resume or overwrite):
        saved = read_checkpoint(directory, _identity(scenario, model)) if resume else None
        if saved is None:
            _refuse_too_large(scenario, model, directory)
            (directory / CHECKPOINT).unlink(missing_ok=True)
        run = _Run(scenario, model, ZarrSink(directory, resume=resume), directory, progress)
        if saved is None:
            atomic_write(directory / "scenario.yaml", scenario.source.encode())
            atomic_write(directory / "command.txt", _command(scenario).encode())
            run.engine.start()
            run.checkpoint()
        else:
            run.engine.restore(*saved)
        return Result(run.finish(began), path=directory)


class _Run:
    """One run in progress: the engine, where it writes, and when it last saved."""

    def __init__(
        self, scenario: Scenario, model: Model, sink: Sink, directory: Path | None, progress: Progress | None
    ) -> None:
        self.scenario, self.model, self.directory, self.progress = scenario, model, directory, progress
        self.streams = Streams(scenario.seed)
        levels, events = _recorded_ports(scenario, model)
        self.recorder = Recorder(
            sink,
            subjects=len(model.subjects),
            ports=levels,
            event_ports=events,
            samples=[_plan(model, item) for item in scenario.observe.samples],
            every=scenario.observe.record_every,
            end=scenario.duration,
            also=_recorded_beside(scenario),
        )
        self.engine = Engine(
            model.wiring,
            model.subjects,
            self.streams,
            self.recorder,
            begin=-model.warm_up,
            end=scenario.duration,
            debug=scenario.engine.debug,
        )
        self._saved = self._shown = time.monotonic()
        self._stop = False

    def finish(self, began: float) -> Recorded:
        """Run to the end and return the record. Raises `Interrupted` after a checkpoint."""
        with self._signals():
            ended = self.engine.run(pause=self._pause)
        if not ended:
            self.checkpoint()
            where = f"; continue with --resume ({self.directory})" if self.directory else "; nothing was saved"
            raise Interrupted(
                f"interrupted at {self.engine.time / 1000:g} s of {self.scenario.duration / 1000:g} s{where}"
            )
        self.checkpoint()
        self.recorder.put(subject_variables(self.model))
        sampled = {variable.name: variable for variable in self.recorder.sample_variables()}
        truth = Recorded(sampled, {"subject_index": self.model.subjects.index.tolist()})
        samples = self.scenario.observe.samples
        observed = observations(truth, samples, self.streams.of("observe"))
        self.recorder.put(observed)
        found = [*self.engine.findings(), *sampling_notices(observed, samples)]
        return self.recorder.finish(provenance(self.scenario, self.model, time.perf_counter() - began, found))

    def _pause(self, t: int) -> bool:
        now = time.monotonic()
        if self.progress is not None and now - self._shown > _PROGRESS_EVERY:
            self._shown = now
            self.progress(
                (t - self.engine.clock.begin) / 1000, (self.engine.clock.end - self.engine.clock.begin) / 1000
            )
        if self.directory is not None and now - self._saved > self.scenario.engine.checkpoint_every:
            self.checkpoint()
        return self._stop

    def checkpoint(self) -> None:
        """Save everything needed to continue, if there is a place for it."""
        if self.directory is None:
            return
        self.engine.check()
        write_checkpoint(self.directory, _identity(self.scenario, self.model), *self.engine.snapshot())
        self._saved = time.monotonic()

    @contextmanager
    def _signals(self) -> Iterator[None]:
        """Stop at the next step on Ctrl-C or a polite kill, in place of dying in the middle of one."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def stop(number: int, frame: Any) -> None:
            self._stop = True

        old = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in old.items():
                signal.signal(number, handler)


def _identity(scenario: Scenario, model: Model) -> Identity:
    return Identity(scenario.hash, model.hash, scenario.seed, __version__)


def _command(scenario: Scenario) -> str:
    """Return the command that repeats the run, for the result directory."""
    changes = [f"--set {shlex.quote(change)}" for change in scenario.changes if not change.startswith("seed=")]
    return " ".join(["knuffel run scenario.yaml", f"--seed {scenario.seed}", *changes]) + "\n"


@contextmanager
def _owned(directory: Path, *, keep: bool) -> Iterator[None]:
    """Make the result directory this run's own. Raises `StoreError` when it is in use, in the way, or not writable."""
    fresh = not directory.exists()
    if not fresh and not directory.is_dir():
        raise StoreError(f"{directory}: is not a directory")
    with storage_errors(directory):
        held = set() if fresh else {entry.name for entry in directory.iterdir()}
    if held - {_MARK} and not keep:
        raise StoreError(f"{directory}: is not empty; use --overwrite to replace the result or --resume to continue")
    if held and not held & {_MARK, RESULT}:
        raise StoreError(f"{directory}: holds files that are not a knuffel result; choose another place")
    with storage_errors(directory):
        directory.mkdir(parents=True, exist_ok=True)
        lock = (directory / _MARK).open("w")
    with lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise StoreError(f"{directory}: another run is writing here") from error
        try:
            yield
        except KnuffelError:
            if fresh and not (directory / CHECKPOINT).exists():
                shutil.rmtree(directory, ignore_errors=True)
            raise


def _refuse_too_large(scenario: Scenario, model: Model, directory: Path | None) -> None:
    """Refuse a run whose result cannot fit, before it starts, with the reason."""
    levels, events = _recorded_ports(scenario, model)
    subjects, seconds = len(model.subjects), scenario.duration / 1000
    beside = {time for time in _recorded_beside(scenario) if time % scenario.observe.record_every}
    rows = scenario.duration // scenario.observe.record_every + 1 + len(beside)
    size = 8 * subjects * len(levels) * rows
    cells = scenario.rooms["neurons"].settings.get("cells", 0)
    if any(port.name == "neurons.spike" for port in events):
        size += int(_BYTES_PER_SPIKE * _SPIKES_PER_SECOND * seconds * cells * subjects)
    need = f"the result may take {size / 2**30:.1f} GiB"
    advice = "record less (observe.record.every, observe.record.spikes: false) or shorten the run"
    if directory is None and size > _MEMORY_LIMIT:
        raise StoreError(f"{need}, too much to keep in memory: save it to a directory (--out), {advice}")
    if directory is not None:
        place = next(parent for parent in (directory, *directory.absolute().parents) if parent.exists())
        free = shutil.disk_usage(place).free
        if size > free:
            raise StoreError(f"{directory}: {need} and {free / 2**30:.1f} GiB are free: {advice}")


def _recorded_beside(scenario: Scenario) -> list[int]:
    """Return the times just before and after which doses bring a level to a peak or a turn."""
    times = [time for dose in scenario.doses for start, end, _ in dose.segments for time in (start, end)]
    if scenario.rooms["circulation"].mode == "model":
        times += _after_boluses(scenario)
    return times + [time + after for dose in scenario.doses for time, _ in dose.amounts for after in (0, 1)]


def _after_boluses(scenario: Scenario) -> list[int]:
    """Return times in the minutes after a dose at once or a short one, in which blood pressure is lowest."""
    begins = [time for dose in scenario.doses for time, _ in dose.amounts]
    begins += [start for dose in scenario.doses for start, end, _ in dose.segments if end - start <= _SHORT]
    if len(set(begins)) > _MOST_WATCHED:
        return []  # subjects with times of their own: everybody would get the rows of all
    return [start + after for start in begins for after in range(_FINE, _WATCHED + 1, _FINE)]


def _recorded_ports(scenario: Scenario, model: Model) -> tuple[list[Port], list[Port]]:
    ports = [port for part in model.wiring.parts for port in part.outputs if part.room != "doses"]
    wanted = scenario.observe.variables
    traced = {"uterus.contraction_frequency"} if scenario.observe.tocograph else set()
    chosen = [port for port in ports if wanted is None or port.name in wanted or port.name in traced]
    events = [port for port in ports if port.kind is Kind.EVENTS]
    if not scenario.observe.spikes:
        events = [port for port in events if port.name != "neurons.spike"]
    return [port for port in chosen if port.kind not in (Kind.EVENTS, Kind.AMOUNT)], events


def _plan(model: Model, item: SampleSpec) -> SamplePlan:
    """Return what is read for a sampling series: its port, and oxytocinase when that goes on in the tube."""
    made = {port.name: port for part in model.wiring.parts for port in part.outputs}
    beside = (made[OXYTOCINASE],) if breakdown(item) > 0 and OXYTOCINASE in made else ()
    return SamplePlan(item.name, _port(model, item.port), item.times, beside)


def _port(model: Model, name: str) -> Port:
    for part in model.wiring.parts:
        for port in part.outputs:
            if port.name == name:
                return port
    raise StoreError(f"{name} cannot be sampled: nothing produces it in this scenario")
