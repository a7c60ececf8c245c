# Thin names for plain commands; each works without make once `.venv` is there.
# `make run` and `make test` also make `.venv` and install into it, again only when a requirement changed.

PYTHON ?= python3
PORT ?= 8501
BIN := .venv/bin

.PHONY: help run test check bench

help:
	@echo "make run    the app, on http://localhost:8501 (PORT=8502 for another)"
	@echo "make test   all tests (browser tests where a Chromium is found)"
	@echo "make check  ruff and mypy"
	@echo "make bench  benchmarks"

run: .venv/.installed
	$(BIN)/trailboard run --port $(PORT)

test: .venv/.installed-dev
	$(BIN)/pytest $(ARGS)

check: .venv/.installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

bench: .venv/.installed-dev
	$(BIN)/python -m tests.bench $(ARGS)

# requirements.txt is the constraint, so everybody runs the versions that were tested. -qq leaves errors only.
INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --constraint requirements.txt --editable

.venv/.installed: pyproject.toml requirements.txt | .venv/bin/python
	@echo "Installing Trailboard into .venv (about a minute) ..."
	$(INSTALL) .
	@touch $@

.venv/.installed-dev: .venv/.installed
	$(INSTALL) '.[dev]'
	@touch $@

# Debian's python3 without python3-venv makes half an environment: ask before.
.venv/bin/python:
	@command -v $(PYTHON) >/dev/null || { echo "Trailboard needs Python 3.11 or newer: $(PYTHON) was not found." >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Trailboard needs Python 3.11 or newer, this is %d.%d. Name another: make PYTHON=python3.12 ..." % sys.version_info[:2])'
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { echo "This Python cannot make virtual environments. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	$(PYTHON) -m venv .venv
