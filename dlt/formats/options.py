"""How files of CSV and Parquet are written, where section `data_writer` says it: they stay as they are in a bucket."""

from __future__ import annotations

import dataclasses
import io
import typing
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from dlt.configuration import get_value
from dlt.errors import ConfigurationValueError
from dlt.formats.text import file_of_text
from dlt.late import pa, pq


@dataclass(frozen=True)
class CsvOptions:
    """How CSV is written.

    Attributes:
        delimiter: Stands between values.
        include_header: The first line has the names of the columns.
        lineterminator: Ends lines.
        quoting: Which values stand in quotes: texts, all, those that need it, none. NULL is nothing in any case.
    """

    delimiter: str = ","
    include_header: bool = True
    lineterminator: str = "\n"
    quoting: Literal["quote_needed", "quote_all", "quote_minimal", "quote_none"] = "quote_needed"

    def shaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch as it is written."""
        return batch

    def writer(self, path: str, schema: pa.Schema) -> CsvLines:
        """Return a writer of a new file."""
        return CsvLines(path, schema, self)


@dataclass(frozen=True)
class ParquetOptions:
    """How Parquet is written; all but the time zone is pyarrow's.

    Attributes:
        flavor: "spark" for names and moments that old readers know.
        version: Version of the format.
        data_page_size: Bytes of a page.
        row_group_size: Rows of a group.
        timestamp_timezone: Zone of moments; empty for moments without one, in UTC.
        coerce_timestamps: Unit of all moments.
        allow_truncated_timestamps: A moment may lose digits by that.
        write_page_index: Write an index of pages.
        use_content_defined_chunking: Let the content say where pages end.
    """

    flavor: Literal["spark"] | None = None
    version: Literal["1.0", "2.4", "2.6"] = "2.6"
    data_page_size: int | None = None
    row_group_size: int | None = None
    timestamp_timezone: str = "UTC"
    coerce_timestamps: Literal["ms", "us"] | None = None
    allow_truncated_timestamps: bool = False
    write_page_index: bool = False
    use_content_defined_chunking: bool = False

    def shaped(self, batch: pa.RecordBatch) -> pa.RecordBatch:
        """Return a batch with moments in the zone."""
        # the moments stay: only what is written beside them, and no zone means UTC to every reader
        zone = self.timestamp_timezone or None
        arrays = [
            array.cast(pa.timestamp(array.type.unit, zone))
            if pa.types.is_timestamp(array.type) and array.type.tz is not None
            else array
            for array in batch.columns
        ]
        return pa.RecordBatch.from_arrays(arrays, names=batch.schema.names)

    def writer(self, path: str, schema: pa.Schema) -> ParquetRows:
        """Return a writer of a new file."""
        return ParquetRows(path, schema, self)


FormatOptions: TypeAlias = "CsvOptions | ParquetOptions"
_OF: dict[str, type[CsvOptions] | type[ParquetOptions]] = {"csv": CsvOptions, "parquet": ParquetOptions}


def configured_options(kind: str, pipeline_name: str) -> FormatOptions | None:
    """Return the options that sections `normalize.data_writer` and `data_writer` have for a format; None for none.

    Args:
        kind: The format.
        pipeline_name: Name of the pipeline.

    Raises:
        ConfigValueCannotBeCoercedException: one is not of its type.
        ConfigurationValueError: one is none that can be written.
    """
    spec = _OF.get(kind)
    # JSON lines and Arrow can be written in one way only
    if spec is None:
        return None
    hints = typing.get_type_hints(spec)
    asked = {
        field.name: get_value(
            field.name,
            hints[field.name],
            sections=("normalize",),
            inner=("data_writer",),
            default=None,
            pipeline_name=pipeline_name,
        )
        for field in dataclasses.fields(spec)
    }
    # what nothing sets has the default of its dataclass, which is the way that files are written without options
    found = {name: value for name, value in asked.items() if value is not None}
    options = spec(**found)
    if isinstance(options, CsvOptions) and len(options.delimiter.encode()) != 1:
        raise ConfigurationValueError(f"data_writer.delimiter is {options.delimiter!r}. Give one character of ASCII.")
    # written as ever, without a look at each column
    return None if options == spec() else options


class ParquetRows:
    """A file of Parquet."""

    def __init__(self, path: str, schema: pa.Schema, options: ParquetOptions) -> None:
        given = dataclasses.asdict(options)
        # pyarrow takes this one with each batch, and knows nothing of the other
        self._group = given.pop("row_group_size")
        given.pop("timestamp_timezone")
        # releases of pyarrow that do not have it yet write as ever
        if not given["use_content_defined_chunking"]:
            given.pop("use_content_defined_chunking")
        self._writer = pq.ParquetWriter(path, schema, compression="snappy", **given)

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch."""
        self._writer.write_batch(batch, self._group)

    def close(self) -> None:
        """End the file."""
        self._writer.close()


class CsvLines:
    """A file of CSV, line by line: pyarrow does not end lines as one likes."""

    def __init__(self, path: str, schema: pa.Schema, options: CsvOptions) -> None:
        self._options = options
        self._special = ('"', "\r", "\n", options.delimiter)
        # newline="": the end of lines is the one that was asked for
        self._file = io.TextIOWrapper(file_of_text(path), encoding="utf-8", newline="")
        if options.include_header:
            self._write([self._field(name, is_text=True) for name in schema.names])

    def write_batch(self, batch: pa.RecordBatch) -> None:
        """Append a batch.

        Raises:
            ConfigurationValueError: values need quotes, and there are to be none.
        """
        for line in zip(*(self._fields(array) for array in batch.columns), strict=True):
            self._write(line)

    def close(self) -> None:
        """End the file."""
        self._file.close()

    def _write(self, fields: typing.Iterable[str]) -> None:
        self._file.write(self._options.delimiter.join(fields) + self._options.lineterminator)

    def _fields(self, array: pa.Array) -> Iterator[str]:
        # pyarrow writes the same texts: a file has them alike, with options and without
        is_text = pa.types.is_string(array.type) or pa.types.is_large_string(array.type)
        for value in array.cast(pa.string()).to_pylist():
            yield "" if value is None else self._field(value, is_text)

    def _field(self, value: str, is_text: bool) -> str:
        quoting = self._options.quoting
        # a reader would take these for the end of the value or of the line
        must = any(special in value for special in self._special)
        if quoting == "quote_none":
            if must:
                raise ConfigurationValueError(
                    f"data_writer.quoting is 'quote_none', and {value[:60]!r} has a delimiter, a quote or a new line "
                    "in it. Choose another delimiter, or 'quote_minimal'."
                )
            return value
        # without quotes an empty text is NULL to every reader
        if quoting == "quote_all" or must or (is_text and (quoting == "quote_needed" or not value)):
            return '"' + value.replace('"', '""') + '"'
        return value
