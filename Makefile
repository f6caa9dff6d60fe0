# Needs Python 3.11 or newer and make; everything else is installed into .venv.   make PYTHON=... chooses the Python,
# make test ARGS="-k name" passes arguments on.
.POSIX:
.SILENT:
.SUFFIXES:
.PHONY: help install demo serve test soak bench check fix contexts conformance run-ready dev-ready

BIN = .venv/bin
# A process per core; a core that runs out of tests takes some from another.
PARALLEL = -n auto --dist worksteal
ARGS =

help:
	echo 'make demo      set everything up, issue a sample credential, leave the service running'
	echo 'make serve     run the service'
	echo 'make test      run all tests'
	echo 'make check     lint, formatting and types'
	echo 'make fix       repair what lint and formatting can repair'
	echo 'make bench     measure'
	echo 'make soak      the tests again, with far more random cases'
	echo 'make install   only make .venv'
	echo "make conformance  run all tests and write docs/conformance.md from them"
	echo 'make contexts  fetch the pinned contexts and schemas again and compare them'

install: run-ready

demo: run-ready
	$(BIN)/microcred demo $(ARGS)

serve: run-ready
	$(BIN)/microcred serve $(ARGS)

test: dev-ready
	$(BIN)/pytest $(PARALLEL) $(ARGS)

soak: dev-ready
	MICROCRED_SOAK=1 HYPOTHESIS_PROFILE=soak $(BIN)/pytest $(PARALLEL) -p tests.plugins.soak $(ARGS)

bench: dev-ready
	$(BIN)/python -m bench $(ARGS)

check: dev-ready
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

fix: dev-ready
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

conformance: dev-ready
	$(BIN)/python tools/conformance.py $(ARGS)

contexts: run-ready
	$(BIN)/python tools/refresh_contexts.py

run-ready:
	PYTHON='$(PYTHON)' tools/venv.sh run

dev-ready:
	PYTHON='$(PYTHON)' tools/venv.sh dev
