"""Files into the tables of Redshift: through a bucket by COPY, or as rows by INSERT."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import psycopg2

from dlt.destinations.impl.postgres.copy import arrow_batches, other_batches
from dlt.destinations.impl.postgres.session import PsycopgSession
from dlt.destinations.impl.redshift.area import Area, copy_statement
from dlt.destinations.impl.redshift.dialect import MAX_TEXT
from dlt.destinations.impl.redshift.errors import translate
from dlt.destinations.impl.redshift.rows import (
    Columns,
    as_text_in_json,
    as_text_in_parquet,
    insert_values,
    write_json,
    write_parquet,
)
from dlt.destinations.sql.catalog import Catalog
from dlt.destinations.sql.loader import Loader
from dlt.errors import DestinationException
from dlt.ids import digest_id
from dlt.late_dataclass import dataclass
from dlt.schema.system_columns import PARENT_ID, ROOT_ID, ROW_ID, ROW_ORDER
from dlt.schema.typing import TableSchema
from dlt.user_log import logger

_UPLOADS = 4


@dataclass(frozen=True)
class Copying:
    """How files reach Redshift.

    Attributes:
        area: Opens the staging area; None sends rows by INSERT.
        options: More options of COPY.
    """

    area: Callable[[], Area] | None = None
    options: str = ""


class RedshiftLoader(Loader):
    """Rows into the tables of one schema.

    Args:
        catalog: The tables.
        copying: How files reach them.
    """

    session: PsycopgSession

    def __init__(self, catalog: Catalog, copying: Copying) -> None:
        super().__init__(catalog)
        self._copying = copying
        self._opened: Area | None = None
        self._load_id = ""

    # -- the bucket

    def committed(self) -> None:
        """Delete the files of the load, which is complete."""
        if self._opened is not None:
            self.drop_load(self._load_id)

    def given_up(self) -> None:
        """Delete the files of this try."""
        if self._opened is not None:
            self._cleaning(lambda area: area.drop())

    def drop_load(self, load_id: str) -> None:
        """Delete the files of a load that is complete."""
        if self._copying.area is not None:
            self._cleaning(lambda area: area.drop_load(load_id))

    def _cleaning(self, clean: Callable[[Area], None]) -> None:
        try:
            clean(self._open_area())
        except DestinationException as error:
            # the load is as it is; the next one of the same id, or a rule of the bucket, deletes them
            logger.warning("dataset %s: staged files stay in the bucket: %s", self.catalog.dataset_name, error)

    def _open_area(self) -> Area:
        if self._opened is None:
            assert self._copying.area is not None
            self._opened = self._copying.area()
        return self._opened

    # -- rows

    def root_ids(self, table: TableSchema, parent: str, source: str, where: Callable[[str], str] | None) -> str:
        """Return the statement that gives root ids to rows of a nested table; Redshift has no alias for it."""
        name, root = self.catalog.qualified(table["name"]), self.dialect.quote(ROOT_ID)
        own, up = self.dialect.quote(PARENT_ID), self.dialect.quote(ROW_ID)
        return (
            f"UPDATE {name} SET {root} = _dlt_p.{self.dialect.quote(source)} "
            f"FROM {self.catalog.qualified(parent)} AS _dlt_p "
            f"WHERE _dlt_p.{up} = {name}.{own} AND {where(name) if where is not None else f'{name}.{root} IS NULL'}"
        )

    def stage(self, chain: Sequence[TableSchema], load_id: str) -> dict[str, str]:
        """Prepare to take the files of a chain; the turn of this load keeps others away."""
        self._load_id = load_id
        return super().stage(chain, load_id)

    def load_file(self, table: TableSchema, target: str, path: str, file_format: str) -> None:
        """Take one file."""
        self.load_files(table, target, [path], file_format)

    def load_files(self, table: TableSchema, target: str, paths: Sequence[str], file_format: str) -> None:
        """Take some files of one table: through the bucket by one COPY, or by INSERT."""
        name = table["name"]
        stored = self.catalog.stored_tables([name])[name]
        columns = {column: stored[column] for column in table["columns"] if "data_type" in stored.get(column, {})}
        # the place of a row in its load stands in the staging table only
        if ROW_ORDER in table["columns"]:
            columns[ROW_ORDER] = table["columns"][ROW_ORDER]
        if self._copying.area is None:
            batches = arrow_batches(paths) if file_format == "arrow" else other_batches(table, paths, file_format)
            for names, rows in insert_values(batches, name, columns):
                quoted = ", ".join(map(self.dialect.quote, names))
                self._run(f"INSERT INTO {target} ({quoted}) VALUES {rows}", name)
            return
        self._copy(table, target, columns, paths, file_format)

    def _copy(self, table: TableSchema, target: str, columns: Columns, paths: Sequence[str], file_format: str) -> None:
        area, name = self._open_area(), table["name"]
        # documents may be longer in JSON than as a text of Parquet
        form = "json" if any(column["data_type"] == "json" for column in columns.values()) else "parquet"
        write, suffix = (write_json, "json.gz") if form == "json" else (write_parquet, "parquet")

        with tempfile.TemporaryDirectory(prefix="dlt-redshift-") as folder, ThreadPoolExecutor(_UPLOADS) as pool:

            def put(path: str) -> Mapping[str, object]:
                local = os.path.join(folder, f"{os.path.basename(path)}.{suffix}")
                batches = arrow_batches([path]) if file_format == "arrow" else other_batches(table, [path], file_format)
                write(batches, local, name, columns)
                # a file without rows makes no Parquet file
                if not os.path.exists(local):
                    return {}
                entry = area.put(self._load_id, local)
                # a load may be larger than what is free on the disk
                os.unlink(local)
                return entry

            entries = [entry for entry in pool.map(put, paths) if entry]
        if not entries:
            return
        url = area.manifest(self._load_id, f"{digest_id(' '.join(paths))}.manifest", entries)
        as_text = as_text_in_json if form == "json" else as_text_in_parquet
        texts = [column for column, spec in columns.items() if as_text(spec)]
        if not texts:
            self._run_copy(target, columns, url, area, form, name)
            return
        # COPY knows no expressions: what it cannot read is copied as text, and cast by an INSERT
        between = self.dialect.quote(f"dlt_copied_{digest_id(url)}")
        kinds = {
            column: f"VARCHAR({MAX_TEXT})" if column in texts else self.dialect.type_of(spec)
            for column, spec in columns.items()
        }
        self.session.run_ddl(
            f"CREATE TEMP TABLE {between} ({', '.join(f'{self.dialect.quote(c)} {kind}' for c, kind in kinds.items())})"
        )
        self._run_copy(between, columns, url, area, form, name)
        names = ", ".join(map(self.dialect.quote, columns))
        values = ", ".join(self._cast(column, spec["data_type"], column in texts) for column, spec in columns.items())
        self._run(f"INSERT INTO {target} ({names}) SELECT {values} FROM {between}", name)
        self.session.run_ddl(f"DROP TABLE {between}")

    def _cast(self, column: str, kind: str, is_text: bool) -> str:
        quoted = self.dialect.quote(column)
        if not is_text:
            return quoted
        return f"FROM_HEX({quoted})" if kind == "binary" else f"CAST({quoted} AS TIME)"

    def _run_copy(self, target: str, columns: Columns, url: str, area: Area, form: str, table: str) -> None:
        names = map(self.dialect.quote, columns)
        sql = copy_statement(target, names, url, area.access, form, self._copying.options)
        self._run(sql, table, area.access.without_secrets)

    def _run(self, sql: str, table: str, hide: Callable[[str], str] = str) -> None:

        try:
            with self.session.connection.cursor() as cursor:
                cursor.execute(sql)
        except psycopg2.Error as error:
            found = translate(error, table)
            shown = hide(str(found))
            if shown != str(found):
                # the cause shows the statement, and the keys in it
                details = {key: value for key, value in vars(found).items() if key != "message"}
                raise type(found)(shown, **details) from None
            raise found from error
