# make demo: set up and run the main job.  make test: set up, lint, type-check, test.
# make bench: compare with other finite-element programs, see docs/performance.md; SIZES=small takes a few minutes.
# make docs: the site, in build/docs; runs all studies and tests of verification; STUDIES="a b" runs these studies alone.
# make convergence: errors against unknowns and seconds, see docs/convergence.md.
# make dist: wheel and source archive in build/dist, tried in new environments, see docs/releasing.md;
#   PYTHONS="python3.11 python3.13" names the interpreters.
PYTHON ?= python3
PYTHONS ?= $(PYTHON)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up
SIZES ?= default
STUDIES ?=
SOURCES := $(shell find src tests/verification tests/support -name '*.py' -o -path 'src/*.yaml')

.PHONY: demo test test-all bench convergence docs dist install lint clean

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
	$(BIN)/python -m benchmarks.charging --sizes $(SIZES)
	$(BIN)/python -m benchmarks.tables

convergence: install
	$(BIN)/python -m benchmarks.convergence
	$(BIN)/python -m benchmarks.convergence_page

docs: install build/verification.xml
	rm -rf build/docs build/docs-source
	$(BIN)/python docs/pages.py build/docs-source
	$(BIN)/python docs/verification.py build/verification.xml build/docs-source/verification.md
	$(BIN)/python docs/notebooks.py build/docs-source
	$(BIN)/python docs/gallery.py build/gallery build/docs-source $(STUDIES)
	$(BIN)/python -m sphinx --quiet --fail-on-warning --keep-going --nitpicky build/docs-source build/docs
	$(BIN)/python docs/links.py build/docs

dist: install
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[release]'
	rm -rf build/dist
	$(BIN)/python -m build --outdir build/dist .
	$(BIN)/python -m twine check --strict build/dist/*
	packaging/check build/dist $(PYTHONS)

# pytest tells how far off held assertions were only where it compiles the tests for that.
build/verification.xml: $(SOURCES) docs/verification.py | install
	rm -rf tests/verification/__pycache__ tests/support/__pycache__
	$(BIN)/python -m pytest -n 2 --dist worksteal --timeout 1200 -m "not slow" -p docs.verification \
		-o enable_assertion_pass_hook=true --junit-xml=$@ tests/verification || { rm -f $@; exit 1; }

lint: install
	$(BIN)/ruff check src tests docs benchmarks examples
	$(BIN)/ruff format --check src tests docs benchmarks examples
	$(BIN)/mypy

install: $(STAMP)

$(STAMP): pyproject.toml set-up
	PYTHON="$(PYTHON)" ./set-up $(VENV)
	touch $@

clean:
	rm -rf $(VENV) build results .mypy_cache .ruff_cache .pytest_cache
