"""How the subjects of a run differ, in the words of the report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from knuffel.report.texts import Texts

__all__ = ["population_lines"]


def population_lines(facts: Mapping[str, Any], words: Texts) -> list[str]:
    """Return what was drawn, line by line, from the provenance of a run; nothing when its subjects were not drawn."""
    population = facts.get("population")
    if not population:
        return []
    mixed = (facts.get("subject") or {}).get("sex") == "mixed"
    lines = [words("population_women", count=population["female"])] if mixed else []
    for name, item in population["covariates"].items():
        numbers = {key: words.number(item[place]) for key, place in (("mean", "mean"), ("low", "p05"), ("high", "p95"))}
        unit = "" if item["unit"] == "1" else item["unit"]
        kind = words.choice("distributions", item["kind"])
        what = words.choice("covariates", name)
        lines.append(words("population_covariate", what=what, unit=unit, kind=kind, **numbers).replace("  (", " ("))
    for item in population["parameters"]:
        what = f"{item['title']} ({item['id']})"
        lines.append(words("population_parameter", what=what, cv=words.number(100 * item["cv"], 3)))
    if population["following"]:
        lines.append(words("population_following", names=", ".join(population["following"])))
    for first, second, r in population["correlations"]:
        lines.append(words("population_correlation", first=first, second=second, r=words.number(r)))
    return lines if population["parameters"] else [*lines, words("population_same")]
