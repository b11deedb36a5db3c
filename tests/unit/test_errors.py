"""The exception tree: messages print as written, details are attributes, every class can travel between processes."""

import pickle

import pytest

from dlt import errors

ALL = [value for value in vars(errors).values() if isinstance(value, type)]
PUBLIC = [kind for kind in ALL if issubclass(kind, errors.DltException)]


@pytest.mark.parametrize("kind", PUBLIC, ids=lambda kind: kind.__name__)
def test_message_and_details_survive_pickling(kind: type[errors.DltException]) -> None:
    """An orchestrator's worker hands errors to another process."""
    error = pickle.loads(pickle.dumps(kind("users.age: 'n/a' is not a bigint", table="users")))
    assert type(error) is kind
    assert str(error) == "users.age: 'n/a' is not a bigint"
    assert error.table == "users"


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
