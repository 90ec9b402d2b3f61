"""The body plan of a scenario: which model stands in each room, with which sets, parameters and prescribed outputs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path as FilePath
from typing import TYPE_CHECKING

from knuffel.body.contract import Component
from knuffel.body.plan import DEFAULT_MODEL, ROOMS, component_class, models
from knuffel.evidence import load
from knuffel.scenario.asked import FLUIDS, PUMP
from knuffel.scenario.effects import EFFECTS, asks_for_water, has_v2_drive, wanted
from knuffel.scenario.fidelity import GLANDS, RATE, default_model, makes_bursts, without_tabulated
from knuffel.scenario.graph import read_graph_file
from knuffel.scenario.model import DoseSpec, RoomSpec, SignalSpec, SubjectSpec
from knuffel.scenario.parameters import read_parameters, read_settings
from knuffel.scenario.recording import PLAYS, RECORDING_KEYS, read_replay
from knuffel.scenario.schema_body import Room
from knuffel.scenario.signals import read_signal
from knuffel.scenario.times import Times
from knuffel.scenario.tree import Path, Problems

if TYPE_CHECKING:
    from knuffel.evidence.resolve import Override

__all__ = ["makes", "parameter_sets", "read_rooms"]

_MOST_CELLS = 100_000
_LACTATION = ("pulses", "breast")
_SPONTANEOUS = "spontaneous"
_SPONTANEOUS_STATES = ("term", "pregnant", "postpartum")
_PLASMA = "plasma.oxytocin_concentration"
_FEMALES = {"human": "woman", "rat": "rat"}
_MODEL_KEYS = ("set", "parameters", "settings")


def read_rooms(
    body: object | None,
    subject: SubjectSpec | None,
    times: Times,
    problems: Problems,
    fidelity: str | None = None,
    folder: FilePath | None = None,
    asked: frozenset[str] = frozenset(),
    doses: Sequence[DoseSpec] = (),
) -> dict[str, RoomSpec]:
    """Return what stands in every room, in the order of the signal.

    ``fidelity`` chooses the default models; ``folder`` is that of the file, if there is one; ``asked`` names the rooms
    that what is observed or given asks for; ``doses`` decide whether the rooms of their side effects run.
    """
    rooms: dict[str, RoomSpec] = {}
    for room in ROOMS:
        section = getattr(body, room, None) or Room()
        rooms[room] = _Reader(room, section, subject, times, problems, fidelity, folder, asked, doses).read(rooms)
    _check_same_parameter(rooms, problems)
    _check_sources_of_pulses(rooms, problems)
    return rooms


def makes(name: str, spec: RoomSpec) -> bool:
    """Return whether what stands in a room gives the port ``name``, one of its outputs."""
    return spec.mode == "model" or (spec.mode == "prescribed" and name in spec.outputs)


def parameter_sets(rooms: dict[str, RoomSpec], subject: SubjectSpec) -> tuple[str, ...]:
    """Return all parameter sets in rising priority.

    Neurons (theirs or those of the scenario), what other models have by default, kinetics, resting level, uterus,
    lactation, then what the scenario names in other rooms.
    """
    neurons = rooms["neurons"].sets or component_class("neurons", rooms["neurons"].model).default_sets
    chosen = [name for name in (subject.labour_preset, subject.lactation) if name is not None]
    own = [subject.kinetics, *_profile_set(subject), *chosen]
    rest = {room: spec for room, spec in rooms.items() if room != "neurons"}
    usual = [
        name
        for room, spec in rest.items()
        if spec.mode == "model"
        for name in component_class(room, spec.model).default_sets
    ]
    others = [name for spec in rest.values() for name in spec.sets]
    return tuple(dict.fromkeys([*neurons, *usual, *own, *others]))


def _profile_set(subject: SubjectSpec) -> list[str]:
    if subject.basal_profile == "sex_difference":
        return [f"basal_sex_difference_{subject.sex}"]
    return ["basal_review_term"] if (subject.basal_profile, subject.state) == ("review", "term") else []


def _check_same_parameter(rooms: dict[str, RoomSpec], problems: Problems) -> None:
    first: dict[str, str] = {}
    for room, spec in rooms.items():
        for name in spec.overrides:
            if name in first:
                path: Path = ("body", room, "parameters")
                problems.add(
                    path, f"{name} is given in two rooms", found=f"also in {first[name]}", allowed="one of them"
                )
            first.setdefault(name, room)


def _check_sources_of_pulses(rooms: dict[str, RoomSpec], problems: Problems) -> None:
    """Refuse spontaneous pulses beside a uterus or a breast, which stand for other generators of pulses."""
    pulses = rooms["pulses"]
    if (pulses.model, pulses.mode) != (_SPONTANEOUS, "model"):
        return
    for room in ("uterus", "breast"):
        if rooms[room].mode == "model":
            message = f"{_SPONTANEOUS} pulses are for plasma alone: with a {room} its generator of pulses holds"
            problems.add(("body", "pulses"), message, allowed=f"body.{room}: off; or pulses: off", show_found=False)


class _Reader:
    """Reads one room."""

    def __init__(
        self,
        room: str,
        section: Room,
        subject: SubjectSpec | None,
        times: Times,
        problems: Problems,
        fidelity: str | None,
        folder: FilePath | None,
        asked: frozenset[str],
        doses: Sequence[DoseSpec],
    ) -> None:
        self.room, self.section, self.subject, self.times, self.problems = room, section, subject, times, problems
        self.fidelity = fidelity
        self.path: Path = ("body", room)
        self.folder, self.asked, self.doses = folder, asked, doses

    def read(self, earlier: dict[str, RoomSpec]) -> RoomSpec:
        section = self.section
        model = self._model(earlier)
        component = component_class(self.room, model)
        foreign = self._foreign(earlier)
        mode = section.mode or ("prescribed" if section.outputs is not None else self._default_mode(foreign, earlier))
        self._check_mode(mode, component)
        self._check_who(mode)
        self._check_drive(mode, earlier)
        self._check_fluids(mode, earlier)
        self._check_lactation(model, mode, earlier)
        if foreign and mode == "model":
            message = f"the neurons make {foreign}: no model of this room knows it"
            self.problems.add(self.path, message, allowed="off, or prescribed outputs", show_found=False)
        settings = self._settings(component, mode)
        running = mode == "model"
        return RoomSpec(
            room=self.room,
            model=model,
            mode=mode,
            sets=self._sets(component) if running else (),
            overrides=self._overrides(component) if running else {},
            outputs=self._outputs(component) if mode == "prescribed" else {},
            settings=settings,
            where=self.problems.where(self.path),
        )

    def _model(self, earlier: dict[str, RoomSpec]) -> str:
        known = models(self.room)
        wanted = self.section.model
        if wanted is None:
            return default_model(self.room, self.fidelity, earlier, self.subject)
        if wanted in known:
            self._check_fidelity(wanted)
            return wanted
        names = [*known, "off"]
        self.problems.add((*self.path, "model"), f"{self.room} has no such model", allowed=names, near=wanted)
        return DEFAULT_MODEL[self.room]

    def _check_fidelity(self, wanted: str) -> None:
        if self.room == "neurons" and self.fidelity is not None and (wanted == RATE) != (self.fidelity == RATE):
            model = default_model("neurons", self.fidelity, {}, self.subject)
            allowed = f"leave one of them out (fidelity stands for the model {model})"
            self.problems.add((*self.path, "model"), f"this contradicts fidelity: {self.fidelity}", allowed=allowed)

    def _overrides(self, component: type[Component]) -> dict[str, Override]:
        given = self.section.parameters
        if component.id == RATE:
            given = without_tabulated(given, component, self.path, self.problems)
        return read_parameters(given, self.room, component, self.path, self.problems)

    def _foreign(self, earlier: dict[str, RoomSpec]) -> str:
        """Return the peptide of the neurons when this room cannot take it: it is made for oxytocin; empty when it can.

        The terminals of a rat pass on whatever the neurons make; the scale of the human gland is that of oxytocin.
        """
        neurons = earlier.get("neurons")
        if neurons is None or neurons.mode != "model":
            return ""
        peptide = component_class("neurons", neurons.model).peptide
        gland = self.room == "secretion" and (self.subject is None or self.subject.species == "rat")
        return "" if peptide == Component.peptide or gland else peptide

    def _default_mode(self, foreign: str, earlier: dict[str, RoomSpec]) -> str:
        if self.subject is None or self.section.model is not None:
            return "model"
        if foreign:
            return "off"
        if self.room == PUMP:
            return "model" if PUMP in self.asked else "off"
        if self.room in EFFECTS:
            return "model" if wanted(self.room, self.subject, self.doses, earlier) else "off"
        if self.room == FLUIDS:
            human = self.subject.species == "human"
            return "model" if human and FLUIDS in self.asked and makes(_PLASMA, earlier["plasma"]) else "off"
        if self.room in _LACTATION:
            bursting = self.room == "pulses" and (self.subject.species == "rat" or makes_bursts(earlier))
            return "model" if self.subject.state == "lactating" and not bursting else "off"
        woman = (self.subject.species, self.subject.sex) == ("human", "female")
        if self.room == "uterus":
            return "model" if woman and self.subject.labour_preset is not None else "off"
        if self.room == "receptors":
            return "model" if woman or asks_for_water(self.subject, self.doses) else "off"
        return "model"

    def _check_who(self, mode: str) -> None:
        subject = self.subject
        if subject is None or mode != "model" or self.room not in ("uterus", "receptors", *EFFECTS):
            return
        if subject.species != "human":
            message = f"this version has no model of the {self.room} of a rat"
            self.problems.add(self.path, message, allowed="off, or prescribed outputs", show_found=False)
        elif self.room in EFFECTS:
            return
        elif subject.sex == "mixed":
            message = "there are men in the cohort, and this room is that of women"
            self.problems.add(self.path, message, allowed="off; or a cohort of women", show_found=False)
        elif self.room == "uterus" and subject.sex == "male":
            self.problems.add(self.path, "a man has no uterus", allowed="off", show_found=False)
        elif self.room == "uterus" and subject.labour_preset is None:
            presets = [
                name for name, item in load.sets().items() if item.kind == "labour" and item.state == subject.state
            ]
            hint = f"subject.labour: one of {', '.join(sorted(presets))}; or off" if presets else "off"
            self.problems.add(self.path, "a uterus needs its preset", allowed=hint, show_found=False)

    def _check_drive(self, mode: str, earlier: dict[str, RoomSpec]) -> None:
        if self.room == "water" and mode == "model" and not has_v2_drive(earlier):
            text = "nothing drives the V2 receptor of the kidney (receptors.v2_drive): full diuresis, 15 mL/min"
            self.problems.notice("full_diuresis", self.path, text)

    def _check_fluids(self, mode: str, earlier: dict[str, RoomSpec]) -> None:
        if self.room != FLUIDS or mode != "model" or self.subject is None:
            return
        if self.subject.species != "human":
            message = "this version has no model of the saliva and urine of a rat"
            self.problems.add(self.path, message, allowed="off, or prescribed outputs", show_found=False)
        elif not makes(_PLASMA, earlier["plasma"]) and not self.problems.spoiled_below("body", "plasma"):
            message = f"saliva and urine follow the blood, and nothing makes {_PLASMA} in this scenario"
            self.problems.add(self.path, message, allowed="off, or a model in body.plasma", show_found=False)

    def _check_lactation(self, model: str, mode: str, earlier: dict[str, RoomSpec]) -> None:
        subject = self.subject
        if subject is None or mode != "model" or self.room not in _LACTATION:
            return
        if (self.room, model) == ("pulses", _SPONTANEOUS):
            self._check_spontaneous(subject, earlier)
        elif subject.state != "lactating":
            message = f"the room {self.room} belongs to a lactating subject"
            self.problems.add(self.path, message, allowed="subject.state: lactating; or off", show_found=False)
        elif self.room == "breast" and model in GLANDS.values() and model != GLANDS[subject.species]:
            message = f"{model} is not the breast of a {_FEMALES[subject.species]}"
            self.problems.add((*self.path, "model"), message, allowed=f"{GLANDS[subject.species]}, off")
        elif self.room == "pulses" and subject.species == "rat":
            message = "the bursts of a rat come from its neurons: this generator is that of people"
            self.problems.add(self.path, message, allowed="off", show_found=False)
        elif self.room == "pulses" and makes_bursts(earlier):
            message = f"the neurons ({earlier['neurons'].model}) make the bursts: pulses would count them twice"
            self.problems.add(self.path, message, allowed="pulses: off; or other neurons", show_found=False)

    def _check_spontaneous(self, subject: SubjectSpec, earlier: dict[str, RoomSpec]) -> None:
        if subject.species != "human" or subject.state not in _SPONTANEOUS_STATES:
            message = f"{_SPONTANEOUS} pulses were counted in women at term and in labour"
            allowed = f"a woman with subject.state: {', '.join(_SPONTANEOUS_STATES)}; or off"
            self.problems.add(self.path, message, allowed=allowed, show_found=False)
        elif makes_bursts(earlier):
            message = f"the neurons ({earlier['neurons'].model}) make the bursts: pulses would count them twice"
            self.problems.add(self.path, message, allowed="pulses: off; or other neurons", show_found=False)

    def _check_mode(self, mode: str, component: type[Component]) -> None:
        section = self.section
        if mode != "model":
            for key in _MODEL_KEYS:
                if getattr(section, key):
                    self.problems.add(
                        (*self.path, key), f"the room is {mode}: this does nothing", allowed="mode: model", at_key=True
                    )
        if mode == "prescribed":
            if not section.outputs and not self.problems.spoiled_below(*self.path, "outputs"):
                names = ", ".join(port.name for port in component.outputs if not port.columns)
                self.problems.add(
                    (*self.path, "outputs"), "a prescribed room needs its outputs", allowed=names, show_found=False
                )
        elif section.outputs is not None:
            self.problems.add(
                (*self.path, "outputs"),
                f"the mode is {mode}: outputs do nothing",
                allowed="mode: prescribed",
                at_key=True,
            )

    def _settings(self, component: type[Component], mode: str) -> dict[str, object]:
        settings: dict[str, object] = {}
        if mode == "model":
            settings.update(read_settings(self.section.settings, component, self.path, self.problems))
        cells, path = self.section.cells, (*self.path, "cells")
        if self._runs(mode) and self.section.model == PLAYS:
            return settings | read_replay(self.section, self.path, self.folder, self.times.duration, self.problems)
        for key in RECORDING_KEYS:
            if getattr(self.section, key) is not None:
                message = f"only the model {PLAYS} of the neurons plays a recording"
                self.problems.add((*self.path, key), message, allowed=f"body.neurons.model: {PLAYS}", at_key=True)
        settings |= read_graph_file(
            self.section, component if self._runs(mode) else None, self.path, self.folder, self.problems
        )
        if self.room != "neurons":
            if cells is not None:
                self.problems.add(path, "only neurons have cells", allowed="body.neurons.cells", at_key=True)
            return settings
        if cells is not None and not 1 <= cells <= _MOST_CELLS:
            self.problems.add(path, "not a possible number of cells", allowed=f"1 to {_MOST_CELLS}; or neurons: off")
            cells = None
        if mode == "model" and component.id == RATE:
            if cells is not None:
                self.problems.add(path, "the model rate has no cells", allowed="fidelity: spiking", at_key=True)
        elif mode != "off":
            usual = component.default_cells if mode == "model" else 1
            settings.setdefault("cells", cells if cells is not None else usual)
        elif cells is not None:
            self.problems.add(path, "the room is off: this does nothing", at_key=True)
        return settings

    def _runs(self, mode: str) -> bool:
        return self.room == "neurons" and mode == "model"

    def _sets(self, component: type[Component]) -> tuple[str, ...]:
        known = load.sets()
        found = []
        for place, name in enumerate(self.section.set or []):
            if name is None:
                continue
            path: Path = (*self.path, "set", place)
            fitting = [key for key, item in known.items() if self._fits(key, item.parameters, component, item.kind)]
            if name in fitting:
                found.append(name)
            elif name in known:
                kind = known[name].kind
                message = f"this is a set of kind {kind}: it does not belong in {self.room}"
                if kind == self.room:
                    message = f"this set is not for the model {component.id}"
                self.problems.add(path, message, allowed=fitting)
            else:
                self.problems.add(path, "there is no such parameter set", allowed=fitting, near=name)
        return tuple(found)

    def _fits(self, name: str, parameters: object, component: type[Component], kind: str) -> bool:
        """Whether a set was made for this model: it knows every number of the room in it, and no other claims the set.

        Sets that belong to the subject are named there.
        """
        ids = set(parameters)  # type: ignore[call-overload]
        if component.id == RATE:  # it has the numbers of the spiking model in its table
            component = component_class(self.room, DEFAULT_MODEL[self.room])
        used = {item.metadata["id"] for item in fields(component.Parameters) if "id" in item.metadata}
        own = {key for key in ids if key.split(".")[0] == self.room}
        if kind in ("kinetics", "labour", "basal", "lactation") or not own <= used:
            return False
        owners = [model for model in models(self.room) if name in component_class(self.room, model).default_sets]
        return bool(own) and (not owners or component.id in owners)

    def _outputs(self, component: type[Component]) -> dict[str, SignalSpec]:
        ports = {port.name: port for port in component.outputs}
        short = {name.split(".", 1)[1]: name for name in ports}
        found: dict[str, SignalSpec] = {}
        for name, item in (self.section.outputs or {}).items():
            full, path = short.get(name, name), (*self.path, "outputs", name)
            if full not in ports:
                self.problems.add(
                    path, f"{self.room} has no such output", found=repr(name), allowed=ports, near=name, at_key=True
                )
            elif full in found:
                self.problems.add(path, f"{full} is given twice", at_key=True)
            elif item is not None:
                signal = read_signal(item, ports[full], path, self.times, self.problems)
                if signal is not None:
                    found[full] = signal
        return found
