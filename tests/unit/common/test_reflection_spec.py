"""Specs of functions under the names of PyPI dlt 1.x."""

from __future__ import annotations

import inspect

import dlt
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.reflection.spec import get_spec_name_from_f, spec_from_signature


def orders_of(shop: str, size: int = 10, key: str = dlt.secrets.value, region: str = dlt.config.value) -> None:
    """Take arguments of all kinds."""


def test_a_spec_with_its_defaults() -> None:
    """What must be configured has the default None."""
    spec, defaults = spec_from_signature(orders_of, inspect.signature(orders_of))
    assert issubclass(spec, BaseConfiguration) and spec.__name__ == get_spec_name_from_f(orders_of)
    assert spec.__name__ == "OrdersOfConfiguration"
    assert list(spec.__config_fields__) == ["shop", "size", "key", "region"]
    assert defaults == {"size": 10, "key": None, "region": None} and spec().size == 10  # type: ignore[attr-defined]


def test_a_spec_of_what_must_be_configured() -> None:
    """Without defaults only that is left."""
    spec, defaults = spec_from_signature(orders_of, inspect.signature(orders_of), include_defaults=False)
    assert list(spec.__config_fields__) == ["key", "region"] and defaults == {"key": None, "region": None}
