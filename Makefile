# Lodge's commands. `make` alone lists them.
SHELL := /bin/bash
PYTHON ?= python3
BIN := .venv/bin
# Some machines tell Python to keep no bytecode. Then each of our processes would compile all that
# it imports, at every start: five seconds instead of two.
unexport PYTHONDONTWRITEBYTECODE
# Exact versions, wheels only: nothing is compiled or resolved on the user's machine.
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps \
	--only-binary :all: --no-compile

# The stamp says which Python the packages in .venv are for. After an upgrade of that Python, or when
# PYTHON names another one, they are those of the wrong one.
NOW := $(or $(shell { $(if $(filter file,$(origin PYTHON)),$(BIN)/python,$(PYTHON)) -V; } 2>/dev/null),none)
ifneq ($(shell cat .venv/run.stamp 2>/dev/null),$(NOW))
.PHONY: .venv/run.stamp
endif
# Whether packages can be installed into .venv as it is.
USABLE = { [ "$$($(BIN)/python -V)" = "$(NOW)" ] && \
	$(BIN)/python -c 'import pip, sys; sys.exit(sys.version_info < (3, 11))'; } 2>/dev/null

# Two more than there are cores: a third of the time tests wait for processes that they started.
# They come ordered by database. Each worker takes a stretch of them, so it makes a database of
# each kind once; whoever is done early takes from the end of another's stretch.
CORES := $(shell nproc 2>/dev/null || echo 1)
PARALLEL := -n $(shell expr $(CORES) + 2) --maxprocesses 6 --dist worksteal

.DEFAULT_GOAL := help
.PHONY: help run test test-all check lint bench guide messages

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' $(MAKEFILE_LIST) | expand -t 16

run: .venv/run.stamp ## try Lodge: everything in one command, on http://127.0.0.1:$PORT (8000)
	@exec $(BIN)/python -m jobs.supervisor

test: .venv/dev.stamp ## install what is missing (root or sudo), then run the whole suite
	@.ci/install
	@$(BIN)/python -m tests.stages $(PARALLEL)

test-all: .venv/dev.stamp ## every test on both databases, the slow ones five times on a busy machine (an hour or more)
	@.ci/install
	@$(BIN)/python -m tests.stages --everything $(PARALLEL)

check: lint ## lint, types and the first values of each test, on SQLite: before each commit
	@$(BIN)/python -m pytest -n $(CORES) --dist worksteal -m "not slow and not broad" \
		--only-database sqlite --first-values --durations 10 --durations-min 0.5

lint: .venv/dev.stamp ## format, lint and types
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy

bench: .venv/dev.stamp ## print the figures (many minutes); BENCH="--tickets 1000000", BENCH=--help
	@$(BIN)/python -m tests.bench $(BENCH); ended=$$?; \
		[ -n "$(BENCH)" ] || $(BIN)/python -m tests.bench.inbound || ended=1; exit $$ended

guide: .venv/dev.stamp ## follow the guides line by line in a bare Debian 12 (root, minutes); GUIDE=--help
	@$(BIN)/python -m tests.bare_root $(GUIDE)

.venv/dev.stamp: requirements-dev.txt .venv/run.stamp
	@$(PIP) -r requirements-dev.txt
	@touch $@

.venv/run.stamp: requirements.txt
	@$(USABLE) || $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "lodge: needs Python 3.11 or newer; name it with: make $(MAKECMDGOALS) PYTHON=python3.11" >&2; exit 1; }
	@$(USABLE) || $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "lodge: this Python cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; }
	@$(USABLE) || [ ! -e .venv ] || echo "lodge: .venv cannot be used with $$($(PYTHON) -V), making it anew" >&2
	@echo "Installing into .venv (once)…"
	@$(USABLE) || $(PYTHON) -m venv --clear .venv
	@$(PIP) -r requirements.txt
	@$(BIN)/python -V >$@

messages: .venv/dev.stamp ## refresh the message catalogues after texts have changed
	@mkdir -p build
	@$(BIN)/pybabel -q extract -F pyproject.toml -k lazy_gettext -k lazy_pgettext:1c,2 --no-location --no-wrap --sort-output -o build/messages.pot .
	@$(BIN)/pybabel -q update -i build/messages.pot -d portal/translations --no-fuzzy-matching --no-wrap --ignore-pot-creation-date
	@sed -i -E '/^"(Report-Msgid-Bugs-To|Last-Translator|Language-Team|Generated-By):/d' portal/translations/*/LC_MESSAGES/messages.po
