# What you need is Python 3.11 or newer with pip and venv, and make. Everything goes into .venv.
PYTHON ?= python3
VENV ?= .venv
ARGS ?=
BENCH ?= accuracy
RUNS ?= 2000
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --disable-pip-version-check --quiet

.PHONY: install encoder dev demo up test campaign check lint types imports bench clean

install: $(VENV)/.installed $(VENV)/.encoder

$(VENV)/.made:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Greenroom needs Python 3.11 or newer; $(PYTHON) is $$($(PYTHON) --version 2>&1)."; \
	  echo "Name another one: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.packages: $(VENV)/.made requirements/runtime.txt
	@echo "Installing what Greenroom runs with into $(VENV) ..."
	@$(PIP) -r requirements/runtime.txt
	@touch $@

$(VENV)/.installed: $(VENV)/.packages pyproject.toml
	@$(PIP) --no-deps --editable .
	@touch $@

# Tried once: without them everything works, with the fast profile. `make encoder` tries again.
$(VENV)/.encoder: | $(VENV)/.installed
	@echo "Building the sentence encoders ..."
	@$(BIN)/greenroom encoder build || \
	  echo "No sentence encoder: bots will be trained with the fast profile. Try again with: make encoder"
	@$(BIN)/greenroom encoder build --profile multilingual || \
	  echo "No encoder for many languages: the multilingual profile is not available. Try again with: make encoder"
	@touch $@

encoder: $(VENV)/.installed
	$(BIN)/greenroom encoder build
	$(BIN)/greenroom encoder build --profile multilingual

$(VENV)/.dev: $(VENV)/.installed requirements/dev.txt
	@echo "Installing what the tests need ..."
	@$(PIP) -r requirements/dev.txt
	@touch $@

dev: $(VENV)/.dev $(VENV)/.encoder

demo: install
	@$(BIN)/greenroom demo $(ARGS)

up: install
	@exec $(BIN)/greenroom up $(ARGS)

# Bytecode is kept whatever the environment says: every worker, and every process that a test starts, would compile it.
test: dev
	PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist worksteal $(ARGS)

# Many times what `make test` drives at random. RUNS says how many.
campaign: dev
	GREENROOM_PROPERTY_RUNS=$(RUNS) $(BIN)/python -m pytest -n auto --maxprocesses 4 tests/publisher/test_property.py $(ARGS)
	GREENROOM_FORGERIES=100000 $(BIN)/python -m pytest -n auto --maxprocesses 4 \
	  tests/live_api/channels/test_signatures.py tests/live_api/test_webhooks.py -k forgery
	GREENROOM_DELIVERIES=100000 GREENROOM_KILLS=500 $(BIN)/python -m pytest -n 2 -rP tests/live_api/test_campaign.py
	GREENROOM_ACKNOWLEDGEMENTS=1000 $(BIN)/python -m pytest -n 0 tests/live_api/test_early_acknowledgement.py

check: lint types imports

lint: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: dev
	$(BIN)/mypy

imports: dev
	$(BIN)/lint-imports

bench: dev
	$(BIN)/python -m bench.$(BENCH) $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
