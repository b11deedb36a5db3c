"""The web service of dbt Cloud, version 2."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dlt.errors import DltException
from dlt.sources.helpers import requests

BASE_URL = "https://cloud.getdbt.com/api"
# JSON that the service answers
Answer = dict[str, Any]


class InvalidCredentialsException(DltException):
    """There is no token, or no account is named."""


class DBTCloudClientV2:
    """Begin runs of jobs, and ask for them.

    Args:
        api_token: Token of the account.
        account_id: Id of the account.
        base_api_url: Address of the service.

    Raises:
        InvalidCredentialsException: there is no token.
    """

    def __init__(self, api_token: str, account_id: str | None = None, base_api_url: str = BASE_URL) -> None:
        if not api_token:
            raise InvalidCredentialsException(
                "dbt Cloud: there is no token. Pass api_token, or set dbt_cloud.api_token."
            )
        self.api_version, self.base_api_url = "v2", f"{base_api_url.rstrip('/')}/v2"
        self.account_id = account_id
        self._headers = {"Authorization": f"Token {api_token}", "Accept": "application/json"}
        self.accounts_url = f"{self.base_api_url}/accounts"

    def get_endpoint(self, endpoint: str) -> Answer:
        """Return what the service says of something.

        Args:
            endpoint: Path behind the address of the service.

        Raises:
            requests.HTTPError: it refuses.
        """
        # to ask once more does no harm, so this one is tried again
        found: Answer = requests.get(self._url(endpoint), headers=self._headers).json()
        return found

    def post_endpoint(self, endpoint: str, json_body: Mapping[str, Any] | None = None) -> Answer:
        """Send something to the service, and return what it answers.

        Args:
            endpoint: Path behind the address of the service.
            json_body: What is sent.

        Raises:
            requests.HTTPError: it refuses.
        """
        # one try: a run that was begun without an answer must not be begun twice
        client = requests.Client(request_max_attempts=1)
        found: Answer = client.post(self._url(endpoint), headers=self._headers, json=dict(json_body or {})).json()
        return found

    def trigger_job_run(self, job_id: int | str, data: Mapping[str, Any] | None = None) -> int:
        """Begin a run of a job, and return its id.

        Args:
            job_id: The job.
            data: What the run gets, such as cause, git_sha and schema_override.

        Raises:
            InvalidCredentialsException: no account is named.
            requests.HTTPError: the service refuses.
        """
        answer = self.post_endpoint(f"accounts/{self._account()}/jobs/{job_id}/run/", data)
        return int(answer["data"]["id"])

    def get_run_status(self, run_id: int | str) -> Answer:
        """Return what the service knows of a run.

        Args:
            run_id: The run.

        Raises:
            InvalidCredentialsException: no account is named.
            requests.HTTPError: the service refuses.
        """
        found: Answer = self.get_endpoint(f"accounts/{self._account()}/runs/{run_id}/")["data"]
        return found

    def _account(self) -> str:
        if not self.account_id:
            raise InvalidCredentialsException(
                "dbt Cloud: no account is named. Pass account_id, or set dbt_cloud.account_id."
            )
        return str(self.account_id)

    def _url(self, endpoint: str) -> str:
        return f"{self.base_api_url}/{endpoint.lstrip('/')}"
