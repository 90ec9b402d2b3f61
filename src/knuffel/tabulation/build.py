"""From the runs of the spiking cells to a rate table, and to its file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path

import numpy as np
import numpy.typing as npt

from knuffel import __version__
from knuffel.body.neurons.rate import RateNeurons
from knuffel.body.secretion.rate import RateSecretion
from knuffel.engine.store import atomic_write
from knuffel.errors import ParameterError, StoreError, UnitError, nearest
from knuffel.evidence import load
from knuffel.evidence.rate_table import FOLDER, RateTable, table_names, table_text
from knuffel.evidence.resolve import Override, build, resolve
from knuffel.tabulation.measure import CELLS, TERMINALS, Means, measure

__all__ = ["build_table", "cell_sets", "overrides", "shipped_sets", "tabulated", "write_table"]

Floats = npt.NDArray[np.float64]

_GAINS = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 5.0,
          6.0, 8.0, 10.0, 13.0, 16.0, 20.0, 25.0, 32.0)  # fmt: skip
_RATIOS = (0.0, 0.25, 0.5, 0.75, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0, 4.0, 6.0, 8.0)
_RELEASE_RATIOS = (0.0, 0.5, 1.0, 1.5, 2.0)
_OPENNESS = (0.2, 0.4, 0.6, 0.8, 1.0)
_RATES = (0.0, 0.1, 0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 18.0, 22.0,
          27.0, 33.0, 40.0, 50.0, 65.0, 80.0, 100.0, 130.0, 170.0, 220.0, 300.0)  # fmt: skip
_QUICK = {
    "gains": (0.0, 0.3, 0.6, 0.8, 1.0, 1.2, 1.5, 2.0, 3.0, 4.0),
    "ratios": (0.0, 0.5, 1.0, 1.5, 2.0, 4.0),
    "release_ratios": (0.0, 1.0, 2.0),
    "openness": (0.4, 0.7, 1.0),
}
_CELLS, _SECONDS, _QUICK_SECONDS = 256, 200, 40
_FEW_SPIKES_BELOW, _LONGER = 1.0, 4
_ENOUGH, _NEARLY = 200, 0.97
_DIGITS = 6
_TERMINALS = ("broadening_step", "broadening_half_life", "basal_broadening", "fast_calcium_step",
              "fast_calcium_half_life", "fast_calcium_threshold")  # fmt: skip
_PSP = "neurons.psp_size"  # what only integrate-and-fire cells have

Progress = Callable[[float, float], None]


def cell_sets() -> tuple[str, ...]:
    """Return the sets of integrate-and-fire cells, for each of which a table can be built."""
    return tuple(name for name, item in load.sets().items() if item.kind == "neurons" and _PSP in item.parameters)


def tabulated() -> dict[str, tuple[str, ...]]:
    """Return, for both rooms, the ids of the numbers that only the table knows under the fidelity rate."""
    kept = {item.metadata["id"] for kind in (RateNeurons, RateSecretion) for item in fields(kind.Parameters)}
    cells = (item.metadata["id"] for item in fields(CELLS.Parameters))
    return {
        CELLS.room: tuple(name for name in cells if name not in kept),
        TERMINALS.room: tuple(f"{TERMINALS.room}.{name}" for name in _TERMINALS),
    }


def shipped_sets() -> tuple[str, ...]:
    """Return the cell sets whose tables come with the package."""
    return table_names()


def overrides(texts: Sequence[str]) -> dict[str, Override]:
    """Return what ``id=value unit`` texts say, in the units of the evidence. Raises `ParameterError`."""
    from knuffel.scenario.quantities import quantity_of

    known, found = load.parameters(), dict[str, Override]()
    for text in texts:
        name, equals, value = text.partition("=")
        name = name.strip()
        if not equals or name not in known:
            guess = nearest(name, known)
            hint = f"; did you mean {guess!r}?" if guess else ""
            raise ParameterError(f"--set {text}: wanted is ID=VALUE, for instance neurons.ahp_size=0 mV{hint}")
        parameter = known[name]
        try:
            number = quantity_of(value.strip(), parameter.unit)
        except UnitError as error:
            raise ParameterError(f"--set {text}: {error}") from None
        low, high = parameter.bounds
        if not low <= number <= high:
            raise ParameterError(f"--set {text}: outside what is possible, {low:g} to {high:g} {parameter.unit}")
        found[name] = Override(number, parameter.unit, f"--set {text}")
    return found


def build_table(
    set_name: str,
    changes: Mapping[str, Override] | None = None,
    *,
    seed: int = 1,
    quick: bool = False,
    progress: Progress | None = None,
) -> RateTable:
    """Run the spiking cells of a set over a grid of inputs and return the table; equal arguments give equal bits.

    ``changes`` are numbers of the cells or terminals in place of those of the set, by id. ``quick`` takes a coarse
    grid and short runs. ``progress`` is called with the simulated seconds so far and in all. Raises `ParameterError`.
    """
    changes = changes or {}
    ids = [name for names in tabulated().values() for name in names]
    for name in changes:
        if name not in ids:
            guess = nearest(name, ids)
            hint = f"; did you mean {guess!r}?" if guess else ""
            raise ParameterError(f"{name} is not a number that the table holds{hint} (known: {', '.join(ids)})")
    if set_name not in cell_sets():
        guess = nearest(set_name, cell_sets())
        hint = f"; did you mean {guess!r}?" if guess else f"; known: {', '.join(cell_sets())}"
        raise ParameterError(f"there is no set of neurons {set_name!r}{hint}")
    wanted = [item.metadata["id"] for kind in (CELLS, TERMINALS) for item in fields(kind.Parameters)]
    resolved, _ = resolve(wanted, [set_name], changes)
    cell, terminal = build(CELLS.Parameters, resolved), build(TERMINALS.Parameters, resolved)
    if np.any(cell.rate_heterogeneity):
        raise ParameterError("a rate table is made of equal cells: neurons.rate_heterogeneity has to be 0")
    grid = (
        _QUICK
        if quick
        else {"gains": _GAINS, "ratios": _RATIOS, "release_ratios": _RELEASE_RATIOS, "openness": _OPENNESS}
    )
    gains, ratios, release_ratios, openness = (np.array(axis) for axis in grid.values())
    seconds = _QUICK_SECONDS if quick else _SECONDS
    lengths = [seconds * (_LONGER if gain <= _FEW_SPIKES_BELOW else 1) for gain in gains]
    done, total = 0, sum(lengths)

    def tick() -> None:
        nonlocal done
        done += 1
        if progress is not None:
            progress(min(done, total), total)

    found = [
        measure(
            cell, terminal, gain, ratios, release_ratios, openness, cells=_CELLS, seconds=length, seed=seed, tick=tick
        )
        for gain, length in zip(gains, lengths, strict=True)
    ]
    spikes = np.array([item.firing_rate[0] * length for item, length in zip(found, lengths, strict=True)]) * _CELLS
    if spikes.max() < _ENOUGH:
        raise ParameterError(f"cells of {set_name} with these numbers hardly fire at any input: no table can be built")
    rate = _rates(max(item.firing_rate[0] for item in found))
    squared, entry = _over_rate(found, lengths, rate, openness, np.searchsorted(ratios, release_ratios).tolist())
    return RateTable(
        set=set_name,
        models=tuple(f"{kind.room}/{kind.id}" for kind in (CELLS, TERMINALS)),
        version=__version__,
        seed=seed,
        cells=_CELLS,
        seconds=seconds,
        parameters={name: (float(np.asarray(resolved[name].value)), resolved[name].unit) for name in ids},
        changes=tuple(changes),
        excitation_gain=gains,
        inhibition_ratio=ratios,
        firing_rate=_rounded(np.stack([item.firing_rate for item in found], axis=1)),
        rate=rate,
        release_ratio=release_ratios,
        openness=openness,
        squared_calcium=squared,
        calcium_entry=entry,
    )


def write_table(table: RateTable, folder: Path | None = None) -> Path:
    """Write a table to ``folder`` (the package itself unless given) and return the file. Raises `StoreError`."""
    place = Path(str(load.root() / FOLDER)) if folder is None else folder
    file = place / f"{table.set}.json"
    try:
        place.mkdir(parents=True, exist_ok=True)
        atomic_write(file, table_text(table).encode())
    except OSError as error:
        raise StoreError(f"{file}: cannot be written: {error.strerror}") from error
    return file


def _rates(highest: float) -> Floats:
    """Return the axis of rates (Hz), up to the highest that the cells reach."""
    top = float(_rounded(np.array([highest]))[0])
    return np.array([*(rate for rate in _RATES if rate < _NEARLY * top), top])


def _over_rate(
    found: Sequence[Means], lengths: Sequence[int], rate: Floats, openness: Floats, columns: Sequence[int]
) -> tuple[Floats, Floats]:
    """Return squared calcium and entry for each spike, scaled by openness, (release ratio, openness, rate).

    ``columns`` are the places of the release ratios among the ratios. At each ratio of the gains the values are known
    at the rates that the gains of the excitation gave; below the lowest of these they stay, above the highest they
    follow the next lower ratio, which reaches further.
    """
    from scipy.interpolate import PchipInterpolator

    results = []
    for kind, power in (("squared_calcium", 2), ("calcium_entry", 1)):
        table = np.zeros((len(columns), len(openness), len(rate)))
        for place, column in enumerate(columns):
            fired = np.array([item.firing_rate[column] for item in found])
            rising = np.arange(len(fired)) <= np.argmax(fired)
            known = np.flatnonzero(rising & (fired * lengths * _CELLS >= _ENOUGH))
            known = known[np.append(True, np.diff(np.maximum.accumulate(fired[known])) > 0)] if len(known) else known
            for row, opened in enumerate(openness):
                if len(known) < 2:
                    table[place, row] = table[place - 1, row]
                    continue
                values = (
                    np.array([getattr(found[i], kind)[place, row] / fired[i] for i in known.tolist()]) / opened**power
                )
                curve = PchipInterpolator(np.sqrt(fired[known]), np.log(values))
                inside = np.clip(rate, fired[known[0]], fired[known[-1]])
                table[place, row] = np.exp(curve(np.sqrt(inside)))
                if place:
                    below = table[place - 1, row]
                    last = np.interp(fired[known[-1]], rate, below)
                    beyond = rate > fired[known[-1]]
                    table[place, row, beyond] *= below[beyond] / last
        results.append(_rounded(table))
    return results[0], results[1]


def _rounded(values: Floats) -> Floats:
    rounded: Floats = np.vectorize(lambda value: float(f"{value:.{_DIGITS}g}"), otypes=[np.float64])(values)
    return rounded
