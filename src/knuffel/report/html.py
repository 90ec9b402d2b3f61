"""The HTML report: one file that holds everything and fetches nothing, in English or Dutch."""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Mapping
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from knuffel.analysis.interventions import dose_text, prescriptions
from knuffel.engine.store import atomic_path
from knuffel.errors import MissingExtra
from knuffel.report.figure import DPI, draw
from knuffel.report.people import dose_name
from knuffel.report.population import population_lines
from knuffel.report.strip import rate_unit
from knuffel.report.texts import Texts, texts
from knuffel.report.view import (
    PUMP_RATE,
    assay_name,
    drugs_given,
    prescription_name,
    pump_steps,
    stimulus_name,
)
from knuffel.scenario.dose_units import usual_units
from knuffel.scenario.times import clock_text

if TYPE_CHECKING:
    from knuffel.report.view import Finished

__all__ = ["render", "write"]

_MOST_SAMPLES = 200
_DOI_SAFE = "/:;()._-<>"


def write(result: Finished, path: Path, *, lang: str = "en") -> Path:
    """Write the report and return its path. Raises `MissingExtra`, `StoreError`, ValueError for an unknown language."""
    page = render(result, lang=lang)
    with atomic_path(path) as partial:
        partial.write_text(page, encoding="utf-8")
    return path


def render(result: Finished, *, lang: str = "en") -> str:
    """Return the report as one HTML text; everything that comes from outside is escaped."""
    words = texts(lang)
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise MissingExtra("the report", "plot") from error
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    folder = files("knuffel.report")
    template = environment.from_string(folder.joinpath("report.html.jinja").read_text(encoding="utf-8"))
    return template.render(style=folder.joinpath("report.css").read_text(encoding="utf-8"), **_content(result, words))


def _content(result: Finished, words: Texts) -> dict[str, Any]:
    facts = result.attributes
    titles = facts.get("title") or {}
    about = (facts.get("scenario") or {}).get("description") or {}
    samples, total = _samples(result, words)
    series = {str(item["name"]): assay_name(item, words) for item in facts.get("samples", ())}
    return {
        "t": words,
        "lang": words.lang,
        "own": partial(dose_name, texts=words),
        "title": titles.get(words.lang) or titles.get("en") or facts.get("scenario_name", ""),
        "description": about.get(words.lang) or about.get("en") or "" if isinstance(about, Mapping) else "",
        "subject": _subject(facts, words),
        "population": population_lines(facts, words),
        "run": words(
            "sentence_run",
            duration=words.span(facts.get("duration_ms", 0)),
            clock=clock_text(int(facts.get("start_clock", 0))),
            seed=facts.get("seed", ""),
        ),
        "changes": "; ".join(map(str, facts.get("changes") or ())),
        "drugs": drugs_given(facts),
        "doses": [_dose(item, words) for item in [*facts.get("doses", ()), *_pumped(result)]],
        "prescribed": [
            {"what": prescription_name(item.label, words), "span": _between(item.start, item.end, words)}
            for item in prescriptions(facts)
        ],
        "stimuli": [_stimulus(item, words) for item in facts.get("stimuli", ())],
        "figure": _figure(result, words),
        "summary": [_row(name, row, words, series) for name, row in result.summary().items()],
        "notices": result.notices,
        "samples": samples,
        "samples_total": total,
        "parameters": [_parameter(item, words) for item in facts.get("parameters", ())],
        "sources": [_source(item, words) for item in facts.get("sources", ())],
        "provenance": _provenance(result, facts, words),
    }


def _subject(facts: Mapping[str, Any], words: Texts) -> str:
    subject = facts.get("subject") or {}
    count = int(subject.get("count", 1))
    kind = f"{subject.get('species', 'human')}_{subject.get('sex', 'female')}"
    week = subject.get("gestational_week")
    day = subject.get("days_postpartum")
    places = {"week": words.number(week) if week else "", "day": words.number(day) if day is not None else ""}
    state = words.choice("states", str(subject.get("state", "resting")), **places)
    return words(
        "sentence_subject", count=count, noun=words.choice("noun" if count == 1 else "nouns", kind), state=state
    )


def _dose(item: Mapping[str, Any], words: Texts) -> dict[str, Any]:
    """Return a dose with every step of it: when, and at which rate or how much."""
    (speed, per_speed), (unit, per_unit) = usual_units(str(item.get("drug") or "oxytocin"))
    steps = [
        (_between(start, end, words), words.number(rate / per_speed), rate_unit(speed, words))
        for start, end, rate in item.get("segments", ())
    ]
    steps += [
        (words.span(t), words.number(amount / per_unit), rate_unit(unit, words))
        for t, amount in item.get("amounts", ())
    ]
    return {"text": dose_text(item), "steps": steps}


def _pumped(result: Finished) -> list[dict[str, Any]]:
    """Return an induction as a dose, with what the pump did when there is one subject."""
    plan = result.attributes.get("protocol")
    if not plan:
        return []
    alone = len(result.attributes.get("subject_index", [0])) == 1
    known = alone and PUMP_RATE in result.recorded.variables
    return [{**plan, "segments": pump_steps(result.recorded) if known else ()}]


def _between(start: float, end: float, words: Texts) -> str:
    return words("between", start=words.span(start), end=words.span(end))


def _stimulus(item: Mapping[str, Any], words: Texts) -> dict[str, str]:
    grade = str(item.get("grade") or "")
    letter = words("grade_letter", grade=grade) if len(grade) == 1 else words.grade(grade)
    return {
        "what": stimulus_name(str(item["kind"]), words),
        "start": words.span(item["start"]),
        "duration": words.span(item.get("duration") or 0),
        "grade": letter,
    }


def _figure(result: Finished, words: Texts) -> str:
    image = io.BytesIO()
    draw(result, lang=words.lang).savefig(image, format="png", dpi=DPI, metadata={"Software": None})
    return base64.b64encode(image.getvalue()).decode("ascii")


def _row(name: str, row: Mapping[str, Any], words: Texts, series: Mapping[str, str]) -> dict[str, str]:
    port, _, statistic = name.rpartition(".")
    if port.startswith("sample."):
        own = port.removeprefix("sample.")
        what = words.choice("port", "sample", series=series.get(own, own))
    else:
        what = words.choice("port", port)
    unit = str(row["unit"])
    shown = _value(float(row["value"]), unit, statistic, words)
    if "p05" in row:
        low, high = (_value(float(row[key]), unit, statistic, words) for key in ("p05", "p95"))
        shown = f"{shown} ({words('between', start=low, end=high)})"
    unit = "" if unit == "s" else unit
    label = f"{what}: {words.choice('statistic', statistic)}"
    grade = words.grade(str(row["evidence"])) if row["evidence"] else ""
    return {"label": label, "name": name, "value": shown, "unit": "" if unit == "1" else unit, "grade": grade}


def _value(value: float, unit: str, statistic: str, words: Texts) -> str:
    if unit == "s":
        return words.span(value * 1000)
    if statistic == "count":
        # A median over persons need not be whole.
        return f"{value:.0f}" if value.is_integer() else f"{value:.1f}".replace(".", words("decimal"))
    return words.number(value)


def _samples(result: Finished, words: Texts) -> tuple[list[dict[str, Any]], int]:
    rows: list[dict[str, Any]] = []
    total = 0
    for item in result.attributes.get("samples", ()):
        held, dim = result.recorded.variables, f"sample.{item['name']}"
        if f"{dim}.value" not in held:
            continue
        total += int(np.prod(held[f"{dim}.value"].data.shape))
        for row in _series(result, item, words):
            if len(rows) >= _MOST_SAMPLES:
                break
            rows.append(row)
    return rows, total


def _series(result: Finished, item: Mapping[str, Any], words: Texts) -> Iterator[dict[str, Any]]:
    held, dim = result.recorded.variables, f"sample.{item['name']}"
    time = np.asarray(held[f"{dim}.time"].data[...])
    truth, value, censored, below = (
        np.asarray(held[f"{dim}.{name}"].data[...]) for name in ("truth", "value", "censored", "below_loq")
    )
    for row, subject in enumerate(result.attributes.get("subject_index", [0])):
        for place, t in enumerate(time):
            sign = "< " if censored[row, place] else ""
            flag = words("below_quantification") if below[row, place] else ""
            yield {
                "series": assay_name(item, words),
                "subject": int(subject) + 1,
                "time": words.span(float(t)),
                "truth": words.number(float(truth[row, place]) * item.get("reported_factor", 1)),
                "value": sign + words.number(float(value[row, place])),
                "unit": "" if held[f"{dim}.value"].unit == "1" else held[f"{dim}.value"].unit,
                "flag": words("below_detection") if censored[row, place] else flag,
            }


def _parameter(item: Mapping[str, Any], words: Texts) -> dict[str, Any]:
    head, _, rest = str(item.get("origin", "")).partition(" ")
    value = np.atleast_1d(item["value"]).astype(float)
    shown = words.number(float(value[0]), 6) if len(value) == 1 else f"{words.number(float(value.mean()), 6)} (…)"
    return {
        "id": item["id"],
        "title": item.get("title", ""),
        "value": shown,
        "unit": "" if item.get("unit") == "1" else item.get("unit", ""),
        "status": words.grade(str(item.get("status", ""))),
        "kind": item.get("status", ""),
        "source": ", ".join(map(str, item.get("source") or ())),
        "origin": " ".join(filter(None, [words.choice("origins", head), rest, str(item.get("where") or "")])),
    }


def _source(item: Mapping[str, Any], words: Texts) -> dict[str, str]:
    authors = item.get("authors") or ""
    doi = str(item.get("doi") or "")
    return {
        "key": str(item.get("key", "")),
        "authors": authors if isinstance(authors, str) else ", ".join(map(str, authors)),
        "year": str(item.get("year") or ""),
        "title": str(item.get("title") or ""),
        "doi": doi,
        "link": f"https://doi.org/{quote(doi, safe=_DOI_SAFE)}" if doi else "",
        "place": "" if doi else str(item.get("url") or ""),
        "note": str(item.get("note") or ""),
        "doubt": "" if item.get("doi_checked", True) or not doi else words("unchecked"),
    }


def _provenance(result: Finished, facts: Mapping[str, Any], words: Texts) -> list[tuple[str, str]]:
    return [
        (words("version"), f"knuffel {facts.get('version', '')}"),
        (words("scenario"), str(facts.get("scenario_name", ""))),
        (words("scenario_hash"), str(facts.get("scenario_hash", ""))),
        (words("content_hash"), result.content_hash),
        (words("seed"), str(facts.get("seed", ""))),
        (words("platform"), str(facts.get("platform", ""))),
        (words("wall_time"), f"{words.number(float(facts.get('wall_seconds', 0)), 3)} s"),
    ]
