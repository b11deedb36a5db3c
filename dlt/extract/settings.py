"""How an extract is done, as the pipeline says."""

from __future__ import annotations

from dataclasses import dataclass, field

from dlt.extract.refresh import RefreshMode
from dlt.formats.spool import MAX_FILE_BYTES
from dlt.progress import Collector, NullCollector
from dlt.schema.capabilities import Capabilities


@dataclass
class ExtractOptions:
    """How to extract; sizes in bytes."""

    workers: int | None = None
    max_parallel_items: int | None = None
    max_file_bytes: int = MAX_FILE_BYTES
    refresh: RefreshMode | None = None
    collector: Collector = field(default_factory=NullCollector)
    capabilities: Capabilities | None = None
    """What the destination can do, if it is known."""
    keeps_contracts: bool = False
    """A contract that the code does not give any more still counts, as it was stored."""
    keys_part_tables: bool = False
    """A nested table that is new and has a key is one of its own."""
    last_of_equal_names: bool = False
    """Of keys of a document that become one column the last value stays."""

    keeps_keys: bool = False
    """An empty key leaves that of earlier runs as it is."""
