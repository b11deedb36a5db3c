"""The exception tree: messages print as written, details are attributes, every class can travel between processes."""

import ast
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest

import dlt
from dlt import errors

ROOT = Path(__file__).resolve().parents[3]
ALL = [value for value in vars(errors).values() if isinstance(value, type)]
PUBLIC = [kind for kind in ALL if issubclass(kind, errors.DltException)]


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_message_and_details_survive_pickling(kind: type[errors.DltException]) -> None:
    """An orchestrator's worker hands errors to another process."""
    error = pickle.loads(pickle.dumps(kind("users.age: 'n/a' is not a bigint", table="users")))
    assert type(error) is kind
    assert str(error) == "users.age: 'n/a' is not a bigint"
    assert error.table == "users"


def test_programs_make_errors_as_in_1x() -> None:
    """By place or by name, also in classes of their own; a message alone is one as well."""

    class JobTimeout(errors.DltResourceException):
        def __init__(self, resource_name: str, msg: str) -> None:
            super().__init__(resource_name, msg)

    found = JobTimeout("insights", "it took too long")
    assert (str(found), found.resource_name) == ("it took too long", "insights")
    for kind, name in (
        (errors.PipelineException, "pipeline_name"),
        (errors.SchemaException, "schema_name"),
        (errors.PipeException, "pipe_name"),
    ):
        for error in (kind("shop", "it is closed"), kind(**{name: "shop", "msg": "it is closed"})):
            assert (str(error), getattr(error, name)) == ("it is closed", "shop")
    for missing in (
        errors.MissingDependencyException("Sheets", ["google-api-python-client", "x>=2"]),
        errors.MissingDependencyException(caller="Sheets", dependencies=["google-api-python-client", "x>=2"]),
    ):
        assert str(missing) == 'Sheets needs what is not installed: pip install "google-api-python-client" "x>=2".'
        assert pickle.loads(pickle.dumps(missing)).dependencies == missing.dependencies
    # no list of packages is no command without packages
    assert str(errors.MissingDependencyException("Sheets", [])) == "Sheets needs what is not installed."
    with pytest.raises(TypeError, match="takes a message, or resource_name, msg, and 3 values"):
        errors.DltResourceException("a", "b", "c")
    with pytest.raises(TypeError, match="takes a message, and 2 values"):
        errors.DltException("a", "b")


def test_what_cannot_travel_stays_behind_and_the_cause_goes_along() -> None:
    """The step failed in a worker; whether another try helps is told where the error arrives."""
    failed = errors.PipelineStepFailed("load failed", pipeline=(x for x in ()), step="load")
    failed.__cause__ = errors.DatabaseTransientException("the connection broke", table="t")
    found = pickle.loads(pickle.dumps(failed))
    assert found.step == "load" and not hasattr(found, "pipeline")
    assert isinstance(found.__cause__, errors.DatabaseTransientException) and found.__cause__.table == "t"


def test_terminal_and_transient_are_types() -> None:
    """A terminal error is told from a transient one by its type."""
    assert issubclass(errors.DatabaseTerminalException, errors.TerminalException)
    assert issubclass(errors.DatabaseTransientException, errors.TransientException)


def test_missing_configuration_is_a_key_error_and_prints_plainly() -> None:
    """The message is not the repr that KeyError would print."""
    error = errors.ConfigFieldMissingException("no value for api_key")
    assert isinstance(error, KeyError)
    assert str(error) == "no value for api_key"


def _modules() -> Iterator[ast.Module]:
    for package in ("dlt", "dlt_airflow", "dlt_prefect"):
        for path in (ROOT / package).rglob("*.py"):
            if path.parent.name != "errors" and path.name != "exceptions.py":
                yield ast.parse(path.read_text(encoding="utf-8"))


def _made(module: ast.Module) -> Iterator[str]:
    """Yield the names that stand where values are made: neither in imports, nor in `except`, `isinstance` and hints."""
    others: set[int] = set()
    for node in ast.walk(module):
        hints: list[ast.AST | None] = []
        if isinstance(node, ast.ExceptHandler):
            hints = [node.type]
        elif isinstance(node, ast.arg):
            hints = [node.annotation]
        elif isinstance(node, ast.FunctionDef):
            hints = [node.returns]
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "isinstance":
            hints = [node.args[1]]
        others.update(id(inner) for hint in hints if hint is not None for inner in ast.walk(hint))
    for node in ast.walk(module):
        if isinstance(node, ast.Name) and id(node) not in others:
            yield node.id


def test_every_error_is_raised_or_the_base_of_one_that_is() -> None:
    """What only programs for PyPI dlt name stands in the modules from which they import it."""
    made = {name for module in _modules() for name in _made(module)}
    own = {kind for kind in ALL if kind.__module__.startswith("dlt.errors")}
    raised = {kind for kind in own if kind.__name__ in made}
    used = {base for kind in raised for base in kind.__mro__}
    assert sorted(kind.__name__ for kind in own - used) == []


def test_the_docstring_draws_the_tree() -> None:
    """Each class once, under the first of its bases."""
    assert errors.__doc__ is not None
    drawn: dict[str, str | None] = {}
    above: dict[int, str] = {}
    for line in errors.__doc__.splitlines():
        if line.startswith("    ") and line.strip().isidentifier():
            depth = len(line) - len(line.lstrip())
            above[depth] = line.strip()
            drawn[line.strip()] = above[depth - 4] if depth > 4 else None
    own = [kind for kind in ALL if kind.__module__.startswith("dlt.errors")]
    first = {kind: next((base for base in kind.__bases__ if base in own), None) for kind in own}
    assert drawn == {kind.__name__: base.__name__ if base else None for kind, base in first.items()}


def test_a_pipeline_without_a_schema_says_so_as_in_1x(tmp_path: Path) -> None:
    """Programs look for the schema that is not there, and others for a pipeline that never ran."""
    pipeline = dlt.pipeline("never", destination="duckdb", pipelines_dir=str(tmp_path))
    for kind in (errors.SchemaNotFoundError, KeyError, errors.PipelineNeverRan):
        with pytest.raises(kind, match="Run it first"):
            pipeline.default_schema  # noqa: B018 - asking is what fails
