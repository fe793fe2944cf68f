# Everything a person runs here. `make` alone lists it.
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
# Tests wait more than they work, so more run at once than there are cores.
JOBS   ?= 3

.DEFAULT_GOAL := help

help: ## List the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## /{printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/.installed ## Play a small day at a utility: CCB and MDM, fourteen processes, both ways
	@$(BIN)/python -m examples.utility_day

utility-day: $(VENV)/.installed ## The same with 5,000 customers: some 20,000 synchronizations (about four minutes)
	@$(BIN)/python -m examples.utility_day --customers 5000 --workers 2 --json utility-day.json

test: $(VENV)/.tests ## Run lint, types, the floor contracts and every test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -n $(JOBS) --dist loadscope --no-loadscope-reorder

bench: $(VENV)/.tests ## Measure accept, deliver and end-to-end rates beside the tutorial way
	@$(BIN)/python -m bench

fuzz: $(VENV)/.tests ## Send the gateway 100,000 mutated requests (about three minutes)
	JMSWRAP_FUZZ=$${JMSWRAP_FUZZ:-100000} $(BIN)/pytest tests/unit/soap/test_fuzz.py

crash-matrix: $(VENV)/.tests ## Strike every process at every step and see that nothing acknowledged is lost (10 minutes)
	@$(BIN)/python -m tests.crash --json crash-matrix.json --page docs/crash-matrix.md

soak: $(VENV)/.tests ## Send 50,000 messages while processes are killed at random
	@$(BIN)/python -m tests.crash.soak --json soak.json

interop: $(VENV)/.tests ## Have other SOAP toolchains import and call what is published (needs the kit; half an hour)
	@$(BIN)/python -m tests.interop --page docs/interoperability.md

docs: $(VENV)/.installed ## Write the pages that are made from the code
	$(BIN)/python -m jmswrap.config.document > docs/configuration.md
	$(BIN)/python -m jmswrap.cli.document > docs/commands.md
	PYTHONPATH=.:tests/unit/soap $(BIN)/python tests/unit/soap/conformance.py > docs/conformance.md

clean: ## Remove what these commands made
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache

$(VENV)/.installed: setup.cfg pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing jmswrap into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.tests: $(VENV)/.installed
	@echo "Installing the test tools into $(VENV) (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

.PHONY: help demo utility-day test bench fuzz crash-matrix soak interop docs clean
