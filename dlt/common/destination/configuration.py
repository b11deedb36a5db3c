"""Options of CSV and Parquet files under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

from typing import ClassVar, Literal

from dlt.configuration.spec import BaseConfiguration, configspec

CsvQuoting = Literal["quote_all", "quote_needed", "quote_minimal", "quote_none"]
ParquetCompression = Literal["none", "snappy", "gzip", "brotli", "lz4", "zstd"]


@configspec
class CsvFormatConfiguration(BaseConfiguration):
    """How CSV files are written and read."""

    __section__: ClassVar[str | None] = "data_writer"
    delimiter: str = ","
    include_header: bool = True
    quoting: CsvQuoting = "quote_needed"
    lineterminator: str = "\n"
    encoding: str = "utf-8"
    encoding_errors: str = "strict"
    on_error_continue: bool = False


@configspec
class ParquetFormatConfiguration(BaseConfiguration):
    """How Parquet files are written."""

    __section__: ClassVar[str | None] = "data_writer"
    flavor: str | None = None
    version: str | None = "2.4"
    compression: ParquetCompression | None = "snappy"
    data_page_size: int | None = None
    timestamp_timezone: str | None = None
    row_group_size: int | None = None
    coerce_timestamps: Literal["s", "ms", "us", "ns"] | None = None
    allow_truncated_timestamps: bool = False
    use_compliant_nested_type: bool = True
    write_page_index: bool = False
    use_content_defined_chunking: bool = False
    supports_dictionary_encoding: bool = True
    arrow_concat_promote_options: Literal["none", "default", "permissive"] = "none"

    def max_timestamp_precision(self) -> int:
        """Return how many digits of a second its files keep."""
        # before 2.6 Parquet had no nanoseconds
        return _DIGITS[self.coerce_timestamps or ("ns" if (self.version or "2.6") >= "2.6" else "us")]


_DIGITS = {"s": 0, "ms": 3, "us": 6, "ns": 9}
