"""Names of tables and columns follow from keys, for any text."""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dlt.errors import InvalidNamingType, NamingTypeNotFound, UnknownNamingModule
from dlt.schema.naming import NamingConvention, SqlCsV1, name_of_key, naming_from

CONVENTIONS = ["snake_case", "direct", "duck_case", "sql_ci_v1", "sql_cs_v1", "s3_tables"]
ANY_TEXTS = st.text(max_size=40) | st.text("aB1_ -é😀", max_size=80)
TEXTS = ANY_TEXTS.filter(lambda text: bool(text.strip()))


@given(st.sampled_from(CONVENTIONS), TEXTS)
def test_a_normalized_name_stays_as_it_is(convention: str, text: str) -> None:
    """What was stored under a name is found under it again."""
    naming = naming_from(convention)
    name = naming.normalize_identifier(text)
    assert name and naming.normalize_identifier(name) == name


@given(st.sampled_from(CONVENTIONS), st.lists(ANY_TEXTS, min_size=1, max_size=4), st.integers(20, 64))
def test_no_name_is_longer_than_the_limit(convention: str, parts: list[str], limit: int) -> None:
    """Bytes count, for names of nested tables too; what is empty has the name _empty."""
    naming = naming_from(convention, limit)
    for name in (name_of_key(naming, "__".join(parts)), naming.shorten_fragments("t", *parts)):
        assert 0 < len(name.encode(errors="surrogatepass")) <= limit


@given(TEXTS)
def test_snake_case_is_plain(text: str) -> None:
    """Lower-case letters of ASCII, digits of any script as in PyPI `dlt`, single underscores; no digit comes first."""
    name = naming_from("snake_case").normalize_identifier(text)
    assert re.fullmatch(r"[a-z_][a-z\d_]*", name) and "__" not in name


@given(st.text("ab", min_size=70, max_size=90), st.text("ab", min_size=70, max_size=90))
def test_names_that_are_cut_stay_apart(one: str, other: str) -> None:
    """The tag is that of the whole name."""
    naming = naming_from("snake_case", 63)
    assert (naming.normalize_identifier(one) == naming.normalize_identifier(other)) == (one == other)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("OrderID", "order_id"),
        ("camelCase", "camel_case"),
        ("2nd", "_2nd"),
        ("a b-c", "a_b_c"),
        ("a+b", "axb"),
        ("trailing_", "trailingx"),
    ],
)
def test_snake_case_by_example(key: str, name: str) -> None:
    """As programs for PyPI `dlt` 1.x know it."""
    assert naming_from("snake_case").normalize_identifier(key) == name


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("ID", "id"),
        ("HTTPServer", "http_server"),
        ("getHTTPResponse2XX", "get_http_response2_xx"),
        ("a1B", "a1_b"),
        ("aB1", "a_b1"),
        ("A", "a"),
        ("already_snake", "already_snake"),
        ("__private", "_private"),
        ("a___b", "a_b"),
        ("a__", "axx"),
        ("_", "x"),
        ("___", "xxx"),
        (" padded ", "padded"),
        ("a*b", "axb"),
        ("a@b", "aab"),
        ("a|b", "alb"),
        ("a-b", "a_b"),
        ("a-", "ax"),
        ("a--", "axx"),
        ("-a", "_a"),
        ("größe", "gr_e"),
        ("日本", "x"),
        ("a.b.c", "a_b_c"),
        ("a\nb", "a_b"),
        ("100%", "_100x"),
        ("-1", "_1"),
    ],
)
def test_snake_case_by_more_examples(key: str, name: str) -> None:
    """Words, signs with a meaning, signs without one, and digits in front."""
    assert naming_from("snake_case").normalize_identifier(key) == name


@pytest.mark.parametrize(
    ("convention", "key", "name"),
    [
        ("duck_case", "Order ID", "Order ID"),
        ("duck_case", 'a"b\nc\0d', "a_b_c_d"),
        ("duck_case", 'a""b', "a_b"),
        ("duck_case", "a____b", "a_b"),
        ("duck_case", "a__b", "a_b"),
        ("duck_case", " é ", "é"),
        ("direct", " a\n", "a"),
        ("direct", 'O\'Neil said "a▶b"\n!', "O_Neil said _a_b__!"),
        ("direct", "a__b", "a__b"),
        ("sql_cs_v1", "Order ID", "Order_ID"),
        ("sql_cs_v1", "2nd", "_2nd"),
        ("sql_cs_v1", "a--b", "a_b"),
        ("sql_cs_v1", "event-.!:*<>value's'", "event_value_s"),
        ("sql_cs_v1", "___a___b_", "_a_b"),
        ("sql_cs_v1", "___", "_"),
        ("sql_ci_v1", "Order ID", "order_id"),
        ("sql_ci_v1", "2ND", "_2nd"),
    ],
)
def test_the_other_conventions_by_example(convention: str, key: str, name: str) -> None:
    """Each keeps as much of a key as it can."""
    naming = naming_from(convention)
    assert naming.normalize_identifier(key) == naming.normalize_table_identifier(key) == name


@pytest.mark.parametrize(
    ("convention", "sensitive"),
    [
        ("snake_case", False),
        ("direct", True),
        ("duck_case", True),
        ("sql_ci_v1", False),
        ("sql_cs_v1", True),
        ("s3_tables", False),
    ],
)
def test_conventions_say_whether_case_counts(convention: str, sensitive: bool) -> None:
    """And know their names."""
    naming = naming_from(convention, 50)
    assert naming.is_case_sensitive is sensitive and naming.name() == convention
    assert repr(naming) == f"<naming {convention} max_length=50>"
    assert type(naming)(is_case_sensitive=not sensitive).is_case_sensitive is not sensitive


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("orders__items", "orders__items"),
        ("Orders__lineItems", "orders__line_items"),
        ("a____b", "a__b"),
        ("__a", "a"),
        ("a__ __b", "a__b"),
        ("____", ""),
        ("", ""),
        ("a___b", "a___b"),
    ],
)
def test_each_part_of_a_path_is_normalized_by_itself(path: str, name: str) -> None:
    """Parts that hold nothing are left out."""
    naming = naming_from("snake_case")
    found = naming.normalize_path(path)
    assert found == naming.normalize_tables_path(path) == name
    assert naming.normalize_path(found) == found


def test_parts_are_joined_with_the_separator_of_the_convention() -> None:
    """Direct names have one that no key has."""
    assert naming_from("direct").shorten_fragments("a__b", "c") == "a__b▶c"
    assert naming_from("direct").break_path("a__b▶c") == ["a__b", "c"]
    assert naming_from("snake_case").shorten_fragments("a_b", " ", "c_d") == "a_b__c_d"
    assert naming_from("snake_case").make_path("a", "", "b") == "a__b"


class _Tables(NamingConvention):
    """Tables in upper case, columns as they are."""

    def normalize_table_identifier(self, identifier: str) -> str:
        """Return the identifier in upper case."""
        return identifier.upper()


def test_a_convention_may_name_tables_in_another_way_than_columns() -> None:
    """Each part of the path of a table."""
    naming = naming_from(_Tables)
    assert (naming.normalize_tables_path("a__b"), naming.normalize_path("a__b")) == ("A__B", "a__b")
    assert naming.normalize_tables_path("") == naming.normalize_path("") == ""


@given(st.text("abé😀", min_size=1, max_size=60), st.integers(9, 40))
def test_a_name_is_cut_in_its_middle(text: str, limit: int) -> None:
    """It begins and ends as before; letters that the cut goes through are left out; a short one is as it was."""
    found = NamingConvention.shorten_identifier(text, text, limit)
    size = len(text.encode())
    if size <= limit:
        assert found == text
        return
    kept = limit - 6
    head, tail = (kept + 1) // 2, kept - (kept + 1) // 2
    start = text.encode()[:head].decode(errors="ignore")
    end = text.encode()[size - tail :].decode(errors="ignore") if tail else ""
    assert found.startswith(start) and found.endswith(end)
    assert len(found) == len(start) + 6 + len(end) and re.fullmatch("[a-z0-9]{6}", found[len(start) : len(start) + 6])
    assert NamingConvention.shorten_identifier(text, text + "x", limit) != found
    assert NamingConvention.shorten_identifier(text, text, None) == text


@pytest.mark.parametrize(
    ("convention", "limit", "path", "name"),
    [
        ("snake_case", 20, "a_very_long_identifier_of_forty_characters", "a_very_5qvwuaracters"),
        ("snake_case", 20, "parent_table_name__child_table_name__x", "parent_sahalwname__x"),
        ("snake_case", 12, "A Long__part one two three__x y", "a_lwcxp8ax_y"),
        ("sql_cs_v1", 12, "A Long__part one two three__x y", "A_Lwcxp8ax_y"),
        ("direct", 12, "A Long__part one two three__x y", "A Lwcxp8ax y"),
        ("snake_case", 12, "  A long identifier  ", "a_ltiip2wier"),
        ("direct", 20, "she played cello well", "she plauanpualo well"),
    ],
)
def test_names_that_are_cut_are_those_of_1_x(convention: str, limit: int, path: str, name: str) -> None:
    """The tag comes from the text as it came: tables that PyPI `dlt` loaded are found again."""
    assert naming_from(convention, limit).normalize_path(path) == name


def test_nested_names_are_cut_as_in_1_x() -> None:
    """The tag is that of the joined name."""
    assert (
        naming_from("snake_case", 20).shorten_fragments("parent_table_name", "child_table_name")
        == "parent_koyouwle_name"
    )


@pytest.mark.parametrize("convention", CONVENTIONS)
@pytest.mark.parametrize("text", ["", "   ", "\t\n"])
def test_nothing_is_no_identifier(convention: str, text: str) -> None:
    """A name of a program that is empty is a mistake; a key of a document may be empty."""
    with pytest.raises(ValueError, match="no letter of which a name could be made"):
        naming_from(convention).normalize_identifier(text)
    assert name_of_key(naming_from(convention), text) == "_empty"


def test_a_limit_below_a_tag_is_refused() -> None:
    """Names could not be told apart."""
    with pytest.raises(ValueError, match="6 are needed"):
        naming_from("snake_case", 5).normalize_identifier("abcdefgh")


def test_tables_of_s3_have_no_underscore_in_front() -> None:
    """And no name is longer than the service takes."""
    naming = naming_from("s3_tables")
    assert naming.max_length == 255
    assert (naming.normalize_table_identifier("__foo"), naming.normalize_identifier("_foo")) == ("foo", "_foo")
    with pytest.raises(ValueError, match="takes names of 255 letters, not of 256"):
        naming_from("s3_tables", 256)


class _Latin(SqlCsV1):
    """Names of SQL with letters beyond ASCII."""

    RE_NON_ALPHANUMERIC = re.compile(r"[^a-zA-Zäöü\d_]+")


def test_a_convention_of_sql_may_allow_more_letters() -> None:
    """By the pattern of what is replaced."""
    assert _Latin().normalize_identifier("Größe in m²") == "Grö_e_in_m"


@pytest.mark.parametrize(("size", "cut"), [(19, False), (20, False), (21, True)])
def test_a_name_of_exactly_the_limit_stays(size: int, cut: bool) -> None:
    """For every convention."""
    for convention in CONVENTIONS:
        found = naming_from(convention, 20).normalize_identifier("a" * size)
        assert (found != "a" * size) is cut and len(found) == min(size, 20)


HERE = "naming_of_a_program"


@pytest.fixture
def module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Return a function that writes the module of a program, and makes it importable."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def write(text: str, name: str = HERE) -> str:
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
        importlib.invalidate_caches()
        return name

    yield write
    for name in [name for name in sys.modules if name.startswith(HERE)]:
        del sys.modules[name]


PROGRAM = """
from dlt.common.normalizers.naming import NamingConvention as Base

class NamingConvention(Base):
    def normalize_identifier(self, identifier):
        return identifier.upper()

class Other(Base):
    pass

number = 5
"""


@pytest.mark.parametrize("form", ["module", "path", "class", "instance", "imported"])
def test_a_convention_of_a_program_is_found(module: Any, form: str) -> None:
    """By its module, by its path, as class, as object, and as the module itself; the limit is that of the caller."""
    name = module(PROGRAM)
    loaded = importlib.import_module(name)
    reference = {
        "module": name,
        "path": f"{name}.NamingConvention",
        "class": loaded.NamingConvention,
        "instance": loaded.NamingConvention(7),
        "imported": loaded,
    }[form]
    naming = naming_from(reference, 50)
    assert type(naming) is loaded.NamingConvention and naming.max_length == 50
    assert naming.normalize_identifier("a") == "A" and naming.name() == f"{name}.NamingConvention"
    assert type(naming_from(naming.name())) is loaded.NamingConvention
    assert type(naming_from(f"{name}.Other")) is loaded.Other


@pytest.mark.parametrize("path", ["snake_case", "dlt.common.normalizers.naming.snake_case", None])
def test_conventions_of_the_library_have_short_and_long_names(path: Any) -> None:
    """The long one is that of PyPI `dlt` 1.x; none at all is snake_case."""
    assert naming_from(path).name() == "snake_case"


@pytest.mark.parametrize(
    ("reference", "error", "text"),
    [
        ("unheard_of", UnknownNamingModule, "neither one of snake_case, duck_case"),
        ("unheard_of.module", UnknownNamingModule, "'unheard_of.module' is neither"),
        (f"{HERE}.Unheard", NamingTypeNotFound, f"The module {HERE} has no class Unheard"),
        (f"{HERE}.number", InvalidNamingType, f"'{HERE}.number' is 5, which is none"),
        (f"{HERE}_empty", NamingTypeNotFound, f"The module {HERE}_empty has no class NamingConvention"),
        (f"{HERE}_broken", UnknownNamingModule, "is there and cannot be imported: ZeroDivisionError"),
        (f"{HERE}_needy", UnknownNamingModule, "is there and cannot be imported: ModuleNotFoundError"),
        (f"{HERE}_needy.Other", UnknownNamingModule, "is there and cannot be imported: ModuleNotFoundError"),
        (5, InvalidNamingType, "The naming convention 5 is 5"),
        (dict, InvalidNamingType, "is <class 'dict'>"),
        (Ellipsis, InvalidNamingType, "Derive the class from"),
    ],
    ids=str,
)
def test_what_is_no_convention_is_told(module: Any, reference: Any, error: type[Exception], text: str) -> None:
    """A module that is not there, one without the class, one that fails, and one that lacks another module."""
    module(PROGRAM)
    module("", f"{HERE}_empty")
    module("1 / 0", f"{HERE}_broken")
    module("import module_that_is_not_there", f"{HERE}_needy")
    with pytest.raises(error) as caught:
        naming_from(reference)
    assert text in str(caught.value)
