"""What the decorators refuse, and what they keep of the function that they decorate."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import dlt
from dlt.errors import (
    ExplicitSourceNameInvalid,
    InvalidParallelResourceDataType,
    InvalidParentResourceDataType,
    InvalidTransformerGeneratorFunction,
    ResourceFunctionExpected,
    ResourceNameMissing,
    ResourceNotATransformer,
    SourceIsAClassTypeError,
    SourceNotAFunction,
)
from dlt.schema.schema import Schema


def numbers(limit: int = 3) -> Iterator[int]:
    """Yield numbers."""
    yield from range(limit)


REFUSED: list[tuple[Any, type[Exception], str]] = [
    (lambda: dlt.source([1]), SourceNotAFunction, "found list. Decorate a function"),
    (lambda: dlt.source(dict), SourceIsAClassTypeError, "dict"),
    (lambda: dlt.source(numbers, name="a", schema=Schema("b")), ExplicitSourceNameInvalid, "Leave name out"),
    (lambda: dlt.transformer([1], name="t"), ResourceFunctionExpected, "found list. Pass a function of one item"),
    (lambda: dlt.transformer(lambda: 1, name="t"), InvalidTransformerGeneratorFunction, "a first parameter, which"),
    (lambda: dlt.transformer(lambda *, x: x, name="t"), InvalidTransformerGeneratorFunction, "passed by its place"),
    (lambda: dlt.transformer(lambda x: x, data_from=3, name="t"), InvalidParentResourceDataType, "data_from is int"),
    (lambda: dlt.resource(lambda: iter([1])), ResourceNameMissing, "Pass name= to dlt.resource, or table_name= to run"),
    (lambda: dlt.resource([1], name="r").parallelize(), InvalidParallelResourceDataType, "list, which needs no thr"),
    (lambda: dlt.resource([1], name="a") | dlt.resource([2], name="b"), ResourceNotATransformer, "@dlt.transformer"),
    (lambda: dlt.resource([1], name="r")(1), TypeError, "made of list, which takes no arguments"),
]


@pytest.mark.parametrize(("make", "kind", "advice"), REFUSED)
def test_a_mistake_is_told_in_the_line_that_makes_it(make: Any, kind: type[Exception], advice: str) -> None:
    """Before any run; the message says what was found and what to do."""
    with pytest.raises(kind) as caught:
        make()
    assert advice in str(caught.value)


def test_help_and_signature_are_those_of_the_function() -> None:
    """A decorated source looks like what was written."""
    made = dlt.source(numbers)
    assert (made.__name__, made.__doc__, made.name) == ("numbers", "Yield numbers.", "numbers")
    assert inspect.signature(made).parameters == inspect.signature(numbers).parameters
    assert repr(made) == "<dlt source function 'numbers'>"


def test_a_resource_has_the_documentation_and_the_parameters_of_its_function() -> None:
    """Also one that is bound, copied or named otherwise; a transformer takes no item from a call."""

    @dlt.resource
    def users(limit: int = 3, *, region: str = "north") -> Iterator[int]:
        """Yield users."""
        yield limit

    @dlt.transformer
    async def details(user: int, depth: int = 1, meta: Any = None) -> int:
        """Return more."""
        return user + depth

    for made in (users, users(limit=1), users.with_name("other"), users.add_limit(3)):
        assert made.__doc__ == "Yield users." and made.__name__ == "users"
        assert list(inspect.signature(made).parameters) == ["limit", "region"]
        assert inspect.signature(made).return_annotation is dlt.sources.DltResource
    assert (users | details).__doc__ == "Return more."
    assert [str(p) for p in inspect.signature(details).parameters.values()] == ["depth: 'int' = 1"]
    assert (dlt.resource([1], name="rows").__doc__ or "").startswith("A resource or transformer.")


def test_a_source_has_the_documentation_and_the_parameters_of_its_function() -> None:
    """What a call gives is a source."""

    @dlt.source(name="other")
    def shop(region: str, limit: int = 3) -> Any:
        """Return the tables of a shop."""
        return dlt.resource([1], name="rows")

    assert (shop.__doc__, shop.__name__) == ("Return the tables of a shop.", "shop")
    assert list(inspect.signature(shop).parameters) == ["region", "limit"]
    assert inspect.signature(shop).return_annotation is dlt.sources.DltSource


def test_a_source_under_another_name_has_a_schema_of_its_own() -> None:
    """`clone` and `with_args` leave the first one as it is, and what they do not set stays."""

    @dlt.source(max_table_nesting=2)
    def shop(region: str = "north") -> Any:
        return dlt.resource([{"region": region}], name="orders")

    other = shop.clone(name="store", root_key=True)
    made, first = other(region="south"), shop()
    assert (made.name, made.schema.name, made.max_table_nesting, made.root_key) == ("store", "store", 2, True)
    assert (first.name, first.schema.name, first.root_key) == ("shop", "shop", None)
    assert list(made) == [{"region": "south"}] and shop.with_args is not None


def test_two_sources_of_one_function_share_nothing() -> None:
    """What one changes in hints, schema or selection is not found in the other."""

    @dlt.source
    def shop() -> Any:
        return dlt.resource([{"id": 1}], name="orders")

    one, other = shop(), shop()
    one.orders.apply_hints(primary_key="id")
    one.schema.update_table({"name": "more", "columns": {}})
    one.orders.selected = False
    assert other.orders.compute_table_schema()["columns"] == {}
    assert "more" not in other.schema.tables and other.orders.selected


def test_a_module_says_the_section_of_its_sources() -> None:
    """`__source_name__` comes before the name of the module: files may be renamed, and configuration stays."""
    module = ModuleType("orders_of_today")
    sys.modules[module.__name__] = module
    try:
        exec("def shop():\n    return []\n", vars(module))
        assert dlt.source(module.shop)().section == "orders_of_today"
        module.__source_name__ = "shop_api"  # type: ignore[attr-defined] # as a program sets it
        assert dlt.source(module.shop)().section == "shop_api"
        assert dlt.source(module.shop, section="own")().section == "own"
    finally:
        del sys.modules[module.__name__]


def test_a_schema_file_beside_the_function_is_the_beginning_of_its_schema(tmp_path: Path) -> None:
    """It is read when a source is made, also for a method; one of another name is refused with both names."""
    space: dict[str, Any] = {"dlt": dlt, "__name__": "beside"}
    text = "class Api:\n    def shop(self):\n        return dlt.resource([1], name='r')\n"
    exec(compile(text, str(tmp_path / "beside.py"), "exec"), space)
    schema = Schema("shop")
    schema.update_table({"name": "known", "columns": {}})
    (tmp_path / "shop_schema.yml").write_text(schema.to_pretty_yaml())
    assert "known" in dlt.source(space["Api"]().shop, name="shop")().schema.tables
    assert "known" not in dlt.source(space["Api"]().shop, name="store")().schema.tables
    (tmp_path / "store_schema.yaml").write_text(schema.to_pretty_yaml())
    with pytest.raises(ExplicitSourceNameInvalid, match=r"Source 'store': the schema in .*store_schema.yaml .*'shop'"):
        dlt.source(space["Api"]().shop, name="store")()


def test_lists_functions_and_resources_are_parents() -> None:
    """Of a transformer, by `data_from` and by `|`, from either side."""

    @dlt.transformer
    def doubled(number: int, times: int = 2) -> int:
        return number * times

    parent = dlt.resource([1, 2], name="numbers")
    assert list(parent | doubled) == [2, 4]
    assert list([1, 2] | doubled(3)) == [3, 6]
    for data_from in (parent, [1, 2], numbers):
        made = dlt.transformer(lambda number: number * 10, data_from=data_from, name="tens")
        assert list(made)[-2:] == [10, 20]


def test_a_transformer_that_has_a_parent_can_be_piped_to_another_one() -> None:
    """The first pipe stays as it was."""

    @dlt.transformer(data_from=dlt.resource([1], name="ones"))
    def doubled(number: int) -> int:
        return number * 2

    assert list(dlt.resource([5], name="fives") | doubled) == [10]
    assert list(doubled) == [2]


def test_a_resource_tells_what_it_was_given_and_what_it_lacks() -> None:
    """Tools show arguments, and ask for those that are missing."""

    @dlt.resource
    def page(number: int, size: int = 10) -> Iterator[int]:
        yield number * size

    assert page.requires_args and not page.args_bound and page.explicit_args == {}
    made = page(3)
    assert not made.requires_args and made.args_bound and made.explicit_args == {"number": 3}
    assert dlt.resource([1], name="r").explicit_args == {}
    assert repr(page) == "<@dlt.resource(name='page', section='test_decorators')>"


def test_a_name_and_hints_of_a_resource_that_is_given_again() -> None:
    """`dlt.resource(resource, name=...)` is a copy under another name; the first one keeps its own."""
    first = dlt.resource([{"id": 1}], name="orders")
    made = dlt.resource(first, name="sales", primary_key="id")
    assert (made.name, made.table_name, first.name, first.hints) == ("sales", "sales", "orders", {})
    assert made.compute_table_schema()["columns"]["id"]["primary_key"]
