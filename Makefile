# Crossbook: `make demo` shows it, `make test` proves it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
ARGS ?=

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test figures bench check format install lock clean

help: ## say what each target does
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/.run ## tell the story with real processes; ARGS=--once leaves after it
	@exec $(BIN)/crossbook demo --parent $$PPID $(ARGS)

test: $(VENV)/.dev ## run all tests; ARGS=tests/cli runs some
	$(BIN)/pytest -n 2 $(ARGS)

figures: $(VENV)/.dev ## measure calls and time over many thousand records; takes minutes
	$(BIN)/pytest -n 2 -m figures tests/figures $(ARGS)

bench: $(VENV)/.dev ## measure speed as ratios within one run; ARGS=--write keeps docs/benchmarks.md
	$(BIN)/python -m tests.benchmarks $(ARGS)

check: $(VENV)/.dev ## lint, form, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(VENV)/.dev ## put the code into the house form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

install: $(VENV)/.dev ## make the virtual environment with everything in it

lock: ## pin every dependency anew, with hashes
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/pip install --quiet "uv>=0.13"
	$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --upgrade pyproject.toml -o requirements.lock
	$(VENV)-lock/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header --upgrade pyproject.toml --group dev -o requirements-dev.lock

clean: ## remove what the other targets made
	rm -rf $(VENV) $(VENV)-lock data build *.egg-info .hypothesis .*_cache
	find app workers tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Crossbook needs Python 3.11 or newer: make PYTHON=/path/to/python3.11 ..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.run: $(VENV)/bin/python requirements.lock pyproject.toml
	@echo "Installing what Crossbook runs with into $(VENV) ..."
	$(PIP) install --require-hashes -r requirements.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.run requirements-dev.lock
	@echo "Installing the tools into $(VENV) ..."
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@
