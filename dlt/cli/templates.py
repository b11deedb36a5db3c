"""Programs that `dlt init` begins with: each runs as it is, and says where the code of a user's own goes."""

from __future__ import annotations

from dlt.cli.source_templates import SOURCES
from dlt.cli.template import Template, program

DEFAULT = "default"
# tests run each of them as it is, but for the one that needs a network
FILES: dict[str, Template] = {
    "arrow": Template(
        "tables of Arrow",
        program(
            '''"""Load tables of Arrow from {source} into {destination}."""

import dlt
import pyarrow as pa


@dlt.resource(primary_key="id", write_disposition="merge")
def measurements():
    """Yield tables or batches of Arrow. Put the code that makes them here."""
    yield pa.table({{"id": [1, 2, 3], "place": ["north", "south", "east"], "celsius": [4.5, 18.0, 11.25]}})
''',
            "measurements()",
        ),
    ),
    "dataframe": Template(
        "frames of pandas",
        program(
            '''"""Load frames of pandas from {source} into {destination}."""

import dlt
import pandas as pd


@dlt.resource(primary_key="id", write_disposition="merge")
def measurements():
    """Yield frames. Put the code that reads them here."""
    yield pd.DataFrame({{"id": [1, 2, 3], "place": ["north", "south", "east"], "celsius": [4.5, 18.0, 11.25]}})
''',
            "measurements()",
        ),
        ("pandas",),
    ),
    # the number is beyond 53 bits: a way through a double would change it
    "debug": Template(
        "one column of each type",
        program(
            '''"""Load one column of each type into {destination}, to see what becomes of it."""

from datetime import date, datetime, time, timezone
from decimal import Decimal

import dlt


@dlt.resource
def every_type():
    """Yield a row with a value of each type, nested ones as well."""
    yield {{
        "text": "letters",
        "bigint": 9_007_199_254_740_993,
        "double": 0.5,
        "bool": True,
        "decimal": Decimal("12.340"),
        "binary": b"bytes",
        "date": date(2024, 2, 29),
        "time": time(12, 30, 15),
        "timestamp": datetime(2024, 2, 29, 12, 30, tzinfo=timezone.utc),
        "document": {{"key": {{"inner": 1}}}},
        "rows": [{{"name": "first"}}, {{"name": "second"}}],
    }}
''',
            "every_type()",
        ),
    ),
    DEFAULT: Template(
        "a source with one resource",
        program(
            '''"""Load {source} into {destination}."""

import dlt


@dlt.resource(table_name="items", write_disposition="append")
def items():
    """Yield rows: dicts, lists of dicts, Arrow tables or frames. Put the code that reads {source} here."""
    yield [{{"id": 1, "name": "first", "tags": ["a", "b"]}}]


@dlt.source
def {source}_data():
    """Return the resources of {source}."""
    return items


''',
            "{source}_data()",
        ).replace("\n\n\n\n\n\n", "\n\n\n"),
    ),
    # merged by keys, so that a program that is run again doubles nothing
    "fruitshop": Template(
        "a small shop: customers, what is in store, and purchases",
        program(
            '''"""Load a small shop into {destination}: customers, what is in store, and purchases."""

from datetime import date

import dlt


@dlt.resource(primary_key="id")
def customers():
    """Yield customers."""
    yield [{{"id": 1, "name": "ada", "city": "turin"}}, {{"id": 2, "name": "ben", "city": "lyon"}}]


@dlt.resource(primary_key="id")
def inventory():
    """Yield what is in store."""
    yield [{{"id": 1, "name": "apple", "price": 1.5}}, {{"id": 2, "name": "pear", "price": 2.25}}]


@dlt.resource(primary_key="id")
def purchases():
    """Yield who bought what, and when."""
    yield [
        {{"id": 1, "customer_id": 1, "inventory_id": 1, "quantity": 3, "date": date(2024, 7, 1)}},
        {{"id": 2, "customer_id": 2, "inventory_id": 2, "quantity": 1, "date": date(2024, 7, 2)}},
    ]


@dlt.source
def shop():
    """Return the resources of the shop."""
    return customers, inventory, purchases
''',
            'shop(), write_disposition="merge"',
        ),
    ),
    "github_api": Template(
        "an API over HTTP, with a client that follows its pages",
        program(
            '''"""Load issues of a repository of GitHub into {destination}."""

import dlt
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import BearerTokenAuth
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator


@dlt.resource(primary_key="id", write_disposition="merge")
def issues(
    repository: str = "python/typing",
    token: str | None = dlt.secrets.value,
    changed=dlt.sources.incremental("updated_at", initial_value="2024-01-01T00:00:00Z"),
):
    """Yield pages of issues that have changed since the last run. Without a token GitHub answers few requests."""
    client = RESTClient(
        "https://api.github.com/", auth=BearerTokenAuth(token) if token else None, paginator=HeaderLinkPaginator()
    )
    since = {{"state": "all", "sort": "updated", "per_page": 100, "since": changed.last_value}}
    yield from client.paginate(f"repos/{{repository}}/issues", params=since)
''',
            "issues()",
        ),
    ),
    "requests": Template(
        "pages of an API over HTTP",
        program(
            '''"""Load pages of an API into {destination}."""

import dlt
from dlt.sources.helpers import requests

URL = "https://pokeapi.co/api/v2/pokemon?limit=200"


@dlt.resource(write_disposition="replace")
def pokemon():
    """Yield the rows of each page, and go on where the page says."""
    url = URL
    while url:
        page = requests.get(url).json()
        yield page["results"]
        url = page["next"]
''',
            "pokemon()",
        ),
    ),
}
TEMPLATES = {**SOURCES, **FILES}
"""Templates by name; what has none of its own begins with the default one."""
