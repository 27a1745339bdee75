# What people do with the project. `make` alone lists it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
PACKAGES := telemetry configuration kafka_client collector processor simulator standalone migrations testkit tests benchmarks

.PHONY: help install run test check format bench nightly lock clean

help: ## list the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

install: $(BIN)/.runtime ## the virtual environment with what running needs

run: $(BIN)/.runtime web/dist/index.html ## the whole pipeline on this machine; ARGS="--aircraft 12000" and so on
	@exec $(BIN)/python -m standalone $(ARGS)

test: check web/dist/index.html ## everything: checks, then all tests on real Kafka and TimescaleDB where they can be had
	$(BIN)/python web/build.py test
	$(BIN)/python -m testkit.install
	$(BIN)/python -m pytest $(ARGS)

check: $(BIN)/.development $(BIN)/.web ## formatting, lint, types, layers, spelling, the compose file
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy $(PACKAGES)
	$(BIN)/lint-imports
	$(BIN)/codespell
	$(BIN)/python -m testkit.prose
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/python web/build.py check

format: $(BIN)/.development $(BIN)/.web ## let the tools mend what they can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .
	$(BIN)/python web/build.py format

bench: $(BIN)/.development web/dist/index.html ## measure; results go to benchmarks/results/
	$(BIN)/python -m testkit.install
	$(BIN)/python -m benchmarks

nightly: $(BIN)/.development ## the tests that take long
	$(BIN)/python -m testkit.install
	$(BIN)/python -m pytest -m nightly --timeout 7200 $(ARGS)

lock: $(BIN)/.development ## newest versions of every dependency, by hash
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --upgrade --quiet pyproject.toml --output-file requirements.lock
	$(BIN)/uv pip compile --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
		--no-header --upgrade --quiet --extra dev --constraint requirements.lock \
		pyproject.toml --output-file requirements-dev.lock

clean: ## the virtual environment, the built page and the tools' caches
	rm -rf $(VENV) web/dist web/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Python 3.11 or newer is needed; name one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(BIN)/.runtime: $(BIN)/python requirements.lock
	@echo "installing what requirements.lock names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

$(BIN)/.development: $(BIN)/.runtime requirements-dev.lock
	@echo "installing what requirements-dev.lock names ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@touch $@

include web/web.mk
