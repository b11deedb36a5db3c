"""Settings of files under the names of PyPI `dlt` 1.x."""

from dlt.common.destination.configuration import CsvFormatConfiguration, ParquetFormatConfiguration

__all__ = ["CsvFormatConfiguration", "ParquetFormatConfiguration"]
