"""Destinations under the names of PyPI `dlt` 1.x."""

from dlt.destinations.base import Destination
from dlt.schema.capabilities import Capabilities as DestinationCapabilitiesContext

__all__ = ["Destination", "DestinationCapabilitiesContext"]
