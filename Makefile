# make demo: set up and run the main job.  make test: set up, lint, type-check, test.
# make bench: compare with other finite-element programs, see docs/performance.md; SIZES=small takes a few minutes.
# make convergence: errors against unknowns and seconds, see docs/convergence.md.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
SIZES ?= default

.PHONY: demo test test-all bench convergence install lint clean

demo: install
	$(BIN)/microfem run studies/energy_distribution.yaml -o results/energy-distribution

test: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal -m "not slow" tests

test-all: lint
	$(BIN)/python -m pytest -n 2 --dist worksteal --timeout 1200 tests

bench: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[bench]'
	$(BIN)/python -m benchmarks --sizes $(SIZES)
	$(BIN)/python -m benchmarks.large_strain --sizes $(SIZES)
	$(BIN)/python -m benchmarks.tables

convergence: install
	$(BIN)/python -m benchmarks.convergence
	$(BIN)/python -m benchmarks.convergence_page

lint: install
	$(BIN)/ruff check src tests docs benchmarks
	$(BIN)/ruff format --check src tests docs benchmarks
	$(BIN)/mypy

install: $(STAMP)

$(STAMP): pyproject.toml set-up
	PYTHON="$(PYTHON)" ./set-up $(VENV)
	touch $@

clean:
	rm -rf $(VENV) build results .mypy_cache .ruff_cache .pytest_cache
