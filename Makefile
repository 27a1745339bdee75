# What people do with the project. `make` alone lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PACKAGES := telemetry configuration kafka_client collector processor simulator standalone migrations testkit tests benchmarks clients/python/src examples

# Two targets that install into the virtual environment may not run at the same time.
ifeq ($(MAKELEVEL),0)
.NOTPARALLEL:
endif

# Many tests wait for services that start or stop, so there are more workers than processors. With
# one more the processors are no busier, and what a test waits for takes longer.
WORKERS ?= 3

.PHONY: help install run quick test check format bench faults nightly community lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(BIN)/.runtime ## the virtual environment with what collector and processor need

run: $(BIN)/.standalone web/dist/index.html ## the whole pipeline on this machine; ARGS="--aircraft 12000" and so on
	@exec $(BIN)/python -m standalone $(ARGS)

quick: check web/dist/index.html ## the checks, and the tests that need neither Kafka nor a database: under two minutes
	$(PYTEST) --numprocesses $(WORKERS) $(QUICK_TESTS)

test: $(BIN)/.development $(BIN)/.web ## everything: checks, then all tests on real Kafka and TimescaleDB where they can be had
	@$(MAKE) $(IN_PARALLEL) $(CHECKS) test-web parts
	$(PYTEST) --numprocesses $(WORKERS) --cov --cov-report= tests/unit
	@echo "the unit tests cover $$($(BIN)/coverage report --format=total) % of statements and branches"
	$(PYTEST) --numprocesses $(WORKERS) -m "not nightly and not alone" $(SLOW_TESTS)
	$(PYTEST) -m "alone and not nightly" $(SLOW_TESTS)

check: $(BIN)/.development $(BIN)/.web ## formatting, lint, types, layers, spelling, prose, the compose file
	@$(MAKE) $(IN_PARALLEL) $(CHECKS)

# The longest comes first.
CHECKS := check-types check-web check-prose check-layers check-format check-lint check-spelling check-figures check-compose
IN_PARALLEL := --no-print-directory --output-sync=target --jobs=3
PYTEST := $(BIN)/python -m pytest --durations=10
QUICK_TESTS := tests/unit tests/property
SLOW_TESTS := --ignore=tests/unit tests

.PHONY: $(CHECKS) test-web parts

check-types:
	$(BIN)/mypy $(PACKAGES)

check-web:
	$(BIN)/python web/build.py check

check-prose:
	$(BIN)/python -m testkit.prose

check-layers:
	$(BIN)/lint-imports

check-format:
	$(BIN)/ruff format --check .

check-lint:
	$(BIN)/ruff check .

check-spelling:
	$(BIN)/codespell

check-figures:
	$(BIN)/python -m benchmarks.readme --check

check-compose:
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml

# After the check, because both install what the page needs.
test-web: check-web web/dist/index.html
	$(BIN)/python web/build.py test

parts: # real Kafka, TimescaleDB, PgBouncer, proxies, Prometheus, libfaketime and Chromium
	$(BIN)/python -m testkit.install

format: $(BIN)/.development $(BIN)/.web ## let the tools mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python web/build.py format

bench: $(BIN)/.development web/dist/index.html parts ## measure; results go to benchmarks/results/
	$(BIN)/python -m benchmarks

faults: $(BIN)/.development parts ## break every part on purpose; SEED=7 SEEDS=20, ARGS="--experiments F1,F3"
	$(BIN)/python -m tests.faults.programme $(if $(SEED),--seed $(SEED)) --seeds $(or $(SEEDS),1) $(ARGS); \
	status=$$?; $(BIN)/python -m tests.faults.reliability_page && exit $$status

nightly: $(BIN)/.development parts ## the tests that take long
	$(BIN)/python -m pytest -m nightly --timeout 7200 $(ARGS)
	HYPOTHESIS_PROFILE=nightly $(BIN)/python -m pytest -m "not nightly" --timeout 7200 tests/property
	CROWD_TIMES=5 $(BIN)/python -m pytest --timeout 7200 tests/faults/test_viewers.py

# The tests that read and write the history; those of embedded PostgreSQL and of stopped servers show nothing here.
COMMUNITY_TESTS := tests/integration/history $(addprefix tests/integration/test_,$(addsuffix .py,\
	areas audit audit_over_time exports flight_memory maintenance migrations plausible recorded_flights \
	replay retention segmentation sql_guide sums times))

community: $(BIN)/.development ## the tests of the history on anybody's TimescaleDB Community, all chunks compressed; URL=postgresql://...
	@test -n "$(URL)" || { echo "name a superuser's database: make community URL=postgresql://user:password@host/postgres"; exit 1; }
	TIMESCALE_URL="$(URL)" $(BIN)/python -m pytest -k "not embedded" $(COMMUNITY_TESTS) $(ARGS)

lock: $(BIN)/.development ## newest versions of every dependency, by hash
	$(BIN)/python -m pip install --quiet uv
	$(COMPILE) --output-file requirements.lock --extra otel --extra registry pyproject.toml
	$(COMPILE) --output-file requirements-standalone.lock --extra otel --extra registry --extra standalone --constraint requirements.lock pyproject.toml
	$(COMPILE) --output-file requirements-dev.lock --all-extras --constraint requirements-standalone.lock pyproject.toml
	$(COMPILE) --output-file deploy/sbom.lock --group sbom

COMPILE = $(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
	--no-header --upgrade --quiet

clean: ## the virtual environment, the built page and the tools' caches
	rm -rf $(VENV) web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache .coverage .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/.runtime: $(BIN)/python requirements.lock
	@echo "installing what requirements.lock names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

# requirements-standalone.lock contains all of requirements.lock, requirements-dev.lock all of both.
$(BIN)/.standalone: $(BIN)/python requirements.lock requirements-standalone.lock
	@echo "installing what requirements-standalone.lock names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-standalone.lock
	@touch $(BIN)/.runtime $@

$(BIN)/.development: $(BIN)/python requirements.lock requirements-standalone.lock requirements-dev.lock
	@echo "installing what requirements-dev.lock names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $(BIN)/.runtime $(BIN)/.standalone $@

include web/web.mk
