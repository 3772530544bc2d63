# make demo | test | check | docs: each does its own set-up on a bare Debian machine with Python 3.11+.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

CONSTRAINTS := constraints.txt
INSTALL = $(PIP) install -q $(addprefix -c ,$(CONSTRAINTS)) $(UPGRADE)

.PHONY: demo test test-newest test-lowest check docs fuzz scale reliability findings relion copick firefox gpu slurm setup clean
.DEFAULT_GOAL := help

help:
	@echo "make demo    see it work: small tomograms, three cycles, a report (under 4 minutes)"
	@echo "make test    run the tests; test-newest, test-lowest: with the newest and the lowest releases allowed"
	@echo "make check   ruff, mypy, import-linter, and the built wheel imported in a clean environment"
	@echo "make docs    build docs/_build/html"
	@echo "make reliability   200 kills and 300 flipped bits (about 20 minutes; SEED=1 for others)"
	@echo "make findings   surprises of other packages, each checked in an environment of its own (network)"
	@echo "make relion, make copick   RELION 3.1 and copick open what was exported, without a row lost (Debian's relion; network)"
	@echo "make slurm   add, classify and compare by jobs of a real Slurm on this machine (Debian's; root)"
	@echo "make firefox the review's pages in Debian's firefox-esr (installs it)"
	@echo "make gpu     what needs a GPU, in slices of under nine minutes (WORDS=--dry-run needs none)"
	@echo "make fuzz    25,000 changed files of every kind (some minutes; SEED=1 for others)"

# What windows and pages are tested with; containers read the same list.
SCREEN := $(shell grep -v '^\#' debian-packages.txt)

# One stamp for each set of extras, renewed when what it depends on changes.
$(VENV)/bin/python:
	@$(PYTHON) -c 'import sys; assert (3, 11) <= sys.version_info < (3, 14), sys.version' || \
	  { echo "cryoal needs Python 3.11 to 3.13; say which with: make PYTHON=python3.12 ..." >&2; exit 2; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
	  { echo "installing the system package python3-venv"; apt-get update -q && apt-get install -y -q python3-venv || \
	    { echo "expected python3-venv, could not install it: run 'apt-get install python3-venv' as root" >&2; exit 2; }; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q --upgrade pip

$(VENV)/.core: pyproject.toml $(CONSTRAINTS) | $(VENV)/bin/python
	$(INSTALL) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.core
	$(INSTALL) -e '.[test]'
	@touch $@

$(VENV)/.screen: debian-packages.txt | $(VENV)/bin/python
	@dpkg -s $(SCREEN) >/dev/null 2>&1 || \
	  { echo "installing a virtual screen and a browser for the tests"; apt-get update -q && \
	    DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends $(SCREEN) || \
	    { echo "expected Debian's packages $(SCREEN), could not install them: do it as root" >&2; exit 2; }; }
	@touch $@

# What looks for hindrances in pages; a test that needs it is skipped where there is no npm to fetch it.
AXE := axe-core@4.14.1
$(VENV)/.axe: Makefile | $(VENV)/bin/python
	@cd $(VENV) && { command -v npm >/dev/null && npm pack --silent $(AXE) >/dev/null && \
	  tar xzf axe-core-*.tgz --strip-components=1 package/axe.min.js && rm -f axe-core-*.tgz || \
	  echo "no $(AXE) from npm: its test is skipped"; }
	@touch $@

$(VENV)/.check: $(VENV)/.test
	$(INSTALL) -e '.[check]'
	@touch $@

$(VENV)/.docs: $(VENV)/.core
	$(INSTALL) -e '.[docs]'
	@touch $@

setup: $(VENV)/.core

demo: $(VENV)/.core
	$(BIN)/cryoal demo demo

# Windows have a run of their own: Mesa draws them with an LLVM, Triton compiles with another, and a
# process that loads both crashes.
test: $(VENV)/.test $(VENV)/.screen $(VENV)/.axe
	$(BIN)/python -m pytest -n 2 --dist worksteal --ignore tests/napari_plugin
	xvfb-run -a -s "-screen 0 1600x1000x24" $(BIN)/python -m pytest -n 2 --dist worksteal tests/napari_plugin

# Environments of their own: the newest releases of today, and the lowest that pyproject.toml allows.
test-newest:
	rm -f .venv-newest/.core .venv-newest/.test
	$(MAKE) test VENV=.venv-newest CONSTRAINTS= UPGRADE='--upgrade --upgrade-strategy eager'

test-lowest:
	$(MAKE) test VENV=.venv-lowest CONSTRAINTS=constraints-lowest.txt

check: $(VENV)/.check
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	PATH=$(abspath $(BIN)):$$PATH bash tests/wheel.sh

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -q -b html docs docs/_build/html
	@echo "docs/_build/html/index.html"

# Goes on where it was stopped; 500 changes of each of the files that it makes.
EACH ?= 500
SEED ?= 0
fuzz: $(VENV)/.test
	$(BIN)/python -m tests.fuzz --each $(EACH) --seed $(SEED) --counts fuzz-$(SEED).jsonl

# The code of an earlier commit, for benchmarks that compare with it: other code, the same packages.
.old-%:
	rm -rf $@.tmp && mkdir $@.tmp && git archive $* | tar -x -C $@.tmp && mv $@.tmp $@

# Goes on where it was stopped; SCALE holds the pools, 20 GB at 10^6 boxes of 16^3. The pair is left out of the largest.
SCALE ?= scale-work
scale: $(VENV)/.test .old-55ae1e8
	$(BIN)/python -m benchmarks.scale --work $(SCALE) --old .old-55ae1e8
	$(BIN)/python -m benchmarks.scale --work $(SCALE) --ways heads --sizes 10000 100000 1000000
	$(BIN)/python -m benchmarks.scale.picture docs/images/scale.png

reliability: $(VENV)/.test
	$(BIN)/python -m tests.reliability.kills --kills 200 --seed $(SEED)
	$(BIN)/python -m tests.reliability.flips --flips 300 --seed $(SEED)

# Not part of test: each script installs what it looks at, and fails when that behaves as one would guess.
findings:
	@failed=; for each in findings/*.sh; do echo "== $$each"; PYTHON=$(PYTHON) bash $$each || failed="$$failed $$each"; done; \
	  [ -z "$$failed" ] || { echo "changed, or could not be run:$$failed" >&2; exit 1; }

# Not part of test either: other programs read what was exported.
relion: $(VENV)/.test
	@command -v relion_star_handler >/dev/null || \
	  { echo "installing Debian's relion"; apt-get update -q && apt-get install -y -q --no-install-recommends relion || \
	    { echo "expected RELION, could not install it: run 'apt-get install relion' as root" >&2; exit 2; }; }
	$(BIN)/python -m tests.programs.relion
	$(BIN)/python -m tests.programs.relion_average

# A whole Slurm on this machine, as root: started in a folder of its own, and stopped.
slurm: $(VENV)/.test
	@command -v slurmctld >/dev/null && command -v slurmd >/dev/null && command -v munged >/dev/null || \
	  { echo "installing Debian's Slurm"; apt-get update -q && DEBIAN_FRONTEND=noninteractive \
	    apt-get install -y -q --no-install-recommends slurmctld slurmd slurm-client munge || \
	    { echo "expected Slurm, could not install it: run 'apt-get install slurmctld slurmd slurm-client munge' as root" >&2; exit 2; }; }
	$(BIN)/python -m tests.programs.slurm

# What needs a GPU, in slices of under nine minutes; goes on where it was stopped. WORDS=--list tells them.
gpu: $(VENV)/.test
	$(BIN)/python -m benchmarks.gpu $(WORDS)

firefox: $(VENV)/.test
	@command -v firefox-esr >/dev/null || \
	  { echo "installing Debian's firefox-esr"; apt-get update -q && apt-get install -y -q --no-install-recommends firefox-esr || \
	    { echo "expected Firefox, could not install it: run 'apt-get install firefox-esr' as root" >&2; exit 2; }; }
	$(BIN)/python -m pytest tests/browser/firefox

copick: $(VENV)/.test
	$(PYTHON) -m venv .venv-copick
	.venv-copick/bin/python -m pip install -q --disable-pip-version-check copick==1.31.0
	@folder=$$(mktemp -d) && $(BIN)/python -m tests.programs.copick_out $$folder && \
	  .venv-copick/bin/python tests/programs/copick_in.py $$folder; code=$$?; rm -rf $$folder; exit $$code

clean:
	rm -rf fuzz-*.jsonl $(VENV) .venv-newest .venv-lowest .venv-copick demo dist build docs/_build
