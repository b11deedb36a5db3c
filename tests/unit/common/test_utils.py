"""Small functions give what they give in PyPI `dlt` 1.x."""

from __future__ import annotations

import binascii
import io
import os
from importlib.metadata import PackageNotFoundError
from pathlib import Path
from typing import Any

import pytest

from dlt.common import utils
from dlt.common.exceptions import DependencyVersionException
from dlt.errors import PipelineException, TerminalException

RESULTS: list[tuple[str, tuple[Any, ...], Any]] = [
    ("chunks", ([1, 2, 3], 2), [[1, 2], [3]]),
    ("chunks", ([], 2), []),
    ("chunks", ("abc", 2), [["a", "b"], ["c"]]),
    ("digest128", ("a",), "hcjeiNKIZr8IaAkLOWEW"),
    ("digest128", ("",), "f5wrpOiPgn1hYEVQdgWF"),
    ("digest128", ("ä",), "qSLJz7c6gIAFh0BWKg7J"),
    ("digest128", ("a", 20), "hcjeiNKIZr8IaAkLOWEWK/gjkvY"),
    ("digest128", ("a", 1), "hQ"),
    ("digest128b", (b"", 7), "f5wrpOiPgg"),
    ("digest256", ("a",), "gAhL8vugJHVyb+ssqy2CFeqxS8a92L+yyBUSVwMuzYs="),
    ("digest256_file_stream", (io.BytesIO(b"abc"),), "Ophdp0/iJbIEXBcta9OQvYVfCG4+nVJbRr/iRRFDFTI="),
    ("str2bool", ("Yes",), True),
    ("str2bool", ("0",), False),
    ("flatten_list_of_str_or_dicts", ([{"a": 1, "b": 2}, "c"],), {"a": 1, "b": 2, "c": None}),
    ("flatten_list_or_items", ([1, [2], 3],), [1, 2, 3]),
    ("update_dict_nested", ({"a": {"b": 1}}, {"a": {"c": 2}}), {"a": {"b": 1, "c": 2}}),
    ("update_dict_nested", ({"a": {"b": 1}}, {"a": 1}), {"a": 1}),
    ("update_dict_nested", ({"a": 1}, {"a": {"b": 2}}), {"a": {"b": 2}}),
    ("dict_remove_nones_in_place", ({"a": None, "b": {"c": None}},), {"b": {"c": None}}),
    ("without_none", ({"a": None, "b": 0},), {"b": 0}),
    ("exclude_keys", ({"a": 1, "b": 2}, ["a", "z"]), {"b": 2}),
    ("map_nested_values_in_place", (str, {"a": [1, {"b": 2}], "c": (3,)}), {"a": ["1", {"b": "2"}], "c": ["3"]}),
    ("map_nested_in_place", (lambda value, more: value + more, [1, [2]], 10), [11, [12]]),
    ("map_nested_keys_in_place", (str.upper, [{"a": {"b": [{"c": 1}]}}]), [{"A": {"B": [{"C": 1}]}}]),
    ("group_by_key", ([1, 2, 3], lambda item: str(item % 2)), {"1": [1, 3], "0": [2]}),
    ("merge_keyed_groups", (["a", "b"], ["b", "c"], str), (["a", "b", "c"], ["c"])),
    ("merge_keyed_groups", (["a", "a", "b"], ["a"], str), (["a", "b"], ["a"])),
    ("order_deduped", ([3, 1, 3, 2, 1],), [3, 1, 2]),
    ("extend_list_deduplicated", (["a"], ["A", "b", "b"], str.lower), ["a", "b"]),
    ("group_dict_of_lists", ({"a": [1, 2], "b": [3]},), [{"a": 1, "b": 3}, {"a": 2}]),
    ("concat_strings_with_limit", (["aa", "bb", "cc"], ", ", 6), ["aa, bb", "cc"]),
    ("concat_strings_with_limit", (["aaaaaaa", "b"], ",", 3), ["aaaaaaa", "b"]),
    ("concat_strings_with_limit", (["a", "", "b"], ",", 3), ["a,", "b"]),
    ("graph_edges_to_nodes", ([("A", "B"), ("C", "C")],), {"A": {"B"}, "B": set(), "C": set()}),
    ("graph_edges_to_nodes", ([("A", "B")], False), {"A": {"B"}, "B": {"A"}}),
    ("graph_find_scc_nodes", ({"A": {"B"}, "B": {"A"}, "C": set()},), [{"A", "B"}, {"C"}]),
    ("encoding_for_mode", ("rb",), None),
    ("encoding_for_mode", ("wt",), "utf-8"),
    ("obfuscate_pseudo_secret", ("secret", b"key"), "GAAaGQAN"),
    ("compressed_b64encode", (b"abc",), "eNpLTEoGAAJNASc="),
    ("removeprefix", ("abc", "a"), "bc"),
    ("simple_repr", ("X",), "<X()>"),
    ("get_module_name", (os.path,), os.path.__name__),
    ("get_full_callable_name", (len,), "len"),
    # the module says itself where its classes are: in Python 3.13 it is a package
    ("get_full_obj_class_name", (Path(),), f"{type(Path()).__module__}.{type(Path()).__name__}"),
    ("derives_from_class_of_name", (True, "int"), True),
    ("get_callable_name", (len,), "len"),
    ("is_inner_callable", (len,), False),
]


@pytest.mark.parametrize(("name", "arguments", "expected"), RESULTS)
def test_results(name: str, arguments: tuple[Any, ...], expected: Any) -> None:
    """As known from there."""
    found = getattr(utils, name)(*arguments)
    assert (list(found) if hasattr(found, "__next__") else found) == expected


@pytest.mark.parametrize(
    ("name", "arguments", "error"),
    [
        ("chunks", ([1], 0), ValueError),
        ("str2bool", ("maybe",), ValueError),
        ("flatten_list_of_str_or_dicts", (["a", {"a": 1}],), KeyError),
        ("map_nested_values_in_place", (str, 5), ValueError),
        ("map_nested_keys_in_place", (str, 5), ValueError),
        ("group_dict_of_lists", ({},), ValueError),
        ("reveal_pseudo_secret", ("ABBYA", b"key"), binascii.Error),
        ("assert_min_pkg_version", ("pytest", "99.0"), DependencyVersionException),
        ("assert_min_pkg_version", ("no-such-package", "1.0"), PackageNotFoundError),
    ],
)
def test_refusals(name: str, arguments: tuple[Any, ...], error: type[Exception]) -> None:
    """Of what has no result."""
    with pytest.raises(error):
        list(getattr(utils, name)(*arguments))


def test_there_and_back() -> None:
    """What is obfuscated and compressed is read again; what is new enough passes."""
    assert utils.reveal_pseudo_secret(utils.obfuscate_pseudo_secret("äö", b"k"), b"k") == "äö"
    assert utils.compressed_b64decode(utils.compressed_b64encode(b"xyz" * 9)) == b"xyz" * 9
    utils.assert_min_pkg_version("pytest", "7.4")


def test_random_texts() -> None:
    """Of the length and the alphabet that programs count on."""
    assert len(utils.uniq_id()) == 32 and len(utils.uniq_id(3)) == 6 and int(utils.uniq_id(), 16)
    assert len(utils.uniq_id_base64()) == 22
    assert [len(text) for text in utils.many_uniq_ids_base64(3, 10)] == [14, 14, 14]
    assert len(set(utils.many_uniq_ids_base64(50))) == 50


def test_dicts_are_copied_or_shared() -> None:
    """A clone shares values, and no dicts."""
    inner: dict[str, Any] = {"b": [1]}
    assert utils.update_dict_nested({}, {"a": inner})["a"] is inner
    clone = utils.clone_dict_nested({"a": inner})
    assert clone == {"a": inner} and clone["a"] is not inner and clone["a"]["b"] is inner["b"]
    pruned: dict[str, object] = {"a": 1}
    utils.update_dict_with_prune(pruned, {"a": None, "b": 2, "c": None})
    assert pruned == {"b": 2}
    counts: dict[str, int] = {}
    utils.increase_row_count(counts, "a", 2)
    utils.merge_row_counts(counts, {"a": 3, "b": 0})
    assert counts == {"a": 5, "b": 0}


def test_the_environment_comes_back(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Variables and the folder, also after an error."""
    monkeypatch.setenv("OLD_ONE", "old")
    with utils.custom_environ({"OLD_ONE": "new", "NEW_ONE": "1"}):
        assert os.environ["OLD_ONE"] == "new" and os.environ["NEW_ONE"] == "1"
    with pytest.raises(KeyError), utils.custom_environ({"OLD_ONE": "new"}):
        raise KeyError
    assert os.environ["OLD_ONE"] == "old" and "NEW_ONE" not in os.environ

    @utils.with_custom_environ
    def change() -> None:
        os.environ["OLD_ONE"] = "changed"

    change()
    assert utils.filter_env_vars(["OLD_ONE", "NEW_ONE"]) == {"old_one": "old"}
    before = Path.cwd()
    with utils.set_working_dir(str(tmp_path)) as folder:
        assert Path.cwd() == tmp_path.resolve() and folder == str(tmp_path)
    with utils.set_working_dir(None):
        assert Path.cwd() == before
    with utils.maybe_context(None) as nothing, utils.multi_context_manager([]) as last:
        assert nothing is None and last is None
    with utils.multi_context_manager([utils.maybe_context(utils.set_working_dir(str(tmp_path)))]) as last:
        assert last == str(tmp_path)


def test_a_wrong_call_is_told_from_a_wrong_value() -> None:
    """By its message, as Python writes it."""

    def need(value: Any) -> Any:
        return len(value)

    for call, expected in ((lambda: need(), True), (lambda: need(1, 2), True), (lambda: need(5), False)):  # type: ignore[call-arg]  # what it is about
        with pytest.raises(TypeError) as caught:
            call()
        assert utils.is_typeerror_due_to_wrong_call(caught.value, need) is expected


def test_what_is_known_of_an_error() -> None:
    """Its class, its attributes and its causes, the outermost one first."""

    class Final(PipelineException, TerminalException):
        pass

    try:
        try:
            raise KeyError("k")
        except KeyError as error:
            raise Final("failed", pipeline_name="orders") from error
    except Final as error:
        first, second = utils.get_exception_trace_chain(error)
    assert first["message"] == "failed" and first["is_terminal"] is True and first["pipeline_name"] == "orders"
    assert first["exception_attrs"] == {"pipeline_name": "orders"} and "test_utils.py" in "".join(first["stack_trace"])
    assert (second["exception_type"], second["message"], second["is_terminal"]) == ("KeyError", "'k'", False)
    assert "stack_trace" not in utils.get_exception_trace(ValueError("v"))
