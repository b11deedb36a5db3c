"""Names without anything behind them import, stand in programs, and say at use what to do instead."""

from __future__ import annotations

import contextlib
import sys
import types
from typing import Any

import pytest

from dlt.absent import absent, absent_names
from dlt.errors import DltException, NotOffered

Storage: Any = absent("dlt.common.storages.LoadStorage", "Look at pipeline.list_completed_load_packages().")


def test_it_says_at_use_what_to_do_instead() -> None:
    """A call, an attribute of the class and an instance of a subclass all tell the way."""

    class Own(Storage):
        pass

    for use in (lambda: Storage("folder"), lambda: Own(), lambda: Storage.create()):
        with pytest.raises(NotOffered, match=r"LoadStorage.* Look at pipeline\.list_completed_load_packages") as caught:
            use()
        assert isinstance(caught.value, DltException)


def test_it_stands_where_types_stand() -> None:
    """In annotations, with parameters, in isinstance and behind except."""
    assert not isinstance("text", Storage)
    assert Storage | None
    assert Storage[int] is Storage
    with pytest.raises(KeyError), contextlib.suppress(Storage):
        raise KeyError("passes")
    assert Storage.__name__ == "LoadStorage" and Storage.__module__ == "dlt.common.storages"


def test_a_module_makes_them_when_they_are_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """One object a name, and no others than those that are listed."""
    module = types.ModuleType("a_module")
    monkeypatch.setitem(sys.modules, "a_module", module)
    find = absent_names("a_module", "Do without.", "One Two")
    made = find("One")
    assert vars(module)["One"] is made
    with pytest.raises(AttributeError, match="module 'a_module' has no attribute 'Three'"):
        find("Three")
    anything = absent_names("a_module", "Do without.")
    assert anything("Whatever").__name__ == "Whatever"
    with pytest.raises(AttributeError):
        anything("__path__")
