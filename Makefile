# `make` alone lists the tasks. Each is one or two commands, which can be typed by hand just as well.

SHELL       := /bin/bash
.SHELLFLAGS := -euo pipefail -c
MAKEFLAGS   += --no-print-directory
unexport PYTHONDONTWRITEBYTECODE  # what pytest makes of each test file is kept, or the quick part takes twice as long

VENV := .venv
BIN  := $(VENV)/bin
PIP  := $(BIN)/python -m pip --disable-pip-version-check --quiet install
QUICK := -m "not (slow or browser or postgresql or interop)" --hypothesis-profile=quick
# N processes side by side; T=path is run in one, where a debugger can stop it.
SIDES := $(if $(T),,--numprocesses=$(or $(N),3) --dist=loadfile)
# Nothing else runs meanwhile: what people wait for beside a flood is measured.
ALONE := tests/outages/test_floods.py
UNIT  := tests/config tests/card_bridge tests/relying_parties tests/idp tests/contracts tests/documentation

.PHONY: help
help:  ## list the tasks
	@sed -nE 's/^([a-z]+):[^#]*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | column -t -s "$$(printf '\t')"

.PHONY: demo
demo: $(VENV)/demo.stamp  ## start the identity provider, enrollment, three sample applications and invented accounts
	@exec $(BIN)/idp demo

.PHONY: setup
setup: $(VENV)/development.stamp  ## make .venv with all that development and tests need from PyPI

.PHONY: test
test: debian reader  ## install what the tests need and run them all, or those of T=path
	@$(BIN)/python -m pytest --durations=20 $(SIDES) $(or $(T),$(ALONE:%=--ignore=%))
	@$(if $(T),,$(BIN)/python -m pytest --quiet $(ALONE))

.PHONY: quick
quick: setup  ## run the tests of each part by itself: no browser, no PostgreSQL, no patience
	@$(BIN)/python -m pytest --quiet $(if $(T),,--numprocesses=$(or $(N),auto) --dist=worksteal) $(QUICK) $(or $(T),$(UNIT))

.PHONY: check
check: setup  ## look at the code: ruff, formatting, types, directions of imports
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

.PHONY: pages
pages: debian reader  ## run the tests that drive a browser
	@$(BIN)/python -m pytest -m browser $(T)

.PHONY: fuzz
fuzz: debian setup  ## send bent SAML messages to every SAML address, for FUZZ_FOR=10min
	@until=$$(date --date="$(or $(FUZZ_FOR),10min)" +%s); \
	(( until > $$(date +%s) )) || { echo "FUZZ_FOR is a while, as date has it: 10min, 2hours" >&2; exit 2; }; \
	while (( $$(date +%s) < until )); do \
	  $(BIN)/python -m pytest --quiet --timeout=0 -p no:logging --hypothesis-profile=fuzz tests/attacks/endpoints/test_saml_fuzz.py; done

.PHONY: properties
properties: setup  ## try each property with thousands of other examples
	@$(BIN)/python -m pytest --quiet --numprocesses=$(or $(N),auto) --timeout=0 --hypothesis-profile=fuzz \
	  -m "hypothesis and not (browser or postgresql or interop)" $(T)

.PHONY: bench
bench: debian reader  ## measure the costs that the design bounds, side by side
	@$(BIN)/python -m tests.benchmarks

.PHONY: golden
golden: setup  ## rewrite the golden files and show what changed
	@$(BIN)/python -m pytest --rewrite-golden tests/golden
	@git --no-pager diff --stat -- tests/golden

.PHONY: docs
docs: setup  ## rewrite the pages and example files that are generated from the code
	@$(BIN)/python -m docs.generate

.PHONY: pictures
pictures: debian reader  ## take the pictures of the documentation anew
	@$(BIN)/python -m docs.take_pictures

.PHONY: reader
reader: setup $(VENV)/reader.stamp  ## add to .venv what talks to a real card reader (compiled: gcc and libpcsclite-dev)

.PHONY: debian
debian:  ## install the Debian packages that the tests need, when they are missing
	@.ci/debian-packages

.PHONY: update
update:  ## resolve every dependency anew into constraints.txt, then run all the tests
	@.ci/resolve constraints.txt
	@$(MAKE) test

.PHONY: install
install:  ## install this tree on this machine as a service, or upgrade it (root, Debian 12): make install NAME=id.example
	@deploy/install $(NAME)

.PHONY: enrollment
enrollment:  ## install enrollment beside it (root, after make install): make enrollment NAME=inscription.example
	@deploy/install-enrollment $(NAME)

.PHONY: clean
clean:  ## remove what these tasks made, except var/ (the demonstration's data)
	@rm -rf $(VENV) build dist *.egg-info .coverage .hypothesis .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@.ci/make-venv $(VENV)

$(VENV)/demo.stamp: setup.cfg constraints.txt .ci/pinned | $(BIN)/python
	@echo "Installing what setup.cfg lists, at the versions and hashes of constraints.txt, into $(VENV)"
	@$(PIP) --require-hashes --no-deps --requirement <(.ci/pinned product samples workstation)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

$(VENV)/development.stamp: setup.cfg constraints.txt .ci/pinned | $(BIN)/python
	@echo "Installing what setup.cfg lists, development included, at the versions and hashes of constraints.txt, into $(VENV)"
	@$(PIP) --require-hashes --no-deps --requirement <(.ci/pinned product samples workstation gunicorn development)
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@ $(VENV)/demo.stamp

# pyscard has no wheel for Linux: it is compiled against libpcsclite-dev, with the swig of PyPI.
$(VENV)/reader.stamp: setup.cfg constraints.txt .ci/pinned | $(VENV)/development.stamp
	@echo "Compiling pyscard into $(VENV)"
	@$(PIP) --require-hashes --no-deps --requirement <(.ci/pinned reader-build)
	@PATH="$(CURDIR)/$(BIN):$$PATH" $(PIP) --require-hashes --no-deps --no-build-isolation --requirement <(.ci/pinned reader)
	@touch $@
