"""The panels of drugs: their levels, cerebrospinal fluid, saliva, urine, receptors, and clearance by week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from knuffel.report import people, style
from knuffel.report.assays import series
from knuffel.report.panels import curve
from knuffel.report.view import View
from knuffel.units import unit_factor

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from knuffel.report.view import Drawer

__all__ = ["apart", "fluids", "idle_gland", "levels", "plasma_height", "receptors", "steady"]

Floats = npt.NDArray[np.float64]

OXYTOCIN = "plasma.oxytocin_concentration"
_GIVEN, _CARBETOCIN = "plasma.oxytocin_exogenous", "plasma.carbetocin_concentration"
_ATOSIBAN, _M1 = "plasma.atosiban_concentration", "plasma.atosiban_m1_concentration"
_CSF, _SALIVA, _URINE = "csf.oxytocin_concentration", "saliva.oxytocin_concentration", "urine.oxytocin_ratio"
_DENSITY, _COUPLED = "receptors.density", "receptors.coupled_fraction"
_DENSITY_SET = "physiology.receptor_density_set"
_CLEARANCE, _OXYTOCINASE, _WEEK = "physiology.clearance", "physiology.oxytocinase_activity", "gestational_week"

_MOVES, _IDLE = 0.02, 0.05
_TALL, _LOW = 1.9, 1.0
_NASAL = "intranasal"
_HEAD = 1.28
_LOG_HEAD = 0.2
_DEEP, _MARGIN, _RECEPTOR_HEAD = 60, 5, 0.28
_LARGE = unit_factor("ng/mL", "pg/mL")


def in_use(view: View, name: str) -> bool:
    """Tell whether a level was recorded and is not zero throughout."""
    return view.has(name) and bool((view.level(name) > 0).any())


def steady(view: View, name: str, share: float = _MOVES) -> bool:
    """Tell whether a level moves by less than a share in every subject; the first record of a rate does not count."""
    values = view.level(name)[:, 1:]
    if not values.size:
        return False
    low, high = np.nanmin(values, axis=1), np.nanmax(values, axis=1)
    return bool((high - low <= share * np.abs(high)).all())


def idle_gland(view: View) -> bool:
    """Tell whether the gland only keeps its rate up in a run that is about drugs."""
    return _drug_in_blood(view) and not view.has("pulses.rate") and steady(view, "secretion.rate", _IDLE)


def _drug_in_blood(view: View) -> bool:
    return any(in_use(view, name) for name in (_GIVEN, _CARBETOCIN, _ATOSIBAN))


def plasma_height(view: View) -> float:
    """Return the height (inches) of the panel of oxytocin: low, or none, when the drug is another one."""
    given = {item.get("drug") for item in view.attributes.get("doses", ())}
    if not levels(view) or "oxytocin" in given or view.attributes.get("samples"):
        return _TALL
    return 0.0 if steady(view, OXYTOCIN) else _LOW


def levels(view: View) -> list[tuple[float, Drawer]]:
    """Return height (inches) and drawing function of the panels of drugs other than oxytocin."""
    wanted: list[tuple[str, Drawer]] = [(_CARBETOCIN, _carbetocin), (_ATOSIBAN, _atosiban)]
    return [(1.7, drawer) for name, drawer in wanted if in_use(view, name)]


def fluids(view: View) -> list[tuple[float, Drawer]]:
    """Return the panels of other fluids; that of cerebrospinal fluid when the scenario is about it."""
    wanted: list[tuple[str, float, Drawer]] = [(_SALIVA, 1.2, _saliva), (_URINE, 0.85, _urine)]
    found = [(height, drawer) for name, height, drawer in wanted if in_use(view, name)]
    return [(1.2, _csf), *found] if in_use(view, _CSF) and _about_csf(view) else found


def _about_csf(view: View) -> bool:
    """Tell whether a scenario sets or measures the fluid, or sprays towards it: the room itself always runs."""
    facts = view.attributes
    room = ((facts.get("scenario") or {}).get("rooms") or {}).get("csf") or {}
    asked = room.get("overrides") or room.get("settings")
    measured = any(str(item["port"]).startswith("csf.") for item in facts.get("samples", ()))
    return bool(asked or measured or any(_NASAL in str(item.get("route")) for item in facts.get("doses", ())))


def receptors(view: View) -> list[tuple[float, Drawer]]:
    """Return the panel of receptors that are left and coupled, when a drug desensitises them."""
    if not (_drug_in_blood(view) and in_use(view, _DENSITY) and in_use(view, _COUPLED)):
        return []
    left = _share(view, _DENSITY)
    if in_use(view, _DENSITY_SET):
        left = left / _share(view, _DENSITY_SET)  # pregnancy moves receptors without any drug
    moved = max(float(np.nanmax(np.abs(values - 1))) for values in (left, _share(view, _COUPLED)))
    return [(1.0, _receptors)] if moved > _MOVES else []


def apart(view: View) -> list[Drawer]:
    """Return the drawing functions of small panels without the axis of time, which stand side by side."""
    weeks = f"subject.{_WEEK}"
    if not view.has(weeks) or np.ptp(view.variables[weeks].data[...]) == 0:
        return []
    wanted: list[tuple[str, Drawer]] = [(_CLEARANCE, _clearance), (_OXYTOCINASE, _oxytocinase)]
    return [drawer for name, drawer in wanted if in_use(view, name)]


def _share(view: View, name: str) -> Floats:
    values = view.level(name)
    return values / np.where(values[:, :1] > 0, values[:, :1], np.nan)


def _unit(view: View, *ports: str) -> tuple[str, float]:
    """Return the unit that reads best, and what pg/mL are multiplied by to give it."""
    highest = max(float(np.nanmax(view.level(name))) for name in ports)
    return ("ng/mL", unit_factor("pg/mL", "ng/mL")) if highest >= _LARGE else ("pg/mL", 1.0)


def _carbetocin(axes: Axes, view: View) -> None:
    unit, scale = _unit(view, _CARBETOCIN)
    label = view.texts("axis_carbetocin", unit=unit)
    style.panel(axes, view.texts, view.texts("title_carbetocin"), label, view.grade(_CARBETOCIN))
    axes.set_ylim(0, curve(axes, view, _CARBETOCIN, style.PURPLE, None, 1.3, scale=scale) * 1.12 or 1)


def _atosiban(axes: Axes, view: View) -> None:
    both = [name for name in (_ATOSIBAN, _M1) if in_use(view, name)]
    unit, scale = _unit(view, *both)
    label = view.texts("axis_atosiban", unit=unit)
    style.panel(axes, view.texts, view.texts("title_atosiban"), label, view.grade(_ATOSIBAN))
    top = curve(axes, view, _ATOSIBAN, style.PURPLE, view.texts("atosiban"), 1.3, scale=scale)
    if _M1 in both:
        top = max(
            top, curve(axes, view, _M1, style.GREEN, view.texts("atosiban_m1"), 1.1, scale=scale, dashes=people.DASHED)
        )
    axes.set_ylim(0, top * _HEAD or 1)
    people.line_key(axes, view, (view.texts("atosiban"), view.texts("atosiban_m1"))[: len(both)])


def _csf(axes: Axes, view: View) -> None:
    style.panel(axes, view.texts, view.texts("title_csf"), view.texts("axis_plasma"), view.grade(_CSF))
    highest = max(curve(axes, view, _CSF, style.SKY, None, 1.3), series(axes, view, _CSF))
    axes.set_ylim(0, highest * (_HEAD if axes.get_legend_handles_labels()[1] else 1.12) or 1)
    style.legend(axes)


def _saliva(axes: Axes, view: View) -> None:
    style.panel(axes, view.texts, view.texts("title_saliva"), view.texts("axis_plasma"), view.grade(_SALIVA))
    highest = max(curve(axes, view, _SALIVA, style.GREEN, None, 1.3), series(axes, view, _SALIVA))
    values = view.level(_SALIVA)
    lowest = float(values[values > 0].min()) / 1.5
    axes.set_yscale("log", nonpositive="mask")
    axes.set_ylim(lowest, highest * (highest / lowest) ** _LOG_HEAD)
    style.legend(axes)


def _urine(axes: Axes, view: View) -> None:
    style.panel(axes, view.texts, view.texts("title_urine_ratio"), view.texts("axis_ratio"), view.grade(_URINE))
    axes.set_ylim(0, curve(axes, view, _URINE, style.ORANGE, None) * 1.12 or 1)


def _receptors(axes: Axes, view: View) -> None:
    """Draw receptors and their coupled fraction in percent of the start, on one axis."""
    style.panel(axes, view.texts, view.texts("title_density"), view.texts("axis_percent"), view.grade(_DENSITY))
    labels = (view.texts("density"), view.texts("coupled"))
    density, coupled = 100 * _share(view, _DENSITY), 100 * _share(view, _COUPLED)
    people.shares(axes, view, density, style.BLUE, labels[0], "-")
    people.shares(axes, view, coupled, style.VERMILION, labels[1], people.DASHED)
    lowest, highest = (float(find([find(density), find(coupled)])) for find in (np.nanmin, np.nanmax))
    base = 0 if lowest < _DEEP else max(lowest - _MARGIN, 0)
    axes.set_ylim(base, highest + _RECEPTOR_HEAD * (highest - base))
    people.line_key(axes, view, labels)


def _clearance(axes: Axes, view: View) -> None:
    scale = unit_factor("mL/s", "mL/min")
    _by_week(axes, view, _CLEARANCE, scale, "title_clearance", "axis_clearance")


def _oxytocinase(axes: Axes, view: View) -> None:
    _by_week(axes, view, _OXYTOCINASE, 1.0, "title_oxytocinase", "axis_oxytocinase")


def _by_week(axes: Axes, view: View, port: str, scale: float, title: str, label: str) -> None:
    """Draw what a subject has at the start against her week."""
    words = view.texts
    style.panel(axes, words, words(title), words(label), view.grade(port), label_at=None)
    week = np.asarray(view.variables[f"subject.{_WEEK}"].data[...], dtype=np.float64)
    values = scale * view.level(port)[:, 0]
    order = np.argsort(week, kind="stable")
    look: dict[str, Any] = {"c": people.colours(view)} if people.few(view) else {"color": style.BLUE, "alpha": 0.5}
    if people.few(view):
        axes.plot(week[order], values[order], color=style.PALE, linewidth=1.0, zorder=2)
    axes.scatter(week, values, s=14, linewidths=0, zorder=3, **look)
    axes.set_ylim(0, float(values.max()) * 1.12)
    axes.set_xlabel(words("axis_week"), fontsize=style.TEXT, color=style.INK)
