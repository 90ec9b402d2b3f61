# Needs only make, Python 3.11 or newer, and access to a package index. `make help` lists the targets.

PYTHON ?= python3
VENV ?= .venv
OUT ?= results
WORKERS ?= 2
BIN := $(VENV)/bin
LOCK := requirements.lock
BENCH_LOCK := requirements-bench.lock
UV_LOCK := uv pip compile pyproject.toml --universal --python-version 3.11 --fork-strategy fewest \
	--no-header --no-annotate --no-emit-index-url --quiet

# uv installs in seconds what takes pip a minute; without uv, pip does the same work.
INSTALL = if [ -x $(BIN)/uv ]; then $(BIN)/uv pip install --quiet --python $(BIN)/python "$$@"; \
	else $(BIN)/python -m pip install --quiet "$$@"; fi
STAGE = stage() { printf '\n== %s: %s\n' "$$1" "$$2"; name=$$1; shift 2; \
	"$$@" || { code=$$?; printf '\n** make test stopped at stage "%s" (exit %s)\n' "$$name" "$$code"; exit 1; }; }

export NO_MKDOCS_2_WARNING := 1

.PHONY: help demo test check docs bench lock picture clean
.DEFAULT_GOAL := help

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 12

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "knuffel needs Python 3.11 or newer: make PYTHON=/path/to/python3.12 …"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check uv || echo "uv is not to be had; pip will do"

$(VENV)/.run: pyproject.toml $(LOCK) | $(BIN)/python
	@echo "Installing knuffel (once) …"
	@set -- --constraint $(LOCK) --editable '.[plot]'; $(INSTALL)
	@touch $@

$(VENV)/.dev: pyproject.toml $(LOCK) | $(BIN)/python
	@echo "Installing knuffel and its checks (once) …"
	@set -- --requirement $(LOCK) --editable '.[plot]'; $(INSTALL)
	@touch $@ $(VENV)/.run

$(VENV)/.bench: $(BENCH_LOCK) $(VENV)/.dev
	@set -- --requirement $(LOCK) --requirement $(BENCH_LOCK); $(INSTALL)
	@touch $@

demo: $(VENV)/.run ## run three scenarios and show where the pictures are
	@mkdir -p $(OUT)
	@for name in nursing_rat hug_woman labour_infusion; do \
		printf '\n== knuffel run %s\n' $$name; \
		$(BIN)/knuffel run $$name --out $(OUT)/$$name --overwrite \
			--figure $(OUT)/$$name.png --report $(OUT)/$$name.html || exit 1; \
	done
	@printf '\nPictures: %s %s %s\n' $(OUT)/nursing_rat.png $(OUT)/hug_woman.png $(OUT)/labour_infusion.png
	@printf 'Reports:  %s %s %s (open in a browser)\n' $(OUT)/nursing_rat.html $(OUT)/hug_woman.html $(OUT)/labour_infusion.html
	@printf 'Results:  %s %s %s\n' $(OUT)/nursing_rat $(OUT)/hug_woman $(OUT)/labour_infusion

check: $(VENV)/.dev ## format, lint, types and layers only
	@set -e; $(STAGE); \
	stage "format" "ruff format --check" $(BIN)/ruff format --check .; \
	stage "lint" "ruff check" $(BIN)/ruff check .; \
	stage "types" "mypy --strict" $(BIN)/mypy; \
	stage "layers" "import-linter" $(BIN)/lint-imports

test: check ## everything that has to pass: check, documentation, tests
	@set -e; $(STAGE); \
	stage "compile" "fill the kernel cache before two test workers need it" $(BIN)/knuffel doctor --warm; \
	stage "docs" "mkdocs build --strict" $(BIN)/mkdocs build --strict --quiet; \
	stage "tests" "pytest" $(BIN)/python -m pytest -n $(WORKERS)

docs: $(VENV)/.dev ## build the documentation into site/
	$(BIN)/mkdocs build --strict
	@echo "Open site/index.html"

bench: $(VENV)/.bench ## time the kernels against peers, and the engine
	$(BIN)/python -m benchmarks.neurons
	$(BIN)/python -m benchmarks.hodgkin_huxley
	$(BIN)/python -m benchmarks.engine
	$(BIN)/python -m benchmarks.kinetics

picture: $(VENV)/.run ## render the pictures of README and site anew
	@mkdir -p docs/images
	for name in nursing_rat hug_woman; do $(BIN)/knuffel run $$name --figure docs/images/$$name.png; done

lock: $(VENV)/.dev ## pin the newest versions that work together
	PATH="$(BIN):$$PATH" $(UV_LOCK) --upgrade --extra plot --group test --group lint --group docs --output-file $(LOCK)
	PATH="$(BIN):$$PATH" $(UV_LOCK) --upgrade --group bench --constraint $(LOCK) --output-file $(BENCH_LOCK)

clean: ## remove what was built; keeps results/
	rm -rf $(VENV) site build dist docs/generated .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find src tests benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
