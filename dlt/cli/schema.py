"""`dlt schema`: a schema file, checked and written in another form."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import orjson
import yaml

from dlt.cli.asked import Form, Format, read
from dlt.cli.output import say
from dlt.errors import DltException, SchemaException
from dlt.schema.schema import Schema
from dlt.schema.stored import from_yaml

if TYPE_CHECKING:
    from dlt.cli.asked import Commands


def add_parser(commands: Commands) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "schema",
        help="check a schema file and write it in another form",
        description="Read a schema from a YAML or JSON file, of this or an earlier version, check it, and print it.",
        epilog="example: dlt schema shop.schema.yaml --format json",
    )
    parser.add_argument("file", help="schema file; one that ends in .json is read as JSON, any other as YAML")
    add_form(parser)
    parser.set_defaults(run=_run)


def add_form(parser: argparse.ArgumentParser) -> None:
    """Add the options that say how a schema is written."""
    parser.add_argument("--format", choices=get_args(Format), default="yaml", help="how it is written")
    parser.add_argument("--remove-defaults", action="store_true", help="leave out what is so by default")


def say_schema(schema: Schema, form: Form) -> None:
    """Print a schema.

    Args:
        schema: The schema.
        form: How it is written; diagrams do not show what is so by default anyway.
    """
    if form.format == "json":
        say(schema.to_pretty_json(remove_defaults=form.remove_defaults))
    elif form.format == "yaml":
        say(schema.to_pretty_yaml(remove_defaults=form.remove_defaults))
    elif form.format == "mermaid":
        say(schema.to_mermaid())
    else:
        say(schema.to_dot() if form.format == "dot" else schema.to_dbml())


def _run(arguments: argparse.Namespace) -> int:
    say_schema(_read(Path(arguments.file)), read(Form, arguments))
    return 0


def _read(path: Path) -> Schema:
    try:
        # files are written as UTF-8, whatever the language of the machine
        text = path.read_text(encoding="utf-8")
        content = orjson.loads(text) if path.suffix == ".json" else from_yaml(text)
        return Schema.from_dict(content)
    except DltException as error:
        raise SchemaException(f"{path}: {error}") from error
    except (OSError, UnicodeDecodeError, orjson.JSONDecodeError, yaml.YAMLError) as error:
        raise SchemaException(f"{path}: {error}. Give a schema file in YAML or JSON.") from error
    # a file of another kind fails anywhere in it
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise SchemaException(
            f"{path}: this is no schema ({type(error).__name__}: {error}). It has name, engine_version and tables, as "
            "dlt pipeline NAME schema prints them."
        ) from error
