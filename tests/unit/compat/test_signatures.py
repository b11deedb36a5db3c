"""Parameters of PyPI `dlt` 1.x stand where programs put them, by place and by name."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest

from dlt.common.configuration import configspec, with_config
from dlt.common.configuration.specs import BaseConfiguration
from dlt.common.schema import Schema

PLACES: dict[str, tuple[Callable[..., Any], str]] = {
    "with_config": (
        with_config,
        "func spec sections section_arg_name sections_merge_style include_defaults accept_partial initial_config base "
        "lock_context_on_injection",
    ),
    "Schema.from_dict": (Schema.from_dict, "d remove_processing_hints bump_version validate_schema"),
    "Schema.to_dict": (Schema.to_dict, "self remove_defaults remove_processing_hints bump_version"),
    "Schema.clone": (Schema.clone, "self with_name remove_processing_hints update_normalizers"),
    "Schema.to_pretty_yaml": (Schema.to_pretty_yaml, "self remove_defaults remove_processing_hints"),
}


@pytest.mark.parametrize("name", PLACES)
def test_parameters_stand_where_programs_put_them(name: str) -> None:
    """The same names in the same order; what is ours alone follows by name."""
    function, wanted = PLACES[name]
    parameters = inspect.signature(function).parameters.values()
    assert [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY] == wanted.split()


def test_an_argument_may_name_a_section_more(monkeypatch: pytest.MonkeyPatch) -> None:
    """`section_arg_name`: the value of the argument is a section behind the others."""
    monkeypatch.setenv("SHOP__NORTH__KEY", "n")
    monkeypatch.setenv("SHOP__KEY", "s")

    @with_config(sections=("shop",), section_arg_name="region")
    def read(region: str = "south", key: str = "") -> str:
        return key

    assert (read("north"), read("south"), read()) == ("n", "s", "s")


def test_an_initial_configuration_gives_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """`initial_config`: its fields count where nothing is configured."""

    @configspec
    class Shop(BaseConfiguration):
        key: str = "of the spec"
        other: str | None = None

    @with_config(sections=("shop",), initial_config=Shop())
    def read(key: str, other: str = "own") -> tuple[str, str]:
        return key, other

    assert read() == ("of the spec", "own")
    monkeypatch.setenv("SHOP__KEY", "configured")
    assert read() == ("configured", "own")


def test_notes_of_normalize_are_left_out_where_it_is_asked() -> None:
    """`remove_processing_hints`, in what is stored, read and copied."""
    schema = Schema("s")
    schema.update_table({"name": "t", "columns": {"a": {"name": "a", "data_type": "text"}}})
    schema.tables["t"]["x-normalizer"] = {"seen-data": True}
    stored = schema.to_dict()
    assert stored["tables"]["t"]["x-normalizer"] == {"seen-data": True}
    assert "x-normalizer" not in schema.to_dict(False, True)["tables"]["t"]
    assert "x-normalizer" not in Schema.from_dict(stored, True).tables["t"]
    assert "x-normalizer" not in schema.clone(None, True).tables["t"]
