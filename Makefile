VENV ?= .venv
PYTHON ?= python3
READY := $(VENV)/.ready
WHERE ?= demo

.PHONY: demo test lint benchmark samples clean

# The environment: exact versions, from wheels.
$(READY): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable ".[unit,dev,benchmark]"
	touch $(READY)

# Six invented councils submit, the night runs, and a table says what was found.
demo: $(READY)
	$(VENV)/bin/counterfoil demo --out $(WHERE)

test: $(READY) lint
	$(VENV)/bin/python -m pytest -n 2 --cov --cov-report=term --cov-fail-under=90

lint: $(READY)
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy

# Rows per second and peak memory of each stage; takes minutes.
benchmark: $(READY)
	$(VENV)/bin/python -m benchmarks.stages

# The small extracts in sample_data/extracts, made again from the seed.
samples: $(READY)
	$(VENV)/bin/python -m sample_data --out sample_data/extracts --residents 600

clean:
	rm -rf $(VENV) demo build *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
