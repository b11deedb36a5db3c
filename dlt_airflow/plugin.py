"""The link beside a load task, as a plugin: those of operators are kept as XComs, this one is made when asked for.

Airflow imports it in every process, so it imports next to nothing.
"""

from __future__ import annotations

from typing import ClassVar

from airflow.plugins_manager import AirflowPlugin

from dlt_airflow.links import LoadInfoLink


class DltPlugin(AirflowPlugin):  # type: ignore[misc]  # Any where Airflow is not installed
    """Offer the link."""

    name = "dlt"
    operator_extra_links: ClassVar[list[LoadInfoLink]] = [LoadInfoLink()]
