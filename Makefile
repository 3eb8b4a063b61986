# make demo: set up and run the main job.  make test: set up, lint, type-check, test.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

.PHONY: demo test test-all install lint clean

demo: install
	$(BIN)/microfem run studies/energy_distribution.yaml -o results/energy-distribution

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" tests

test-all: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal --timeout 1200 tests

lint: install
	$(BIN)/ruff check src tests docs
	$(BIN)/ruff format --check src tests docs
	$(BIN)/mypy

install: $(STAMP)

$(STAMP): pyproject.toml set-up
	PYTHON="$(PYTHON)" ./set-up $(VENV)
	touch $@

clean:
	rm -rf $(VENV) build results .mypy_cache .ruff_cache .pytest_cache
