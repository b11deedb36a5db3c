"""Publications: what says which changes of which tables the server tells."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from dlt.errors import IncompatiblePostgresVersionException
from dlt.sources.pg_replication.server import Server, quoted, quoted_text, refused

if TYPE_CHECKING:
    from psycopg2.extensions import cursor as PgCursor

_BY_OTHERS = (
    "Or let another role make the publication with its tables: this one then needs REPLICATION and SELECT only."
)


def publish_tables(
    server: Server, cursor: PgCursor, name: str, publish: str, schema: str, tables: str | Sequence[str] | None
) -> None:
    """Make a publication if it is not there, and add what is not in it; leave none behind that is not whole.

    Args:
        server: The server.
        cursor: A cursor of its connection.
        name: Name of the publication.
        publish: What it publishes.
        schema: Schema of the tables.
        tables: Their names; None for all of the schema.

    Raises:
        ReplicationError: the role may not do it.
    """
    is_new = server.row("SELECT pubname FROM pg_publication WHERE pubname = %s", name) is None
    with refused(f"the publication {name!r} cannot be made", f"GRANT CREATE ON DATABASE ... TO the role. {_BY_OTHERS}"):
        create_publication(name, cursor, publish)
    what = f"the schema {schema!r}" if tables is None else f"tables of the schema {schema!r}"
    owner = (
        "a superuser may add a whole schema: name the tables" if tables is None else "the owner of a table may add it"
    )
    try:
        with refused(f"{what} cannot be added to the publication {name!r}", f"Only {owner}. {_BY_OTHERS}"):
            if tables is None:
                add_schema_to_publication(schema, name, cursor)
            else:
                add_tables_to_publication(tables, schema, name, cursor)
    except Exception:
        if is_new:
            drop_publication(name, cursor)
        raise


def create_publication(name: str, cur: PgCursor, publish: str = "insert, update, delete") -> None:
    """Make a publication, if there is none of this name.

    Args:
        name: Its name.
        cur: A cursor.
        publish: What it publishes.
    """
    cur.execute("SELECT 1 FROM pg_publication WHERE pubname = %s", (name,))
    if cur.fetchone() is not None:
        return
    version = cur.connection.server_version
    options = [f"publish = {quoted_text(publish)}"]
    if version >= 130000:
        # rows of partitions come as those of their table
        options.append("publish_via_partition_root = true")
    if version >= 180000:
        options.append("publish_generated_columns = stored")
    cur.execute(f"CREATE PUBLICATION {quoted(name)} WITH ({', '.join(options)})")


def add_table_to_publication(table_name: str, schema_name: str, pub_name: str, cur: PgCursor) -> None:
    """Add a table to a publication, if it is not in it.

    Args:
        table_name: Name of the table.
        schema_name: Its schema.
        pub_name: Name of the publication.
        cur: A cursor.
    """
    cur.execute(
        "SELECT 1 FROM pg_publication_tables WHERE pubname = %s AND schemaname = %s AND tablename = %s",
        (pub_name, schema_name, table_name),
    )
    if cur.fetchone() is None:
        cur.execute(f"ALTER PUBLICATION {quoted(pub_name)} ADD TABLE {quoted(schema_name, table_name)}")


def add_tables_to_publication(table_names: str | Sequence[str], schema_name: str, pub_name: str, cur: PgCursor) -> None:
    """Add tables to a publication.

    Args:
        table_names: A table, or several.
        schema_name: Their schema.
        pub_name: Name of the publication.
        cur: A cursor.
    """
    for name in [table_names] if isinstance(table_names, str) else table_names:
        add_table_to_publication(name, schema_name, pub_name, cur)


def add_schema_to_publication(schema_name: str, pub_name: str, cur: PgCursor) -> None:
    """Add all tables of a schema to a publication, those that it will have too.

    Args:
        schema_name: Name of the schema.
        pub_name: Name of the publication.
        cur: A cursor of a superuser.

    Raises:
        IncompatiblePostgresVersionException: the server is older than version 15.
    """
    version = int(cur.connection.server_version)
    if version < 150000:
        raise IncompatiblePostgresVersionException(
            f"pg_replication: all tables of schema {schema_name} are asked for, which a server knows from version 15 "
            f"on, and this one has {version // 10000}. Name the tables: table_names=[...]."
        )
    cur.execute(
        "SELECT 1 FROM pg_publication_namespace, pg_publication p, pg_namespace n"
        " WHERE pnpubid = p.oid AND pnnspid = n.oid AND pubname = %s AND nspname = %s",
        (pub_name, schema_name),
    )
    if cur.fetchone() is None:
        cur.execute(f"ALTER PUBLICATION {quoted(pub_name)} ADD TABLES IN SCHEMA {quoted(schema_name)}")


def drop_publication(name: str, cur: PgCursor) -> None:
    """Drop a publication, if it is there.

    Args:
        name: Its name.
        cur: A cursor.
    """
    cur.execute(f"DROP PUBLICATION IF EXISTS {quoted(name)}")
