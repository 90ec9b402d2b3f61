"""The blood alone, between doses and without an engine: for fits, tables, and everything that asks many times.

The numbers are those of a run of the same scenario, from the same objects. In a pregnancy the clearance is that of the
start; a run follows it hour by hour.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from knuffel.assembly import Model, assemble
from knuffel.body.circulation.plasma import PlasmaTwoCompartment
from knuffel.body.circulation.plasma.systems import Disposition
from knuffel.body.contract import Component, Inputs
from knuffel.body.course import course, merged
from knuffel.body.doses import BOLUS, INFUSION, lag_of
from knuffel.body.linear import LinearSystem
from knuffel.engine.random import Streams
from knuffel.errors import ParameterError
from knuffel.scenario.model import Scenario
from knuffel.scenario.times import time_text
from knuffel.units import unit_factor

__all__ = ["Kinetics", "plasma_kinetics"]

Array = npt.NDArray[np.float64]

_STEADY = {"pregnant": 86_400_000, "postpartum": 3_600_000}
_WHEN = {"pregnant": "in a pregnancy", "postpartum": "after a birth"}
"""How long (ms) the clearance may be taken as that of the start: it moves by about a hundredth."""

_NEEDS = {"neurons": "off", "pulses": "off", "pump": "off", "secretion": "basal"}


class Kinetics:
    """Plasma of the subjects of a scenario, ready to be asked for concentrations at any times.

    Raises `ParameterError` for a scenario whose blood does not stand alone: neurons, pulses or a pump feed it, the
    clearance saturates, or clearance moves with a pregnancy or after a birth.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        _check(scenario)
        model = assemble(scenario)
        parts: dict[str, Component] = {
            part.room: part.component for part in model.wiring.parts if part.component is not None
        }
        plasma, streams = parts["plasma"], Streams(scenario.seed)
        assert isinstance(plasma, PlasmaTwoCompartment)
        if np.any(np.asarray(plasma.parameters.saturable_share) > 0):
            raise ParameterError("the clearance saturates: only a run can follow it")
        levels = parts["physiology"].init(model.subjects, Inputs(), streams.of("physiology"))[1]
        self._levels = {name: (value, value) for name, value in levels.items()}
        state, _ = plasma.init(model.subjects, Inputs(self._levels), streams.of("plasma"))
        self._plasma, self._state = plasma, state
        self._built = plasma.kinetics(state)
        self._lags: dict[tuple[str, str], int] = {}
        self._doses = self._schedule(model)

    def _schedule(self, model: Model) -> list[tuple[str, str, float, int, int, int | None]]:
        """Return drug, route, amount (pg) or rate (pg/s), begin and end (ms), and whose dose it is."""
        found = []
        for dose in self.scenario.doses:
            lag = model.resolved.get(lag_of(dose.drug, dose.route))
            later = 0
            if lag is not None and not isinstance(lag.value, tuple):
                later = round(lag.value * unit_factor(lag.unit, "ms"))
            self._lags[dose.drug, dose.route] = later
            found += [(dose.drug, INFUSION, rate, begin, end, dose.subject) for begin, end, rate in dose.segments]
            amounts = [(time + later, amount) for time, amount in dose.amounts]
            found += [(dose.drug, dose.route, amount, time, time, dose.subject) for time, amount in amounts]
        return found

    def concentration(self, times: npt.ArrayLike, drug: str = "oxytocin") -> Array:
        """Return the concentration in plasma (pg/mL) at ascending ``times`` (s), shape (subject, time).

        At the time of a bolus it is the level just after it. ``drug`` is oxytocin (of the gland and given),
        carbetocin or atosiban (zero when it is not given). Raises `ParameterError` for times that do not ascend.
        """
        wanted = np.rint(np.asarray(times, dtype=np.float64) * 1000).astype(np.int64)
        if wanted.ndim != 1 or not len(wanted) or wanted[0] < 0 or (wanted[1:] <= wanted[:-1]).any():
            raise ParameterError("times have to ascend from 0, in steps of a millisecond and more")
        given = [dose for dose in self._doses if dose[0] == drug and dose[3] <= wanted[-1]]
        moments = sorted({0, *(time for dose in given for time in dose[3:5] if time <= wanted[-1])})
        edges, places = merged(wanted, np.array(moments, dtype=np.int64))
        total = np.zeros((len(self._state.amounts), len(edges)))
        for index, place in enumerate(self._plasma.places):
            if place.drug != drug:
                continue
            numbers, system = self._built[index]
            count = len(self._state.amounts)
            bolus = np.zeros((count, len(edges), len(place.compartments)))
            rates = np.zeros((count, len(edges) - 1, 1))
            start = np.ascontiguousarray(self._state.amounts[:, place.columns])
            if place.copy == "endogenous":
                total += (start[:, :1] / _column(numbers.central)) if len(start) else 0.0
                continue
            for _, route, size, begin, end, subject in given:
                who = slice(None) if subject is None else slice(subject, subject + 1)
                if route == INFUSION:
                    first, last = edges.searchsorted((begin, end))
                    rates[who, first:last] += size
                    continue
                edge = edges.searchsorted(begin)
                for compartment, share in self._shares(drug, route):
                    amount = size * share if np.ndim(share) == 0 else np.broadcast_to(size * share, count)[who]
                    bolus[who, edge, place.compartments.index(compartment)] += amount
            if count > 1 and all(np.ptp(array, axis=0).max(initial=0) == 0 for array in (bolus, rates)):
                bolus, rates = bolus[:1], rates[:1]
            amount = course(system, start, edges, bolus, rates, place.compartments.index("central"))
            total += amount / _column(numbers.central)
        found: Array = total[:, places]
        return found

    def disposition(self, drug: str = "oxytocin") -> Disposition:
        """Return clearance, central volume, exchange and volume of the tissues, arrays of shape (subject or 1,)."""
        return Disposition(*(np.atleast_1d(value) for value in self._built[self._index(drug)][0]))

    def system(self, drug: str = "oxytocin", copy: str = "") -> LinearSystem:
        """Return the linear system of a drug; oxytocin has two copies, endogenous and exogenous."""
        return self._built[self._index(drug, copy)][1]

    def _index(self, drug: str, copy: str = "") -> int:
        for index, place in enumerate(self._plasma.places):
            if place.drug == drug and copy in ("", place.copy):
                return index
        raise ParameterError(f"no {drug} is given in this scenario")

    def forget(self) -> None:
        """Forget every step that was computed, as if nothing had been asked yet."""
        for _, system in self._built:
            system.forget()

    def lag(self, drug: str, route: str) -> int:
        """Return the time (ms) that a dose waits before it is absorbed."""
        return self._lags.get((drug, route), 0)

    def shares(self, drug: str, route: str) -> list[tuple[int, Any]]:
        """Return the places of the compartments that a dose goes to, and what share of it."""
        index = self._index(drug, "exogenous" if drug == "oxytocin" else "")
        names = self._plasma.places[index].compartments
        return [(names.index(name), share) for name, share in self._shares(drug, route)]

    def _shares(self, drug: str, route: str) -> Sequence[tuple[str, Any]]:
        """Return where a dose goes, and what share of it."""
        own: Any = self._plasma.parameters
        if route == BOLUS:
            return [("central", 1.0)]
        absorbed = own.absorption(drug, route)[0]
        if drug != "carbetocin":
            return [(route, absorbed)]
        fast = own.carbetocin_im_fast_share
        return [(route, absorbed * fast), (f"{route}_slow", absorbed * (1 - fast))]


def plasma_kinetics(scenario: Scenario | str | os.PathLike[str]) -> Kinetics:
    """Return the blood of a scenario (an object, a file, or the name of a bundled one) without running it.

    >>> from knuffel import plasma_kinetics
    >>> float(plasma_kinetics("infusion_man").concentration([4200.0]).round(1)[0, 0])
    16.7
    """
    if not isinstance(scenario, Scenario):
        from knuffel.scenario import load_scenario

        scenario = load_scenario(scenario)
    return Kinetics(scenario)


def _check(scenario: Scenario) -> None:
    blood = scenario.rooms["plasma"].mode
    if blood != "model":
        raise ParameterError(f"there is no blood to ask: body.plasma is {blood}")
    for room, wanted in _NEEDS.items():
        spec = scenario.rooms[room]
        found = spec.mode if spec.mode != "model" else spec.model
        if found != wanted:
            text = f"the blood of this scenario does not stand alone: body.{room} is {found}"
            raise ParameterError(f"{text}; it has to be {wanted}")
    held = _STEADY.get(scenario.subject.state, scenario.duration)
    if scenario.duration > held:
        text = f"clearance moves within a run of more than {time_text(held)} {_WHEN[scenario.subject.state]}"
        raise ParameterError(f"{text}: only a run can follow it")


def _column(value: Any) -> Any:
    return np.asarray(value, dtype=np.float64).reshape(-1, 1)
