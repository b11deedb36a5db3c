"""Settings of jobs of dbt Cloud."""

from __future__ import annotations

from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.configuration.values import TSecretStrValue
from dlt.helpers.dbt_cloud.client import BASE_URL

SECTION = "dbt_cloud"


@configspec
class DBTCloudConfiguration(BaseConfiguration):
    """An account of dbt Cloud, a job or a run of it, and how runs are begun.

    Attributes:
        api_token: Token of the account.
        account_id: Id of the account.
        job_id: Id of the job that is begun.
        project_id: Id of the project.
        environment_id: Id of the environment.
        run_id: Id of the run that is asked for.
        cause: Why a run is begun, as dbt Cloud shows it.
        git_sha: Commit that is run.
        git_branch: Branch that is run.
        schema_override: Schema into which it goes.
        base_api_url: Address of the service; that of a region or of a host of one's own may be another one.
    """

    api_token: TSecretStrValue = None  # type: ignore[assignment]  # looked up, as a field without a value is
    account_id: str | None = None
    job_id: str | None = None
    project_id: str | None = None
    environment_id: str | None = None
    run_id: str | None = None
    cause: str = "Triggered via API"
    git_sha: str | None = None
    git_branch: str | None = None
    schema_override: str | None = None
    base_api_url: str = BASE_URL
