"""Clients and settings of destinations under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import Literal

from dlt.absent import absent_names
from dlt.common.destination.capabilities import DestinationCapabilitiesContext
from dlt.configuration.spec import configspec
from dlt.destinations.client import Client
from dlt.destinations.client_spec import DestinationClientConfiguration, DestinationClientDwhConfiguration
from dlt.destinations.impl.filesystem.layout import DEFAULT_LAYOUT as DEFAULT_FILE_LAYOUT
from dlt.destinations.stored import StateInfo, StorageSchemaInfo

__all__ = [
    "DEFAULT_FILE_LAYOUT",
    "DestinationCapabilitiesContext",
    "DestinationClientConfiguration",
    "DestinationClientDwhConfiguration",
    "DestinationClientDwhWithStagingConfiguration",
    "DestinationClientStagingConfiguration",
    "JobClientBase",
    "StateInfo",
    "StorageSchemaInfo",
    "TLoadJobState",
]
__getattr__ = absent_names(
    __name__,
    "A destination of your own derives from dlt.destinations.Destination and opens a dlt.destinations.client.Client; "
    "rows alone go to a function decorated with @dlt.destination.",
    "LoadJob RunnableLoadJob FollowupJobRequest HasFollowupJobs WithStateSync WithStagingDataset SqlModel "
    "SupportsStagingDestination SupportsOpenTables WithAttachableEngine",
)
JobClientBase = Client
TLoadJobState = Literal["ready", "running", "failed", "retry", "completed"]


@configspec
class DestinationClientStagingConfiguration(DestinationClientDwhConfiguration):
    """Settings of a place where files wait."""

    as_staging_destination: bool = False
    bucket_url: str | None = None
    layout: str = DEFAULT_FILE_LAYOUT
    warn_unsafe_layout_separators: bool = True


@configspec
class DestinationClientDwhWithStagingConfiguration(DestinationClientDwhConfiguration):
    """Settings of destinations with tables that load from a place where files wait."""

    staging_config: DestinationClientStagingConfiguration | None = None
    truncate_tables_on_staging_destination_before_load: bool = True
