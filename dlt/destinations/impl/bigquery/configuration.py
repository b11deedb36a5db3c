"""Settings of BigQuery."""

from __future__ import annotations

from dataclasses import field

from dlt.absent import absent_names
from dlt.destinations.settings import IN_CODE
from dlt.late_dataclass import dataclass


@dataclass(frozen=True)
class BigQuerySettings:
    """What BigQuery takes beside credentials.

    Attributes:
        location: Where new datasets are, such as "EU".
        project_id: Project of the data, where it is not that of the credentials, which pays.
        api_endpoint: Where BigQuery is, if not at Google.
        http_timeout: Seconds to wait for the answer to one request.
        file_upload_timeout: Seconds to wait for the upload of one file.
        retry_deadline: Seconds in which requests are repeated until one is answered.
        has_case_sensitive_identifiers: Tell names of tables apart by case in new datasets.
        streaming_insert: Stream rows where a table does not say how.
        staging: A filesystem destination in Google Cloud Storage through which files go.
    """

    location: str = "US"
    project_id: str | None = None
    api_endpoint: str | None = None
    http_timeout: float = 30.0
    file_upload_timeout: float = 1_800.0
    retry_deadline: float = 60.0
    has_case_sensitive_identifiers: bool = True
    streaming_insert: bool = False
    staging: object = field(default=None, metadata=IN_CODE)


__getattr__ = absent_names(
    __name__, "dlt.destinations.bigquery(...) takes the settings by name.", "BigQueryClientConfiguration"
)
