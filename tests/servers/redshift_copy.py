"""COPY of the emulator: objects of S3 become the input of a COPY of PostgreSQL."""

from __future__ import annotations

import datetime
import gzip
import io
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.servers.redshift_sql import Refusal
from tests.servers.s3 import KEY, SECRET

ROLE = "arn:aws:iam::123456789012:role/loader"
_STATEMENT = re.compile(
    r"""^\s*COPY\s+(?P<target>(?:"[^"]*"\.?)+)\s*\((?P<columns>[^)]*)\)\s*FROM\s+'s3://(?P<bucket>[^/']+)/(?P<key>[^']*)'
    \s*(?P<access>IAM_ROLE\s+\S+|ACCESS_KEY_ID\s+'[^']*'\s+SECRET_ACCESS_KEY\s+'[^']*'(?:\s+SESSION_TOKEN\s+'[^']*')?)
    (?P<options>.*)$""",
    re.IGNORECASE | re.DOTALL | re.VERBOSE,
)
_NOT_COLUMNAR = re.compile(
    r"\b(GZIP|TIMEFORMAT|DATEFORMAT|MAXERROR|DELIMITER|TRUNCATECOLUMNS|BLANKSASNULL)\b", re.IGNORECASE
)
_MAX_ROW = 4 << 20
_FROM_PARQUET = {
    "smallint": pa.types.is_int16,
    "integer": pa.types.is_int32,
    "bigint": pa.types.is_int64,
    "double precision": pa.types.is_float64,
    "boolean": pa.types.is_boolean,
    "date": pa.types.is_date32,
    "varbyte": pa.types.is_binary,
}


@dataclass(frozen=True)
class Copy:
    """A COPY from S3, taken apart.

    Attributes:
        target: Table, as it is written.
        columns: Columns, as they are written.
    """

    target: str
    columns: tuple[str, ...]
    bucket: str
    key: str
    access: str
    options: str

    @classmethod
    def parse(cls, sql: str) -> Copy | None:
        """Return the statement, or None if it is another one."""
        found = _STATEMENT.match(sql)
        if found is None:
            return None
        columns = tuple(name.strip() for name in found["columns"].split(","))
        return cls(found["target"], columns, found["bucket"], found["key"], found["access"], found["options"])

    def rows(self, s3: Any, kinds: dict[str, str]) -> Iterator[bytes]:
        """Yield lines of CSV.

        Args:
            s3: Client of boto3.
            kinds: Type of each column of the table.

        Raises:
            Refusal: the files do not fit the table, or may not be read.
        """
        self._check_access()
        names = [name.strip('"') for name in self.columns]
        columnar = re.search(r"\bPARQUET\b", self.options, re.IGNORECASE) is not None
        if columnar and _NOT_COLUMNAR.search(self.options):
            raise Refusal("0A000", "COPY from this file format does not support the given options")
        for entry, data in self._files(s3):
            if columnar:
                if entry.get("meta", {}).get("content_length") != len(data):
                    raise Refusal("XX000", "Manifest file is not in correct json format: content_length")
                yield from _parquet(data, names, kinds)
            else:
                yield from _json(gzip.decompress(data), names, kinds)

    def _check_access(self) -> None:
        if self.access.upper().startswith("IAM_ROLE"):
            if ROLE not in self.access:
                raise Refusal("XX000", f"User is not authorized to assume IAM Role: {self.access.split()[1]}")
        elif f"'{KEY}'" not in self.access or f"'{SECRET}'" not in self.access:
            raise Refusal("XX000", "S3ServiceException:The AWS Access Key Id you provided does not exist,Status 403")

    def _files(self, s3: Any) -> Iterator[tuple[dict[str, Any], bytes]]:
        if not re.search(r"\bMANIFEST\b", self.options, re.IGNORECASE):
            listed = s3.list_objects_v2(Bucket=self.bucket, Prefix=self.key).get("Contents", [])
            for found in listed:
                yield {}, _get(s3, self.bucket, found["Key"])
            return
        for entry in json.loads(_get(s3, self.bucket, self.key))["entries"]:
            bucket, _, key = entry["url"].removeprefix("s3://").partition("/")
            yield entry, _get(s3, bucket, key)


def _get(s3: Any, bucket: str, key: str) -> bytes:
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except s3.exceptions.NoSuchKey:
        raise Refusal(
            "XX000", "S3ServiceException:The specified key does not exist.,Status 404,Error NoSuchKey"
        ) from None


def _parquet(data: bytes, names: list[str], kinds: dict[str, str]) -> Iterator[bytes]:
    table = pq.read_table(io.BytesIO(data))
    if table.num_columns != len(names):
        raise Refusal(
            "XX000",
            "Spectrum Scan Error. Unmatched number of columns between table and file. "
            f"Table columns: {len(names)}, Data columns: {table.num_columns}",
        )
    for position, name in enumerate(names):
        values, kind = table.column(position), kinds[name]
        if not _fits(values.type, kind):
            raise Refusal(
                "XX000", f"Spectrum Scan Error. column {name} has incompatible Parquet schema: {values.type}, {kind}"
            )
        _check_length(name, kind, values)
    for batch in table.to_batches(10_000):
        columns = [batch.column(position).to_pylist() for position in range(len(names))]
        for row in zip(*columns, strict=True):
            yield _line(row)


def _fits(found: pa.DataType, kind: str) -> bool:
    base = kind.partition("(")[0]
    if base == "numeric":
        precision, scale = (int(number) for number in re.findall(r"\d+", kind))
        return pa.types.is_decimal(found) and (found.precision, found.scale) == (precision, scale)
    if base.startswith("timestamp"):
        return pa.types.is_timestamp(found) and found.unit == "us"
    if base == "character varying":
        return pa.types.is_string(found)
    # neither TIME nor, without SERIALIZETOJSON, SUPER
    return base in _FROM_PARQUET and _FROM_PARQUET[base](found)


def _check_length(name: str, kind: str, values: Any) -> None:
    if kind.startswith("character varying"):
        limit = int(re.findall(r"\d+", kind)[0])
        longest = max((len(value.encode()) for value in values.to_pylist() if value is not None), default=0)
        if longest > limit:
            raise Refusal(
                "XX000",
                f"Spectrum Scan Error. The length of the data column {name} is longer than the length defined in the "
                f"table. Table: {limit}, Data: {longest}",
            )


def _json(data: bytes, names: list[str], kinds: dict[str, str]) -> Iterator[bytes]:
    for line in data.splitlines():
        if len(line) > _MAX_ROW:
            raise Refusal("XX000", "Load into table failed. JSON row is longer than 4194304 bytes")
        # keys are compared with names of columns, which are lower case
        row = {key: value for key, value in json.loads(line).items() if key in names}
        for name in row:
            if kinds[name].startswith(("varbyte", "time without")):
                raise Refusal("XX000", f"Load into table failed. {kinds[name]} of {name} cannot be loaded from JSON")
            if kinds[name].startswith("character varying"):
                _check_length(name, kinds[name], pa.array([str(row[name])]))
        yield _line([json.dumps(row[n]) if n in row and kinds[n] == "super" else row.get(n) for n in names])


def _line(row: Any) -> bytes:
    return (",".join(_field(value) for value in row) + "\n").encode()


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        text = "\\x" + value.hex()
    elif isinstance(value, datetime.datetime):
        text = value.isoformat(sep=" ")
    elif isinstance(value, float):
        text = repr(value)
    else:
        text = str(value)
    return '"' + text.replace('"', '""') + '"'
