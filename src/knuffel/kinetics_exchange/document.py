"""A document in SBML level 3 version 2 core, written piece by piece; the only file that knows libSBML.

Amounts are in pg, volumes in mL, times in s. Molar units are chosen so that no formula needs a factor: pM is fmol/mL,
and a molar mass is in pg/fmol.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any
from xml.sax.saxutils import escape

from knuffel.errors import KnuffelError, MissingExtra
from knuffel.units import unit_factor

__all__ = ["Document", "spelled"]

_LEVEL, _VERSION = 3, 2

_UNITS: dict[str, tuple[tuple[str, int, int], ...]] = {
    "pg": (("gram", -12, 1),),
    "mL": (("litre", -3, 1),),
    "pg/mL": (("gram", -12, 1), ("litre", -3, -1)),
    "pg/s": (("gram", -12, 1), ("second", 0, -1)),
    "mL/s": (("litre", -3, 1), ("second", 0, -1)),
    "1/s": (("second", 0, -1),),
    "fmol/mL": (("mole", -15, 1), ("litre", -3, -1)),
    "pg/fmol": (("gram", -12, 1), ("mole", -15, -1)),
    "fmol/mg": (("mole", -15, 1), ("gram", -3, -1)),
}
"""Unit -> base unit, power of ten, exponent."""

_BASE = {"s": "second", "1": "dimensionless"}
_SPELLED = {"pM": "fmol/mL", "g/mol": "pg/fmol", "1/min": "1/s"}


def spelled(value: float, unit: str) -> tuple[float, str]:
    """Return a number and its unit in the units of the document."""
    wanted = _SPELLED.get(unit, unit)
    return value * unit_factor(unit, wanted), wanted


class Document:
    """One model. Raises `MissingExtra` without libSBML.

    Formulas are in the notation of libSBML for level 3, in which a number may carry a unit (``2 dimensionless``).
    """

    def __init__(self, identifier: str, title: str) -> None:
        try:
            import libsbml
        except ImportError as error:
            raise MissingExtra("SBML", "sbml") from error
        self._library: Any = libsbml
        self._document: Any = libsbml.SBMLDocument(_LEVEL, _VERSION)
        self._model: Any = self._document.createModel()
        self._taken: set[str] = set()
        _done(self._model.setId(identifier))
        _done(self._model.setName(_printable(title)))
        for unit in _UNITS:
            self._define(unit)
        for setter, unit in (
            (self._model.setSubstanceUnits, "pg"),
            (self._model.setExtentUnits, "pg"),
            (self._model.setVolumeUnits, "mL"),
            (self._model.setTimeUnits, "s"),
        ):
            _done(setter(unit_id(unit)))

    def _define(self, unit: str) -> None:
        definition = self._model.createUnitDefinition()
        _done(definition.setId(unit_id(unit)))
        _done(definition.setName(unit))
        for kind, scale, exponent in _UNITS[unit]:
            part = definition.createUnit()
            _done(part.setKind(self._library.UnitKind_forName(kind)))
            _done(part.setScale(scale))
            _done(part.setExponent(exponent))
            _done(part.setMultiplier(1.0))

    def __contains__(self, identifier: str) -> bool:
        """Say whether something has this identifier."""
        return identifier in self._taken

    def _named(self, thing: Any, identifier: str, name: str, notes: Iterable[str]) -> None:
        if identifier in self._taken:
            raise ValueError(f"two things are called {identifier}")
        self._taken.add(identifier)
        _done(thing.setId(identifier))
        _done(thing.setName(_printable(name)))
        self._note(thing, notes)

    def _note(self, thing: Any, notes: Iterable[str]) -> None:
        lines = "".join(f"<p>{escape(_printable(line))}</p>" for line in notes)
        if lines:
            _done(thing.setNotes(f'<body xmlns="http://www.w3.org/1999/xhtml">{lines}</body>'))

    def describe(self, notes: Sequence[str]) -> None:
        """Write what the reader of the model has to know, one paragraph for each line."""
        self._note(self._model, notes)

    def compartment(self, identifier: str, volume: float, name: str, notes: Iterable[str] = ()) -> None:
        """Add a volume in mL."""
        made = self._model.createCompartment()
        self._named(made, identifier, name, notes)
        _done(made.setSpatialDimensions(3))
        _done(made.setSize(volume))
        _done(made.setUnits(unit_id("mL")))
        _done(made.setConstant(True))

    def species(self, identifier: str, compartment: str, amount: float, name: str, notes: Iterable[str] = ()) -> None:
        """Add an amount in pg; in a formula the identifier means the amount, not a concentration."""
        made = self._model.createSpecies()
        self._named(made, identifier, name, notes)
        _done(made.setCompartment(compartment))
        _done(made.setInitialAmount(amount))
        _done(made.setSubstanceUnits(unit_id("pg")))
        _done(made.setHasOnlySubstanceUnits(True))
        _done(made.setBoundaryCondition(False))
        _done(made.setConstant(False))

    def parameter(
        self,
        identifier: str,
        value: float | None,
        unit: str,
        name: str,
        notes: Iterable[str] = (),
        *,
        constant: bool = True,
    ) -> None:
        """Add a global number. One that a rule or an event sets is not ``constant``; a rule alone needs no value."""
        made = self._model.createParameter()
        self._named(made, identifier, name, notes)
        if value is not None:
            _done(made.setValue(value))
        _done(made.setUnits(unit_id(unit)))
        _done(made.setConstant(constant))

    def reaction(
        self,
        identifier: str,
        name: str,
        formula: str,
        *,
        source: str | None = None,
        target: str | None = None,
        modifiers: Sequence[str] = (),
        notes: Iterable[str] = (),
    ) -> None:
        """Add a flow in pg/s from ``source`` to ``target``; None is outside the model."""
        made = self._model.createReaction()
        self._named(made, identifier, name, notes)
        _done(made.setReversible(False))
        for place, create in ((source, made.createReactant), (target, made.createProduct)):
            if place is not None:
                reference = create()
                _done(reference.setSpecies(place))
                _done(reference.setStoichiometry(1.0))
                _done(reference.setConstant(True))
        for modifier in modifiers:
            _done(made.createModifier().setSpecies(modifier))
        _done(made.createKineticLaw().setMath(self._parsed(formula)))

    def assign(self, identifier: str, formula: str) -> None:
        """Let a number follow a formula at all times."""
        rule = self._model.createAssignmentRule()
        _done(rule.setVariable(identifier))
        _done(rule.setMath(self._parsed(formula)))

    def move(self, identifier: str, formula: str) -> None:
        """Let a number change at the rate of a formula."""
        rule = self._model.createRateRule()
        _done(rule.setVariable(identifier))
        _done(rule.setMath(self._parsed(formula)))

    def event(self, identifier: str, name: str, trigger: str, changes: Mapping[str, str]) -> None:
        """Set ``changes`` (identifier -> formula) when ``trigger`` becomes true, at the start included."""
        made = self._model.createEvent()
        self._named(made, identifier, name, ())
        _done(made.setUseValuesFromTriggerTime(True))
        when = made.createTrigger()
        _done(when.setInitialValue(False))
        _done(when.setPersistent(True))
        _done(when.setMath(self._parsed(trigger)))
        for variable, formula in changes.items():
            assignment = made.createEventAssignment()
            _done(assignment.setVariable(variable))
            _done(assignment.setMath(self._parsed(formula)))

    def _parsed(self, formula: str) -> Any:
        found = self._library.parseL3Formula(formula)
        if found is None:
            raise ValueError(f"{formula}: {self._library.getLastParseL3Error()}")
        return found

    def checked(self) -> tuple[str, ...]:
        """Return the warnings of libSBML, units included. Raises `KnuffelError` when it finds an error."""
        self._document.checkConsistency()
        self._document.checkInternalConsistency()
        log = [self._document.getError(place) for place in range(self._document.getNumErrors())]
        wrong = [_one_line(item) for item in log if item.getSeverity() >= self._library.LIBSBML_SEV_ERROR]
        if wrong:
            raise KnuffelError("libSBML finds the exported model unsound: " + "; ".join(wrong))
        return tuple(_one_line(item) for item in log)

    def content(self) -> bytes:
        """Return the file."""
        writer = self._library.SBMLWriter()
        text: str = writer.writeSBMLToString(self._document)
        return text.encode("utf-8")


def unit_id(unit: str) -> str:
    """Return the identifier of a unit in the document."""
    return _BASE.get(unit) or unit.replace("1/", "per_").replace("/", "_per_")


def _printable(text: str) -> str:
    """Return a text without what XML cannot hold."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _one_line(item: Any) -> str:
    return f"{item.getErrorId()}: {' '.join(item.getMessage().split())}"


def _done(code: int) -> None:
    if code != 0:
        raise ValueError(f"libSBML refused a value (code {code})")
