# make demo | test | check | docs: each does its own set-up on a bare Debian machine with Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.PHONY: demo test check docs setup clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    see it work: small tomograms, three cycles, a report (under 4 minutes)"
	@echo "make test    run the tests"
	@echo "make check   ruff, mypy, import-linter, and the built wheel imported in a clean environment"
	@echo "make docs    build docs/_build/html"

# One stamp for each set of extras, renewed when what it depends on changes.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), sys.version' || \
	  { echo "cryoal needs Python 3.11 to 3.13; say which with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "installing the system package python3-venv"; apt-get update -q && apt-get install -y -q python3-venv || \
	    { echo "expected python3-venv, could not install it: run 'apt-get install python3-venv' as root" >&2; exit 2; }; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q --upgrade pip

$(VENV)/.core: pyproject.toml constraints.txt | $(VENV)/bin/python
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.test: $(VENV)/.core
	$(PIP) install -q -c constraints.txt -e '.[test]'
	@touch $@

$(VENV)/.check: $(VENV)/.test
	$(PIP) install -q -c constraints.txt -e '.[check]'
	@touch $@

$(VENV)/.docs: $(VENV)/.core
	$(PIP) install -q -c constraints.txt -e '.[docs]'
	@touch $@

setup: $(VENV)/.core

demo: $(VENV)/.core
	$(BIN)/cryoal demo demo

test: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist worksteal

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH=$(abspath $(BIN)):$$PATH bash tests/wheel.sh

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

clean:
	rm -rf $(VENV) demo dist build docs/_build
