"""The documentation keeps up with the package: verbs, scenarios, targets, rooms, exit codes."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from knuffel import errors
from knuffel.body import plan
from tests.architecture.tree import ROOT


@pytest.fixture(scope="module")
def generate() -> ModuleType:
    found = importlib.util.spec_from_file_location("documentation_tables", ROOT / "docs" / "generate.py")
    assert found is not None
    assert found.loader is not None
    module = importlib.util.module_from_spec(found)
    sys.modules[found.name] = module
    found.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", ["README.md", "README.nl.md"])
def test_readme_is_current(generate: ModuleType, name: str) -> None:
    assert generate.readme(name) == (ROOT / name).read_text(encoding="utf-8"), "run python docs/generate.py"


def test_readmes_name_every_bundled_scenario() -> None:
    from knuffel.scenario import bundled

    for name in ("README.md", "README.nl.md"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert [scenario for scenario in bundled() if f"- `{scenario}`: " not in text] == []


def test_every_verb_is_documented(generate: ModuleType) -> None:
    page = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
    assert [verb for verb in generate.package_tables.verbs() if f"## knuffel {verb}\n" not in page] == []
    assert [verb for verb in generate.package_tables.verbs() if f"{{{{ command {verb} }}}}" not in page] == []


def test_every_room_is_documented() -> None:
    pages = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "docs" / "model").glob("*.md"))
    assert [room for room in plan.ROOMS if f"{{{{ ports {room} }}}}" not in pages] == []


@pytest.mark.parametrize("name", ["README.md", "README.nl.md", "docs/reference/errors.md"])
def test_every_exit_code_is_documented(name: str) -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, errors.KnuffelError)]
    text = (ROOT / name).read_text(encoding="utf-8")
    assert [code for code in sorted({0, 1, *(kind.exit_code for kind in kinds)}) if f"| {code} |" not in text] == []


def test_pages_hold_no_unknown_requests(generate: ModuleType) -> None:
    requests = {
        found[1]
        for path in (ROOT / "docs").rglob("*.md")
        for found in generate.REQUEST.finditer(path.read_text(encoding="utf-8"))
    }
    assert requests - set(generate.ANSWERS) - {"figures", "validation_figures"} == set()
