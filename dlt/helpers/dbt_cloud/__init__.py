"""Run jobs of dbt Cloud after a load."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from dlt.configuration.resolve import resolve_configuration
from dlt.errors import ConfigurationValueError
from dlt.helpers.dbt_cloud.client import DBTCloudClientV2, InvalidCredentialsException
from dlt.helpers.dbt_cloud.configuration import SECTION, DBTCloudConfiguration

__all__ = [
    "DBTCloudClientV2",
    "DBTCloudConfiguration",
    "InvalidCredentialsException",
    "get_dbt_cloud_run_status",
    "run_dbt_cloud_job",
]
_OF_RUN = ("cause", "git_sha", "git_branch", "schema_override")


def run_dbt_cloud_job(
    credentials: DBTCloudConfiguration | None = None,
    job_id: int | str | None = None,
    data: Mapping[str, Any] | None = None,
    wait_for_outcome: bool = True,
    wait_seconds: int = 10,
) -> dict[str, Any]:
    """Begin a run of a job; return what dbt Cloud knows of it.

    Args:
        credentials: Account and job; what is configured under `[dbt_cloud]` when None.
        job_id: The job; that of the configuration when None.
        data: What the run gets; it comes before the configuration.
        wait_for_outcome: Return when the run has ended.
        wait_seconds: Seconds between two questions.

    Raises:
        ConfigurationValueError: no job is named.
        requests.HTTPError: dbt Cloud refuses.
    """
    known = _resolved(credentials)
    # told before anything is sent
    job = job_id or known.job_id
    if not job:
        raise ConfigurationValueError("dbt Cloud: no job is named. Pass job_id, or set dbt_cloud.job_id.")
    of_run = {name: known[name] for name in _OF_RUN if known[name]}
    run_id = _client(known).trigger_job_run(job, {**of_run, **(data or {})})
    return get_dbt_cloud_run_status(known, run_id, wait_for_outcome, wait_seconds)


def get_dbt_cloud_run_status(
    credentials: DBTCloudConfiguration | None = None,
    run_id: int | str | None = None,
    wait_for_outcome: bool = True,
    wait_seconds: int = 10,
) -> dict[str, Any]:
    """Return what dbt Cloud knows of a run.

    Args:
        credentials: Account and run; what is configured under `[dbt_cloud]` when None.
        run_id: The run; that of the configuration when None.
        wait_for_outcome: Return when the run has ended.
        wait_seconds: Seconds between two questions.

    Raises:
        ConfigurationValueError: no run is named.
        requests.HTTPError: dbt Cloud refuses.
    """
    known = _resolved(credentials)
    run = run_id or known.run_id
    if not run:
        raise ConfigurationValueError("dbt Cloud: no run is named. Pass run_id, or set dbt_cloud.run_id.")
    client = _client(known)
    while True:
        status = client.get_run_status(run)
        # it is complete whether it succeeded, failed or was cancelled
        if status.get("is_complete") or not wait_for_outcome:
            return status
        time.sleep(wait_seconds)


def _resolved(given: DBTCloudConfiguration | None) -> DBTCloudConfiguration:
    if given is not None and given.is_resolved():
        return given
    # what a program says comes before what is configured
    defaults = DBTCloudConfiguration()
    said = {name: value for name, value in dict(given or {}).items() if value != defaults.get(name)}
    return resolve_configuration(DBTCloudConfiguration(), sections=(SECTION,), explicit_value=said)


def _client(known: DBTCloudConfiguration) -> DBTCloudClientV2:
    return DBTCloudClientV2(known.api_token, known.account_id, known.base_api_url)
