"""Destinations under the names of PyPI `dlt` 1.x."""

from dlt.common.destination.capabilities import (
    LOADER_FILE_FORMATS,
    DestinationCapabilitiesContext,
    TLoaderFileFormat,
    merge_caps_file_formats,
)
from dlt.common.destination.reference import (
    AnyDestination,
    Destination,
    DestinationReference,
    TDestinationReferenceArg,
)
from dlt.common.destination.typing import PreparedTableSchema

__all__ = [
    "LOADER_FILE_FORMATS",
    "AnyDestination",
    "Destination",
    "DestinationCapabilitiesContext",
    "DestinationReference",
    "PreparedTableSchema",
    "TDestinationReferenceArg",
    "TLoaderFileFormat",
    "merge_caps_file_formats",
]
