"""Run the studies and hold what they obtain against what was published, or against a computation of our own.

A study is a module of this package with a function ``rows() -> list[Row]``; its targets stand in the evidence, with
``study`` the name of the module. Every target is answered by exactly one row, and every row answers a target.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib import import_module
from math import isclose, isfinite
from typing import Any

from knuffel.errors import DataError, nearest
from knuffel.evidence.load import Target, targets
from knuffel.evidence.tables import number_text, text_table
from knuffel.validation.row import Row

__all__ = ["STUDIES", "ResultRow", "as_json", "as_text", "compare", "run", "run_study", "totals_text"]

STUDIES = (
    "spiking",
    "synaptic_input",
    "rate_curve",
    "afterpotentials",
    "dispersion",
    "rate_distribution",
    "precision",
    "hodgkin_huxley",
    "secretion_trains",
    "ahp_block",
    "population_filter",
    "depletion",
    "antidromic",
    "lactation_burst",
    "stimuli",
    "cck",
    "rate_fidelity",
    "rat_plasma",
    "rat_saturable",
    "pharmacokinetics",
    "pregnancy_clearance",
    "infusion_levels",
    "labour_pulses",
    "absorption",
    "drug_kinetics",
    "cerebrospinal_fluid",
    "assays",
    "network_bursts",
    "network_store",
    "network_behaviours",
    "if_network",
    "nursing_chain",
    "breastfeeding_cohort",
    "breastfeeding_stress",
    "breastfeeding_modifiers",
    "receptor_states",
    "uterus_dose_response",
    "uterine_cell",
    "rat_let_down",
    "human_let_down",
    "milk_supply",
    "blood_pressure",
    "water_balance",
)
"""The modules of this package that are studies, in the order of the signal."""

_ROUNDING = 1e-9
_NAMED = 3


@dataclass(frozen=True)
class ResultRow:
    """One comparison. ``verdict`` is pass, fail, or known_misfit (declared as such, and outside its tolerance).

    ``kind`` is reported (a number that stands in a paper or label) or unit (a check of the equations: a number that we
    computed from them in another way). ``published`` is what the model is held against, of either kind: a number or
    an interval; ``tolerance`` one of relative, absolute, range; ``obtained`` and ``published`` in ``unit``; ``note``
    explains a misfit, and says when a row only returns what a parameter set was made from; ``source`` holds keys of
    the sources.
    """

    id: str
    study: str
    kind: str
    quantity: str
    published: float | tuple[float, float]
    obtained: float
    tolerance: dict[str, Any]
    unit: str
    verdict: str
    note: str
    source: tuple[str, ...]


def run(studies: Sequence[str] | None = None) -> list[ResultRow]:
    """Run the named studies, or those that answer the named target ids; all of them when nothing is named.

    Raises `DataError` for a name that is neither, and when rows and targets of a study do not match.
    """
    known = targets()
    for key, target in known.items():
        if target.study not in STUDIES:
            raise DataError(f"target {key}: there is no study {target.study!r}")
    if studies is None:
        return [row for study in STUDIES for row in run_study(study)]
    for name in studies:
        if name not in STUDIES and name not in known:
            guess = nearest(name, (*STUDIES, *known))
            hint = f"; did you mean {guess!r}?" if guess else f"; studies: {', '.join(STUDIES)}"
            raise DataError(f"there is no study or target {name!r}{hint}")
    needed = {name if name in STUDIES else known[name].study for name in studies}
    found = [row for study in STUDIES if study in needed for row in run_study(study)]
    return [row for row in found if row.study in studies or row.id in studies]


def run_study(study: str) -> list[ResultRow]:
    """Run one study. Raises `DataError` when its rows and its targets do not match."""
    rows: list[Row] = import_module(f"knuffel.validation.{study}").rows()
    return compare(study, rows, {key: target for key, target in targets().items() if target.study == study})


def compare(study: str, rows: Sequence[Row], wanted: Mapping[str, Target]) -> list[ResultRow]:
    """Join the rows of a study with its targets, in the order of the rows.

    Raises `DataError` for a row without target, a target without row, and a target that is answered twice.
    """
    answered: set[str] = set()
    for row in rows:
        if row.target_id not in wanted:
            raise DataError(f"study {study}: row {row.target_id!r} has no target")
        if row.target_id in answered:
            raise DataError(f"study {study}: target {row.target_id!r} is answered twice")
        answered.add(row.target_id)
    missing = [key for key in wanted if key not in answered]
    if missing:
        raise DataError(f"study {study}: no row for {', '.join(missing)}")
    return [_judged(wanted[row.target_id], row) for row in rows]


def as_json(rows: Iterable[ResultRow]) -> list[dict[str, Any]]:
    """Return the rows as plain data."""
    return [asdict(row) for row in rows]


def as_text(rows: Iterable[ResultRow]) -> str:
    """Return the rows as a plain table, with notes and, for each kind, the number of each verdict below."""
    rows = list(rows)
    headings = ("study", "id", "kind", "expected", "obtained", "tolerance", "unit", "verdict", "quantity")
    cells = (
        (
            row.study,
            row.id,
            row.kind,
            number_text(row.published),
            number_text(row.obtained),
            tolerance_text(row.tolerance),
            row.unit,
            row.verdict,
            row.quantity,
        )
        for row in rows
    )
    notes = _notes(rows)
    return "\n\n".join(part for part in (text_table(headings, cells), notes, totals_text(rows)) if part)


def totals_text(rows: Iterable[ResultRow]) -> str:
    """Return one line: how many published numbers are reached or not, and how many checks of the equations."""
    rows = list(rows)
    reported = [row for row in rows if row.kind == "reported"]
    checks = [row for row in rows if row.kind != "reported"]
    return (
        f"published: {len(reported)} compared{_counted(reported)}; "
        f"checks of the equations: {len(checks)} compared{_counted(checks)}"
    )


def _counted(rows: Sequence[ResultRow]) -> str:
    found = {verdict: sum(row.verdict == verdict for row in rows) for verdict in ("pass", "known_misfit", "fail")}
    words = {"pass": "pass", "known_misfit": "known misfit" + "s" * (found["known_misfit"] != 1), "fail": "fail"}
    return "".join(f", {count} {words[verdict]}" for verdict, count in found.items() if count)


def tolerance_text(tolerance: dict[str, Any]) -> str:
    """Return a tolerance in words: ``±15 %``, ``±0.4``, or ``2 to 5``."""
    kind, size = next(iter(tolerance.items()))
    if kind == "range":
        return number_text(tuple(size))
    return f"±{100 * size:g} %" if kind == "relative" else f"±{size:g}"


def _notes(rows: Iterable[ResultRow]) -> str:
    """Return each note once, with the rows it belongs to."""
    found: dict[str, list[str]] = {}
    for row in rows:
        if row.note:
            found.setdefault(row.note, []).append(row.id)
    return "\n".join(
        ", ".join(ids[:_NAMED]) + (f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else "") + f": {note}"
        for note, ids in found.items()
    )


def _judged(target: Target, row: Row) -> ResultRow:
    low, high = target.interval
    value = float(row.obtained)
    agrees = isfinite(value) and (
        low <= value <= high or any(isclose(value, edge, rel_tol=_ROUNDING, abs_tol=_ROUNDING) for edge in (low, high))
    )
    note = row.note or target.note
    if agrees:
        verdict = "pass"
        if target.known_misfit:
            note = f"declared a known misfit ({target.known_misfit}), but it agrees"
    elif target.known_misfit and isfinite(value):
        verdict, note = "known_misfit", target.known_misfit
    else:
        verdict = "fail"
    return ResultRow(
        id=target.id,
        study=target.study,
        kind=target.kind,
        quantity=target.quantity,
        published=target.published,
        obtained=value,
        tolerance=dict(target.tolerance),
        unit=target.unit,
        verdict=verdict,
        note=note,
        source=target.source,
    )
