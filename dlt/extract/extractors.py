"""What writes items of each kind: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names
from dlt.extract.items import ImportFileMeta, MaterializedEmptyList
from dlt.extract.mark import materialize_table_schema as materialize_schema_item
from dlt.extract.mark import with_file_import

__all__ = ["ImportFileMeta", "MaterializedEmptyList", "materialize_schema_item", "with_file_import"]
__getattr__ = absent_names(
    __name__,
    "pipeline.extract(data) takes items of every kind.",
    "Extractor ObjectExtractor ArrowExtractor ModelExtractor",
)
