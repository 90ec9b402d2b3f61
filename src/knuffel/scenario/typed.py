"""From a tree to typed sections: runs pydantic, and turns what it finds into problems with places and names.

A value that fails is reported and taken out, and the rest is read again, so that one reading finds every mistake.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import ValidationError

from knuffel.scenario.schema import Section
from knuffel.scenario.schema_body import Document
from knuffel.scenario.tree import Entry, Node, Path, Problems, plain

__all__ = ["normalise", "typed"]

_EXPECTED = {
    "string_type": "a single text is expected here",
    "list_type": "a list is expected here",
    "dict_type": "a mapping (key: value) is expected here",
    "model_type": "a mapping (key: value) is expected here",
    "model_attributes_type": "a mapping (key: value) is expected here",
}
_ROUNDS = 3


def normalise(root: Node, problems: Problems) -> None:
    """Write out the short forms: ``events``, one-language texts, ``room: off``, ``room: model``, single sets."""
    entries = root.entries
    if "events" in entries:
        if "stimuli" in entries:
            problems.add(("events",), "stimuli and events are two names of the same list: use one", at_key=True)
            del entries["events"]
        else:
            root.entries = {("stimuli" if key == "events" else key): entry for key, entry in entries.items()}
    for name in ("title", "description"):
        _wrap(root, name, "en")
    _wrap(root, "dose_table", "file")
    body = root.child("body")
    for room in [] if body is None else body.entries.values():
        node = room.node
        if node.kind == "scalar" and node.text is not None:
            _wrap_node(node, "mode" if node.text == "off" else "model")
        _listed(node, "set")
        outputs = node.child("outputs")
        for port in [] if outputs is None else list(outputs.entries):
            _wrap(outputs, port, "value")  # type: ignore[arg-type]
    population = root.child("population")
    if population is not None:
        _listed(population, "spread")
    observe = root.child("observe")
    record = None if observe is None else observe.child("record")
    if record is not None:
        variables = record.child("variables")
        if variables is not None and variables.text == "all":
            variables.text = None
        _listed(record, "variables")


def _wrap(holder: Node, name: str, key: str) -> None:
    node = holder.child(name)
    if node is not None and node.kind == "scalar" and node.text is not None:
        _wrap_node(node, key)


def _wrap_node(node: Node, key: str) -> None:
    inner = Node("scalar", node.line, node.column, node.file, text=node.text, quoted=node.quoted)
    node.kind, node.text = "mapping", None
    node.entries = {key: Entry(key, node.line, node.column, inner, node.file)}


def _listed(holder: Node, name: str) -> None:
    node = holder.child(name)
    if node is not None and node.kind == "scalar" and node.text is not None:
        node.items = [Node("scalar", node.line, node.column, node.file, text=node.text, quoted=node.quoted)]
        node.kind, node.text = "sequence", None


def typed(root: Node, problems: Problems) -> Document:
    """Return the typed document without the parts that are wrong; those are in ``problems``."""
    data = plain(root)
    for _ in range(_ROUNDS):
        try:
            document = Document.model_validate(data)
        except ValidationError as error:
            for item in error.errors(include_url=False, include_input=False):
                _report(item, data, problems)
        else:
            _missing(document, (), problems)
            return document
    problems.add((), "the scenario cannot be read", show_found=False)
    problems.stop()
    raise AssertionError


def _report(item: Mapping[str, Any], data: Any, problems: Problems) -> None:
    path: Path = tuple(item["loc"])
    kind = item["type"]
    if kind == "extra_forbidden":
        word = str(path[-1])
        names = _section(path[:-1]).names()
        problems.add(path, "unknown key", found=repr(word[:60]), allowed=names, near=word, at_key=True)
    elif kind == "knuffel":
        facts = item["ctx"]
        allowed = facts["allowed"]
        near = (facts["found"] or "").strip("'\"") if isinstance(allowed, tuple) else None
        # A choice is shown in its own order; only its nearest name is looked up.
        problems.add(path, facts["message"], found=facts["found"], allowed=allowed, near=near)
    else:
        problems.add(path, _EXPECTED.get(kind, "this value does not fit here"))
    _take_out(data, path)


def _take_out(data: Any, path: Path) -> None:
    """Remove a value: from a mapping, or by None in a list (so that the others keep their number)."""
    for part in path[:-1]:
        data = data[part]
    if isinstance(data, dict):
        data.pop(path[-1], None)
    elif isinstance(data, list) and isinstance(path[-1], int):
        data[path[-1]] = None


def _section(path: Path) -> type[Section]:
    """Return the section at a path, by following the annotations."""
    found: Any = Document
    for part in path:
        if isinstance(part, str) and isinstance(found, type) and issubclass(found, Section):
            found = _bare(found.names()[part].annotation)
        else:
            found = _bare(get_args(found)[-1])
    section: type[Section] = found
    return section


def _bare(annotation: Any) -> Any:
    if get_origin(annotation) in (Union, UnionType):
        return next(item for item in get_args(annotation) if item is not type(None))
    return annotation


def _missing(value: Any, path: Path, problems: Problems) -> None:
    """Report required keys that are not there, in every section below ``value``."""
    if isinstance(value, Section):
        for key in value.REQUIRED:
            if getattr(value, value.attribute(key)) is None and not problems.spoiled_below(*path, key):
                problems.add((*path, key), "this key is missing", show_found=False)
        for key in value.names():
            _missing(getattr(value, value.attribute(key)), (*path, key), problems)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            if item is None and not problems.spoiled(*path, place):
                problems.add((*path, place), "nothing stands here", show_found=False)
            _missing(item, (*path, place), problems)
    elif isinstance(value, dict):
        for key, item in value.items():
            _missing(item, (*path, key), problems)
