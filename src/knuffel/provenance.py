"""What travels with every result: version, scenario, seed, resolved parameters, sources, grades, notices."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from math import exp, sqrt
from typing import Any

import numpy as np

from knuffel import __version__
from knuffel.assembly import Model
from knuffel.engine.store import Variable
from knuffel.errors import Notice
from knuffel.evidence import load
from knuffel.observe.sampling import reported_factor
from knuffel.population.spec import COVARIATES
from knuffel.scenario.model import Scenario

__all__ = ["provenance", "source_keys", "subject_variables"]


def provenance(scenario: Scenario, model: Model, seconds: float, findings: Sequence[Notice] = ()) -> dict[str, Any]:
    """Return the attributes of a result, as JSON can hold them.

    ``seconds`` is the wall time of the run, ``findings`` are warnings about what happened in it.
    """
    parameters = [
        {
            "id": name,
            "value": item.value,
            "unit": item.unit,
            "status": item.status,
            "source": list(item.source),
            "origin": item.origin,
            "where": item.where,
            "title": item.parameter.title,
            "symbol": item.parameter.symbol,
        }
        for name, item in model.in_use()
    ]
    keys = source_keys(scenario, model)
    stimuli = load.stimuli()
    return {
        "version": __version__,
        "scenario_name": scenario.name,
        "scenario": scenario.resolved,
        "scenario_hash": scenario.hash,
        "title": dict(scenario.title),
        "seed": scenario.seed,
        "start_clock": scenario.start_clock,
        "duration_ms": scenario.duration,
        "warm_up_ms": model.warm_up,
        "subject_index": model.subjects.index.tolist(),
        "subject": vars(scenario.subject),
        "population": _population(scenario, model),
        "cells": scenario.rooms["neurons"].settings.get("cells"),
        "drawn": _drawn(model),
        "tocograph": scenario.observe.tocograph,
        "samples": [
            {"name": item.name, "assay": item.assay, "port": item.port, "unit": item.unit, "gain": item.gain}
            | {"tube": item.tube, "held_ms": item.held, "reported_factor": reported_factor(item)}
            for item in scenario.observe.samples
        ],
        "stimuli": [
            {
                "kind": item.kind,
                "start": item.start,
                "duration": item.duration,
                "grade": stimuli[item.kind].grade if item.kind in stimuli else "prescribed",
            }
            for item in scenario.stimuli
        ],
        "doses": [
            {"drug": item.drug, "route": item.route, "text": item.text, "subject": item.subject}
            | {"segments": list(item.segments)}
            | {"amounts": list(item.amounts)}
            for item in scenario.doses
        ],
        "parameters": parameters,
        "changes": list(scenario.changes),
        "overrides": [item for item in parameters if item["origin"] == "user"],
        "notices": [vars(notice) for notice in (*model.notices, *findings)],
        "evidence": model.grades(scenario),
        "citations": keys,
        "sources": [vars(load.sources()[key]) for key in keys],
        "platform": f"{platform.machine()} {platform.system()} Python {platform.python_version()}",
        "wall_seconds": seconds,
    }


def _drawn(model: Model) -> dict[str, Any]:
    """Return what components drew or read to be built, by room; rooms with nothing to tell are left out."""
    told = {part.room: part.component.attributes() for part in model.wiring.parts if part.component is not None}
    return {room: dict(facts) for room, facts in told.items() if facts}


def _population(scenario: Scenario, model: Model) -> dict[str, Any] | None:
    """Return how the subjects were drawn; None when they were not."""
    spec, cohort = scenario.population, model.cohort
    if spec is None or cohort is None:
        return None
    known = load.parameters()
    return {
        "n": spec.n,
        "female": int(cohort.female.sum()),
        "parameters": [
            {"id": name, "title": known[name].title, "cv": sqrt(exp(spread.sd**2) - 1)}
            for name, spread in cohort.spreads.items()
        ],
        "following": sorted(set(cohort.parameters) - set(cohort.spreads)),
        "correlations": [list(item) for item in spec.correlations if set(item[:2]) & set(cohort.spreads)],
        "covariates": {
            name: {"kind": how.kind, "unit": COVARIATES[name][0], "title": COVARIATES[name][1]}
            | {
                "mean": float(np.mean(cohort.covariates[name])),
                "p05": float(np.quantile(cohort.covariates[name], 0.05)),
                "p95": float(np.quantile(cohort.covariates[name], 0.95)),
            }
            for name, how in spec.covariates.items()
        },
    }


def subject_variables(model: Model) -> list[Variable]:
    """Return what differs between the subjects, as variables of shape (subject,); none when they were not drawn."""
    cohort, known = model.cohort, load.parameters()
    if cohort is None:
        return []
    weight, week = model.subjects.weight, model.subjects.gestational_week
    people = {"weight": weight} | ({} if np.isnan(week).any() else {"gestational_week": week}) | dict(cohort.covariates)
    found = [
        Variable(f"subject.{name}", ("subject",), *COVARIATES[name], np.asarray(values, dtype=np.float64))
        for name, values in people.items()
    ]
    if model.subjects.sex == "mixed":
        share = cohort.female.astype(np.float64)
        found.append(Variable("subject.female", ("subject",), "1", "1 for a woman, 0 for a man", share))
    for name, item in cohort.parameters.items():
        entry = known[name]
        found.append(Variable(f"subject.{name}", ("subject",), entry.unit, entry.title, item.value))
    return found


def source_keys(scenario: Scenario, model: Model) -> list[str]:
    """Return the keys of the sources behind what actually ran, sorted."""
    keys = {key for _, item in model.in_use() for key in item.source}
    for part in model.wiring.parts:
        if part.component is not None:
            keys.update(part.component.citations)
    for item in scenario.stimuli:
        if item.kind in load.stimuli():
            keys.update(load.stimuli()[item.kind].source)
    for sample in scenario.observe.samples:
        keys.update(load.assays()[sample.assay].source)
    return sorted(keys & set(load.sources()))
