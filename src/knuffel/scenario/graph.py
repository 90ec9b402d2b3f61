"""The graph of a network of neurons, from a file."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path as FilePath

from knuffel.body.contract import Component
from knuffel.body.plan import component_class, models
from knuffel.errors import DataError
from knuffel.network_files import read_graph
from knuffel.scenario.schema_body import Room
from knuffel.scenario.tree import Path, Problems

__all__ = ["read_graph_file"]

_SETTING = "graph"


def read_graph_file(
    section: Room, component: type[Component] | None, path: Path, folder: FilePath | None, problems: Problems
) -> dict[str, object]:
    """Return the settings that a graph file gives: graph, number of bundles, number of cells.

    ``component`` is None when the room runs no model; ``folder`` is that of the scenario file, None for a scenario that
    is a text.
    """
    if section.graph is None:
        return {}
    where: Path = (*path, _SETTING)
    if component is None or not _knows_graphs(component):
        known = [name for name in models("neurons") if _knows_graphs(component_class("neurons", name))]
        problems.add(
            where, "only a network has a graph", allowed=f"body.neurons.model: {', '.join(known)}", at_key=True
        )
        return {}
    base = FilePath() if problems.elsewhere(where) else folder
    if base is None:
        message = "a scenario that is a text has no folder to look in"
        problems.add(where, message, allowed="a scenario file, or an override: body.neurons.graph=connections.csv")
        return {}
    try:
        graph, bundles = read_graph(base / section.graph)
    except DataError as error:
        problems.add(where, str(error), show_found=False)
        return {}
    if section.cells not in (None, len(graph)):
        problems.add(
            (*path, "cells"), "the graph says how many cells there are", allowed=f"{len(graph)}, or leave it out"
        )
    for name in (_SETTING, "topology", "topology_seed"):
        if name in (section.settings or {}):
            allowed = "leave one of them out"
            problems.add((*path, "settings", name), "the graph is given by a file", allowed=allowed, at_key=True)
    return {_SETTING: graph, "bundles": bundles, "cells": len(graph)}


def _knows_graphs(component: type[Component]) -> bool:
    return component.Settings is not None and any(item.name == _SETTING for item in fields(component.Settings))
