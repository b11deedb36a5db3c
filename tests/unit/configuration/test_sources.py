"""Arguments of sources, resources and transformers."""

from __future__ import annotations

from typing import Any

import pytest

import dlt
from dlt.configuration import section_context
from dlt.errors import ConfigFieldMissingException


@dlt.source(section="shops")
def shop(limit: int, key: str = dlt.secrets.value, page: int = 1) -> Any:
    """Yield its own arguments."""

    @dlt.resource
    def arguments(start: int = 0) -> Any:
        yield {"limit": limit, "key": key, "page": page, "start": start}

    @dlt.transformer(data_from=arguments)
    def doubled(item: Any, factor: int = dlt.config.value) -> Any:
        yield {"limit": item["limit"] * factor}

    return arguments, doubled


def test_sources_and_their_resources_are_configured(write: Any, monkeypatch: Any) -> None:
    """Every decorated function takes its arguments from its own sections."""
    write("config.toml", "[sources.shops.shop]\nlimit = 3\n[sources.shop]\npage = 2\n[sources.shops]\nfactor = 10\n")
    write("secrets.toml", '[source]\nkey = "private"\n')
    monkeypatch.setenv("SOURCES__SHOPS__ARGUMENTS__START", "4")
    assert list(shop().with_resources("arguments")) == [{"limit": 3, "key": "private", "page": 2, "start": 4}]
    assert list(shop(limit=5).doubled) == [{"limit": 50}]


def test_sections_of_a_pipeline_come_first(write: Any) -> None:
    """Values under the name of the pipeline at work win."""
    write("config.toml", "limit = 1\nkey = 1\n[nightly.sources.shops]\nlimit = 2\n")
    with section_context(pipeline_name="nightly"):
        assert shop(key="k").arguments is not None
        assert next(iter(shop(key="k").arguments))["limit"] == 2


def test_a_missing_argument_is_both_errors() -> None:
    """Calling without a required argument is a TypeError and a ConfigFieldMissing."""
    with pytest.raises(TypeError) as caught:
        shop(1)
    assert isinstance(caught.value, ConfigFieldMissingException)
    assert "SOURCES__SHOPS__SHOP__KEY" in str(caught.value)
