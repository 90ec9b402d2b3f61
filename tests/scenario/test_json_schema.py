"""The JSON Schema: made of the same classes that read a file, so its keys are those that are allowed."""

from __future__ import annotations

import json
from typing import Any

from knuffel.body.plan import ROOMS
from knuffel.scenario import bundled, load_scenario
from knuffel.scenario.json_schema import scenario_schema
from knuffel.scenario.source import parse
from knuffel.scenario.tree import plain


def test_is_plain_and_described() -> None:
    schema = scenario_schema()
    json.dumps(schema)
    assert schema["required"] == ["duration", "subject"]
    assert set(schema["$defs"]["Body"]["properties"]) == set(ROOMS)
    assert "1.71" in schema["$defs"]["Dose"]["properties"]["rate"]["description"]
    assert schema["$defs"]["Dose"]["properties"]["rate"]["examples"]
    assert "null" not in json.dumps(schema)
    for section in schema["$defs"].values():
        for key, value in section.get("properties", {}).items():
            assert value.get("description"), key


def test_bundled_scenarios_use_keys_of_the_schema() -> None:
    schema = scenario_schema()
    for name in bundled():
        root, _ = parse(load_scenario(name).source, name)
        _check(plain(root), schema, schema["$defs"])


def _check(value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> None:
    options = [_target(item, definitions) for item in schema.get("anyOf", [schema])]
    if isinstance(value, dict):
        found = next(item for item in options if item.get("type") == "object")
        properties = found.get("properties", {})
        for key, item in value.items():
            if "additionalProperties" in found and key not in properties:
                assert found["additionalProperties"] is not False, key
                continue
            _check(item, properties[key], definitions)
    elif isinstance(value, list):
        found = next(item for item in options if item.get("type") == "array")
        for item in value:
            _check(item, found["items"], definitions)


def _target(schema: dict[str, Any], definitions: dict[str, Any]) -> dict[str, Any]:
    return definitions[schema["$ref"].split("/")[-1]] if "$ref" in schema else schema
