"""Build hooks of the documentation: answer requests for generated tables, and draw the validation figures."""

from __future__ import annotations

import importlib
import io
import pkgutil
import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))

import evidence_tables
import generate

_FIGURES = "{{ validation_figures }}"
_FIGURES_OF = re.compile(r"^\{\{ *figures +([a-z_]+) *\}\}$", re.MULTILINE)
_drawn: dict[str, list[str]] = {}


def on_files(files: Any, config: Any) -> Any:
    """Add one picture for every figure of every validation study."""
    import matplotlib

    matplotlib.use("agg")
    from mkdocs.structure.files import File

    for study, name, figure in _figures():
        buffer = io.BytesIO()
        figure.savefig(buffer, format="png", dpi=110)
        words = dict.fromkeys((study, re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_")))
        path = f"generated/{'-'.join(words)}.png"
        files.append(File.generated(config, path, content=buffer.getvalue()))
        _drawn.setdefault(study, []).append(path)
    return files


def _figures() -> Any:
    import matplotlib.pyplot as pyplot

    from knuffel import validation

    for module in sorted(item.name for item in pkgutil.iter_modules(validation.__path__)):
        draw = getattr(importlib.import_module(f"knuffel.validation.{module}"), "figures", None)
        if draw is not None:
            for name, figure in draw().items():
                yield module, name, figure
                pyplot.close(figure)


def on_page_markdown(markdown: str, page: Any, config: Any, files: Any) -> str:
    """Answer the requests of a page."""
    up = "../" * page.file.src_uri.count("/")
    if _FIGURES in markdown:
        sections = (f"### {evidence_tables.study_title(study)}\n\n{_pictures(study, up)}" for study in _drawn)
        markdown = markdown.replace(_FIGURES, "\n\n".join(sections))
    markdown = _FIGURES_OF.sub(lambda found: _pictures(found[1], up), markdown)
    return generate.expand(markdown)


def _pictures(study: str, up: str) -> str:
    return "\n\n".join(f"![{_title(path)}]({up}{path})" for path in _drawn[study])


def _title(path: str) -> str:
    return Path(path).stem.replace("-", " ").replace("_", " ")
