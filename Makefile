# Every target makes and reuses .venv by itself: uv when it is there, else the standard library's venv and pip.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.PHONY: install demo test check bench docs clean
install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(PY) || uv venv --python $(PYTHON) $(VENV); \
		uv pip install --python $(PY) -c constraints.txt -e ".[dev]"; \
	else \
		test -x $(PY) || $(PYTHON) -m venv $(VENV); \
		$(PY) -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[dev]"; \
	fi
	@touch $(STAMP)

demo: install
	$(PY) examples/quickstart.py

check: install
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

test: install
	$(PY) -m pytest --cov --cov-report=term:skip-covered

bench: install
	$(PY) benchmarks/run.py

docs: install
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --python $(PY) -c constraints.txt -e ".[docs]"; \
	else \
		$(PY) -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[docs]"; \
	fi
	$(VENV)/bin/zensical build

clean:
	rm -rf $(VENV) site dist .mypy_cache .ruff_cache .pytest_cache
