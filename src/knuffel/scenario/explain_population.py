"""How the subjects of a cohort differ, in plain words."""

from __future__ import annotations

from math import exp, sqrt

from knuffel.body.plan import component_class
from knuffel.evidence.resolve import resolve
from knuffel.population.cohort import spreads_in_use
from knuffel.population.distributions import Distribution
from knuffel.population.spec import COVARIATES, NONE, PopulationSpec
from knuffel.scenario.model import Scenario

__all__ = ["population_lines"]

_WORDS = {
    "en": {
        "drawn": "Each subject is drawn from the seed and its place in the cohort.",
        "sexes": "{share} of them are women.",
        "nothing": "Their parameters do not differ.",
        "parameters": "Parameters that differ, with the coefficient of variation:",
        "own": "yours",
        "secretion": "of the secretion: the level is divided by what clearance was drawn",
        "shared": "{others} by the same factor",
        "correlation": "Correlation of {first} and {second}: {r}.",
        "lognormal": "{what}: lognormal, median {centre}, coefficient of variation {width}{limits}.",
        "normal": "{what}: normal, mean {centre}, standard deviation {width}{limits}.",
        "uniform": "{what}: uniform{limits}.",
        "values": "{what}: one value for each subject{limits}.",
        "between": ", from {low} to {high}",
        "weight": "Weight",
        "gestational_week": "Week of pregnancy",
        "days_postpartum": "Days since the birth",
        "renal_function": "Function of the kidneys",
        "hepatic_function": "Function of liver and gut",
    },
    "nl": {
        "drawn": "Elke proefpersoon wordt getrokken uit het startgetal en de plaats in de groep.",
        "sexes": "{share} van hen zijn vrouwen.",
        "nothing": "Hun parameters verschillen niet.",
        "parameters": "Parameters die verschillen, met de variatiecoëfficiënt:",
        "own": "van uzelf",
        "secretion": "van de afgifte: het niveau wordt gedeeld door de getrokken klaring",
        "shared": "{others} met dezelfde factor",
        "correlation": "Correlatie van {first} en {second}: {r}.",
        "lognormal": "{what}: lognormaal, mediaan {centre}, variatiecoëfficiënt {width}{limits}.",
        "normal": "{what}: normaal, gemiddelde {centre}, standaarddeviatie {width}{limits}.",
        "uniform": "{what}: uniform{limits}.",
        "values": "{what}: een waarde voor elke proefpersoon{limits}.",
        "between": ", van {low} tot {high}",
        "weight": "Gewicht",
        "gestational_week": "Week van de zwangerschap",
        "days_postpartum": "Dagen sinds de geboorte",
        "renal_function": "Functie van de nieren",
        "hepatic_function": "Functie van lever en darm",
    },
}


def population_lines(scenario: Scenario, lang: str) -> list[str]:
    """Return what is drawn, line by line; nothing when the scenario has no population."""
    spec, words = scenario.population, _WORDS[lang]
    if spec is None:
        return []
    given = spec.women or all(how.kind == "values" for how in spec.covariates.values())
    lines = [] if given and spec.spread == NONE and not spec.cvs else [words["drawn"]]
    if spec.female_share is not None:
        lines.append(words["sexes"].format(share=_percent(spec.female_share)))
    lines += [_covariate(name, how, words) for name, how in spec.covariates.items()]
    return lines + _parameters(scenario, spec, words)


def _covariate(name: str, how: Distribution, words: dict[str, str]) -> str:
    unit = COVARIATES[name][0]
    limits = words["between"].format(low=_number(how.low, unit), high=_number(how.high, unit))
    width = _percent(how.width) if how.kind == "lognormal" else _number(how.width, unit)
    return words[how.kind].format(what=words[name], centre=_number(how.centre, unit), width=width, limits=limits)


def _parameters(scenario: Scenario, spec: PopulationSpec, words: dict[str, str]) -> list[str]:
    who = scenario.subject
    running = [item for item in scenario.rooms.values() if item.mode == "model"]
    given = {(dose.drug, dose.route) for dose in scenario.doses}
    used = {name for item in running for name in component_class(item.room, item.model).evidence_ids(given)}
    overrides = {key: value for item in running for key, value in item.overrides.items()}
    sizes: dict[str, list[str]] = {}
    notes: dict[str, list[str]] = {}
    for sets in spec.sets.values():
        typical, _ = resolve(sorted(used), sets, overrides)
        for name, spread in spreads_in_use(spec, typical, used, who.species, who.state).items():
            said = [words["own"]] if name in spec.cvs else []
            said += [words["secretion"]] if spread.divided_by else []
            others = ", ".join(other for other in spread.shared if other in used and typical[other].value != 0)
            said += [words["shared"].format(others=others)] if others else []
            size = _percent(sqrt(exp(spread.sd**2) - 1))
            for text, holder in ((size, sizes), *((text, notes) for text in said)):
                if text not in holder.setdefault(name, []):
                    holder[name].append(text)
    if not sizes:
        return [words["nothing"]]
    lines = [words["parameters"]]
    for name, found in sizes.items():
        lines.append(f"  {name}  {' / '.join(found)}" + (f" ({'; '.join(notes[name])})" if name in notes else ""))
    for first, second, r in spec.correlations:
        if first in sizes and second in sizes:
            lines.append(words["correlation"].format(first=first, second=second, r=f"{r:g}"))
    return lines


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _number(value: float, unit: str) -> str:
    return f"{value:.4g}" if unit == "1" else f"{value:.4g} {unit}"
