"""`PlasmaTwoCompartment`: drugs and hormone in plasma and extravascular fluid, advanced exactly over any interval."""

from __future__ import annotations

from collections.abc import Collection
from math import inf
from typing import Any

import numpy as np

from knuffel.body.circulation.plasma.delay_line import EVER, delayed, push
from knuffel.body.circulation.plasma.parameters import PlasmaParameters, PlasmaSettings, PlasmaState
from knuffel.body.circulation.plasma.saturable import move_saturable
from knuffel.body.circulation.plasma.systems import (
    CENTRAL,
    M1,
    PERIPHERAL,
    Disposition,
    layout,
    systems,
)
from knuffel.body.contract import (
    Component,
    Floats,
    Inputs,
    Kind,
    Outputs,
    Port,
    RandomStreams,
    Subjects,
    Violation,
)
from knuffel.body.doses import BOLUS, DEPOTS, bolus_port, infusion_port, lag_of, port_name
from knuffel.body.linear import LinearSystem

__all__ = ["PlasmaTwoCompartment"]

_TOTAL = "plasma.oxytocin_concentration"
_TO_BRAIN = "plasma.oxytocin_to_csf"
_COPIES = {"endogenous": "plasma.oxytocin_endogenous", "exogenous": "plasma.oxytocin_exogenous"}
_LEVELS = {"carbetocin": "plasma.carbetocin_concentration", "atosiban": "plasma.atosiban_concentration"}
_M1 = "plasma.atosiban_m1_concentration"
_BASAL, _CLEARANCE = "physiology.basal_concentration", "physiology.clearance"
_PREGNANCY = "physiology.pregnancy_factor"
_GLAND = ("secretion.rate", "pulses.rate")
_PUMP = "pump.oxytocin_infusion"
_BALANCE = 1e-9
_SLOTS = 64
_HOUR = 3_600_000


def _level(name: str, doc: str, substance: str = "oxytocin") -> Port:
    return Port(name, "pg/mL", Kind.LEVEL, doc, default=0, range=(0, inf), substance=substance)


class PlasmaTwoCompartment(Component):
    """Oxytocin of the gland and oxytocin that is given, carbetocin and atosiban: linear two-compartment systems.

    Depots of the routes of absorption belong to the systems. The step is the exponential of each system: exact when
    secretion and infusion are constant within the interval (their integrals are handed over, so mass is conserved in
    any case); a dose enters at its start. Clearance and pregnancy hold for an hour. Starts at the steady state
    of the basal concentration. When part of the clearance saturates, oxytocin alone is integrated step by step.
    """

    room = "plasma"
    id = "two-compartment"
    inputs = (
        Port(_GLAND[0], "pg/s", Kind.RATE, "oxytocin from the gland", default=0, substance="oxytocin"),
        Port(_GLAND[1], "pg/s", Kind.RATE, "oxytocin of the gland in pulses", default=0, substance="oxytocin"),
        Port(_PUMP, "pg/s", Kind.RATE, "oxytocin infused by protocol", default=0, substance="oxytocin"),
        Port(_BASAL, "pg/mL", Kind.LEVEL, "resting oxytocin in plasma"),
        Port(_CLEARANCE, "mL/s", Kind.LEVEL, "total clearance of oxytocin"),
        Port(_PREGNANCY, "1", Kind.FRACTION, "how far the placenta has grown", default=0, range=(0, 1)),
        *(
            port
            for drug, routes in DEPOTS.items()
            for port in (infusion_port(drug), *(bolus_port(drug, route) for route in (BOLUS, *routes)))
        ),
    )
    outputs = (
        _level(_TOTAL, "oxytocin in plasma"),
        _level(_COPIES["endogenous"], "oxytocin in plasma that the gland secreted"),
        _level(_COPIES["exogenous"], "oxytocin in plasma that was given"),
        _level(_LEVELS["carbetocin"], "carbetocin in plasma", "carbetocin"),
        _level(_LEVELS["atosiban"], "atosiban in plasma, bound and free", "atosiban"),
        _level(_M1, "the metabolite M1 of atosiban in plasma, bound and free", "atosiban M1"),
        Port(
            _TO_BRAIN, "pg/s", Kind.RATE, "oxytocin that crosses into cerebrospinal fluid",
            default=0, range=(0, inf), substance="oxytocin",
        ),
    )  # fmt: skip
    longest_interval = _HOUR
    Parameters = PlasmaParameters
    Settings = PlasmaSettings
    State = PlasmaState

    parameters: PlasmaParameters
    settings: PlasmaSettings

    def __init__(self, parameters: PlasmaParameters, settings: PlasmaSettings | None = None) -> None:
        super().__init__(parameters, settings or PlasmaSettings())
        self.places = layout(self.settings)
        self._delay = round(float(np.max(parameters.gland_delay)) * 1000)
        self._saturable = bool(np.any(np.asarray(parameters.saturable_share) > 0))
        self._built: tuple[tuple[Disposition, LinearSystem], ...] = ()
        self._built_for: tuple[Floats, ...] = ()

    @classmethod
    def evidence_ids(cls, given: Collection[tuple[str, str]] = ()) -> tuple[str, ...]:
        """Return the numbers of oxytocin, and of the other drugs and the depots that are in use."""
        idle = {drug for drug in _LEVELS if all(name != drug for name, _ in given)}
        depots = {lag_of(drug, route).removesuffix("lag") for drug, routes in DEPOTS.items() for route in routes}
        used = {lag_of(drug, route).removesuffix("lag") for drug, route in given}
        prefixes = (*(f"plasma.{drug}_" for drug in idle), *(depots - used))
        return tuple(name for name in super().evidence_ids(given) if not name.startswith(prefixes))

    def kinetics(self, state: PlasmaState) -> tuple[tuple[Disposition, LinearSystem], ...]:
        """Return the volumes and the linear system of every place, for the bodies of ``state``.

        A pure cache: what was built last is kept while weight, clearance and pregnancy stay as they are.
        """
        now = (state.weight, state.clearance, state.pregnancy)
        if not self._built or not all(map(np.array_equal, now, self._built_for)):
            self._built_for = tuple(array.copy() for array in now)
            self._built = systems(self.places, self.parameters, *self._built_for)
        return self._built

    def init(self, subjects: Subjects, inputs: Inputs, streams: RandomStreams) -> tuple[PlasmaState, Outputs]:
        """Return the steady state of the basal level: only endogenous oxytocin, tissues in balance with plasma."""
        count, basal = len(subjects), inputs.end(_BASAL)
        shape, slots = (count, len(self.places)), (count, _SLOTS)
        state = PlasmaState(
            amounts=np.zeros((count, self.places[-1].columns.stop)),
            supplied=np.zeros(shape),
            eliminated=np.zeros(shape),
            transferred=np.zeros(shape),
            weight=subjects.full(subjects.weight),
            clearance=subjects.full(inputs.end(_CLEARANCE)),
            pregnancy=subjects.full(inputs.end(_PREGNANCY)),
            hour=np.full(count, EVER, dtype=np.int64),
            line_starts=np.full(slots, EVER, dtype=np.int64),
            line_rates=np.zeros(slots),
            line_count=np.ones(count, dtype=np.int64),
        )
        numbers, own = self.kinetics(state)[0][0], self.places[0]
        state.amounts[:, own.column(CENTRAL)] = basal * numbers.central
        state.amounts[:, own.column(PERIPHERAL)] = basal * numbers.peripheral
        state.supplied[:, 0] = state.amounts.sum(axis=1)
        state.line_rates[:, 0] = basal * state.clearance
        return state, self._levels(state)

    def advance(self, state: PlasmaState, inputs: Inputs, t: int, dt: int, streams: RandomStreams) -> Outputs:
        """Add what is given at ``t``, then move every system over ``dt`` ms."""
        if state.hour[0] != t // _HOUR:
            state.hour[:] = t // _HOUR
            for array, name in ((state.clearance, _CLEARANCE), (state.pregnancy, _PREGNANCY)):
                array[:] = inputs.start(name)
        start = self._levels(state) if self._give(state, inputs) else None
        secreted = inputs.integrals[_GLAND[0]] + inputs.integrals[_GLAND[1]]
        crossed = np.zeros(len(secreted))
        flows = {place.drug: inputs.integral(infusion_port(place.drug).name) for place in self.places}
        flows["oxytocin"] = flows["oxytocin"] + inputs.integral(_PUMP)
        if self._delay:
            line = state.line_starts, state.line_rates, state.line_count
            push(*line, t, secreted * (1000 / dt), self._delay)
            for length, rate in delayed(*line, t, dt, self._delay):
                crossed += self._move(state, rate * (length / 1000), flows, length, length / dt)
        else:
            crossed = self._move(state, secreted, flows, dt, 1.0)
        end = self._levels(state)
        outputs: Outputs = end if start is None else {name: (start[name], end[name]) for name in end}
        outputs[_TO_BRAIN] = crossed
        return outputs

    def _give(self, state: PlasmaState, inputs: Inputs) -> bool:
        """Put doses into plasma and depots; True when the level in plasma jumps."""
        jumps = False
        for index, place in enumerate(self.places):
            if place.copy == "endogenous":
                continue
            for route in (BOLUS, *self.settings.depots(place.drug)):
                dose = inputs.amount(port_name(place.drug, route))
                if not np.count_nonzero(dose):
                    continue
                if route == BOLUS:
                    jumps = True
                    state.amounts[:, place.column(CENTRAL)] += dose
                    state.supplied[:, index] += dose
                    continue
                absorbed = dose * self.parameters.absorption(place.drug, route)[0]
                state.supplied[:, index] += absorbed
                fast = self.parameters.carbetocin_im_fast_share if place.drug == "carbetocin" else 1.0
                state.amounts[:, place.column(route)] += absorbed * fast
                if place.drug == "carbetocin":
                    state.amounts[:, place.column(route) + 1] += absorbed * (1 - np.asarray(fast))
        return jumps

    def _move(self, state: PlasmaState, secreted: Floats, flows: dict[str, Floats], dt: int, share: float) -> Floats:
        """Move all systems over ``dt`` ms and return the oxytocin that crossed into cerebrospinal fluid (pg).

        ``secreted`` (pg) comes from the gland within ``dt``; a ``share`` of the infused ``flows`` (pg) belongs to it.
        """
        crossed = np.zeros(len(secreted))
        built = self.kinetics(state)
        supplies = []
        for place in self.places:
            supplies.append(secreted if place.copy == "endogenous" else flows[place.drug] * share)
        moved = 0
        if self._saturable:
            moved = 2
            crossed += self._move_saturable(state, built, supplies, dt)
        for index in range(moved, len(self.places)):
            place, system = self.places[index], built[index][1]
            amounts = np.ascontiguousarray(state.amounts[:, place.columns])
            after, gone = system.move(amounts, supplies[index][:, np.newaxis], dt)
            state.amounts[:, place.columns] = after
            state.supplied[:, index] += supplies[index]
            state.eliminated[:, index] += gone[:, 0]
            state.transferred[:, index] += gone[:, 1]
            crossed += gone[:, 1]
        return crossed

    def _move_saturable(
        self, state: PlasmaState, built: tuple[tuple[Disposition, LinearSystem], ...], supplies: list[Floats], dt: int
    ) -> Floats:
        """Move both copies of oxytocin together; return what crossed into cerebrospinal fluid (pg)."""
        count, held = len(state.amounts), self.places[1].columns.stop
        numbers, first = built[0]
        second = built[1][1]
        size = held + 4
        rates = np.zeros((max(len(first.rates), len(second.rates)), size, size))
        for system, begin, sinks in ((first, 0, held), (second, self.places[1].begin, held + 2)):
            own = len(system.compartments)
            rates[:, begin : begin + own, begin : begin + own] = system.rates[:, :own, :own]
            rates[:, sinks : sinks + 2, begin : begin + own] = system.rates[:, own : own + 2, :own]
        x, supply = np.zeros((count, size)), np.zeros((count, size))
        x[:, :held] = state.amounts[:, :held]
        centres = (0, self.places[1].begin)
        for place, given in zip(centres, supplies, strict=False):
            supply[:, place] = given * (1000 / dt)
        own_numbers = self.parameters
        crossing = own_numbers.permeability * own_numbers.barrier_receptor
        columns = (
            np.maximum(numbers.clearance - crossing, 0),
            numbers.central,
            own_numbers.saturable_share,
            own_numbers.saturation_concentration,
        )
        table = np.stack([np.broadcast_to(np.asarray(value, dtype=float), (len(rates),)) for value in columns], axis=1)
        where = np.array([*centres, held, held + 2])
        after = move_saturable(rates, x, supply, where, np.ascontiguousarray(table), dt / 1000)
        state.amounts[:, :held] = after[:, :held]
        for index in range(2):
            state.supplied[:, index] += supplies[index]
            state.eliminated[:, index] += after[:, held + 2 * index]
            state.transferred[:, index] += after[:, held + 2 * index + 1]
        crossed: Floats = after[:, held + 1] + after[:, held + 3]
        return crossed

    def _levels(self, state: PlasmaState) -> dict[str, Any]:
        """Return the concentrations now; zero for what is not in use."""
        built, found = self.kinetics(state), {}
        for place, (numbers, _) in zip(self.places, built, strict=True):
            level = state.amounts[:, place.column(CENTRAL)] / numbers.central
            found[_COPIES[place.copy] if place.copy else _LEVELS[place.drug]] = level
            if M1 in place.compartments:
                found[_M1] = state.amounts[:, place.column(M1)].copy()
        found[_TOTAL] = found[_COPIES["endogenous"]] + found[_COPIES["exogenous"]]
        for name in (*_LEVELS.values(), _M1):
            if name not in found:
                found[name] = np.zeros(len(state.amounts))
        return found

    def invariants(self, state: PlasmaState, outputs: Outputs) -> list[Violation]:
        """Return negative amounts and any break of supplied = eliminated + transferred + present (relative 1e-9)."""
        found = []
        for index, place in enumerate(self.places):
            held = state.amounts[:, place.columns]
            for row, column in np.argwhere(held < 0):
                text = f"is {held[row, column]:g} pg, below zero"
                found.append(Violation(f"{place.drug} in {place.compartments[column]}", int(row), text))
            present = held[:, [name != M1 for name in place.compartments]].sum(axis=1)
            gone = state.eliminated[:, index] + state.transferred[:, index]
            missing = state.supplied[:, index] - gone - present
            for row in np.flatnonzero(np.abs(missing) > _BALANCE * state.supplied[:, index]):
                found.append(Violation(place.drug, int(row), f"mass balance is off by {missing[row]:g} pg"))
        return found
