"""Schemas in files that users edit: read with a check, so that a fault is told with the name of its file."""

from __future__ import annotations

import os
from typing import get_args

from dlt.errors import DictValidationException, InvalidHint, InvalidSchemaName, SchemaCorruptedException
from dlt.schema import stored
from dlt.schema.checks import check_columns, known_values
from dlt.schema.contract import check_contract
from dlt.schema.schema import Schema
from dlt.schema.typing import TableSchema, WriteDisposition
from dlt.schema.x_keys import X_CHECKS


def read_schema_file(path: str | os.PathLike[str]) -> Schema:
    """Return the schema in a YAML or JSON file.

    Args:
        path: Path of the file.

    Raises:
        SchemaCorruptedException: the file holds no schema.
        InvalidHint: a table or column in it has a hint that is not known, or a value that cannot be.
    """
    import yaml

    with open(path, encoding="utf-8") as file:
        text = file.read()
    try:
        schema = Schema.from_dict(stored.from_yaml(text))
    except yaml.YAMLError as error:
        raise SchemaCorruptedException(f"The schema file {path} is no YAML: {error}", path=str(path)) from error
    except (SchemaCorruptedException, DictValidationException, InvalidSchemaName) as error:
        raise SchemaCorruptedException(f"The schema file {path}: {error}", path=str(path)) from error
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        # a list or a text stands where a dict belongs, or the version is no number
        raise SchemaCorruptedException(f"The schema file {path} holds no schema: {error}", path=str(path)) from error
    # a person's file: a hint that nobody knows is a misspelt one
    check_schema(schema, str(path), own_hints=False)
    return schema


def check_schema(schema: Schema, place: str, own_hints: bool = True) -> None:
    """Check the tables of a schema that users may have edited.

    Args:
        schema: The schema.
        place: Where it is from, for messages.
        own_hints: Hints of columns that are not known may be there, as other versions of the library store them.

    Raises:
        InvalidHint: a table or column has a hint that is not known, or a value that cannot be.
    """
    check_contract(schema.settings.get("schema_contract"), f"{place}, settings")
    for table in schema.data_tables(include_incomplete=True):
        _check_table(f"{place}, table {table['name']!r}", table, own_hints)


def _check_table(place: str, table: TableSchema, own_hints: bool) -> None:
    check_columns(place, table["columns"], own_hints)
    check_contract(table.get("schema_contract"), place)
    if table.get(X_CHECKS):
        from dlt.schema.data_checks import checks_of

        checks_of(table)
    disposition = table.get("write_disposition")
    if disposition is not None and disposition not in get_args(WriteDisposition):
        raise InvalidHint(
            f"{place}: found write_disposition={disposition!r}. "
            f"{known_values(disposition, get_args(WriteDisposition))}",
            hint="write_disposition",
            found=disposition,
        )
