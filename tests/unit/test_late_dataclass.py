"""Frozen dataclasses that are compiled at their first use behave as those of the standard library."""

from __future__ import annotations

import copy
import dataclasses
import inspect
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import FrozenInstanceError, field
from typing import Generic, TypeVar

import pytest

from dlt import late_dataclass
from dlt.late_dataclass import dataclass

T = TypeVar("T")


@dataclass(frozen=True)
class Early(Generic[T]):
    """A value with all that fields have."""

    number: int
    items: list[T] = field(default_factory=list)
    word: str = "a"

    def __post_init__(self) -> None:
        if self.number < 0:
            raise ValueError("below zero")


@dataclass(frozen=True)
class Longer(Early[int]):
    """A value with one field more."""

    more: int = 4


@dataclass(frozen=True)
class Shown:
    """A value with a repr of its own."""

    number: int

    def __repr__(self) -> str:
        return f"<{self.number}>"


@dataclass(frozen=True)
class Pickled:
    """A value that another process makes without calling its class."""

    number: int


def test_a_value_is_made_compared_shown_and_hashed_by_its_fields() -> None:
    """It is made from its fields, and is equal, shown and hashed by them."""
    assert Longer(1, more=3) == Longer(1, [], "a", 3) != Longer(2)
    assert repr(Longer(1)) == "Longer(number=1, items=[], word='a', more=4)"
    assert {Shown(1), Shown(1)} == {Shown(1)}
    assert repr(Shown(1)) == "<1>"
    assert Early[int](1).items is not Early[int](1).items


def test_it_is_a_dataclass_to_the_standard_library_before_it_was_ever_made() -> None:
    """Fields, signature, replace and asdict work whether or not one was made."""

    @dataclass(frozen=True)
    class Unused:
        """A value that nothing made."""

        number: int = 1

    assert dataclasses.is_dataclass(Unused)
    assert [one.name for one in dataclasses.fields(Unused)] == ["number"]

    @dataclass(frozen=True)
    class Signed:
        """Another one."""

        number: int = 1

    assert str(inspect.signature(Signed)) == "(number: 'int' = 1) -> None"
    assert dataclasses.replace(Longer(1), number=2) == Longer(2)
    assert dataclasses.asdict(Shown(1)) == {"number": 1}
    assert Pickled.__match_args__ == ("number",)


@pytest.mark.parametrize("name", ["number", "other"])
def test_no_attribute_can_be_set_or_deleted(name: str) -> None:
    """Fields and other names alike."""
    value = Shown(1)
    with pytest.raises(FrozenInstanceError, match=name):
        setattr(value, name, 2)
    with pytest.raises(FrozenInstanceError, match=name):
        delattr(value, name)


def test_arguments_are_checked_as_by_any_class() -> None:
    """The compiled constructor checks them."""
    with pytest.raises(TypeError, match=r"missing 1 required positional argument: 'number'"):
        Early()  # type: ignore[call-arg]
    with pytest.raises(ValueError, match="below zero"):
        Longer(-1)


def test_a_value_that_was_unpickled_before_its_class_was_used_is_equal_and_hashable() -> None:
    """Unpickling calls no constructor."""
    stored = pickle.dumps(Pickled(1))
    program = (
        "import pickle, sys\n"
        "from tests.unit.test_late_dataclass import Pickled\n"
        "value, other = pickle.loads(sys.stdin.buffer.read()), None\n"
        "print(hash(value) == hash(Pickled(1)), value == Pickled(1), value)"
    )
    done = subprocess.run([sys.executable, "-c", program], input=stored, capture_output=True, check=True)
    assert done.stdout.decode().strip() == "True True Pickled(number=1)"
    assert copy.deepcopy(Pickled(1)) == Pickled(1)


def test_several_threads_may_use_a_class_for_the_first_time_at_once() -> None:
    """None of them sees a class that is half made."""
    failed: list[BaseException] = []

    def use(make: Callable[[int], object], ready: threading.Barrier) -> None:
        ready.wait()
        try:
            assert make(1) == make(1)
        except BaseException as error:
            failed.append(error)

    for _ in range(50):

        @dataclass(frozen=True)
        class Shared:
            """A value of this round."""

            number: int

        ready = threading.Barrier(4)
        threads = [threading.Thread(target=use, args=(Shared, ready)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert not failed


def test_nothing_is_compiled_before_the_first_use() -> None:
    """What is not used costs nothing."""

    @dataclass(frozen=True)
    class Unused:
        """A value that nothing made."""

        number: int

    def put_off() -> set[str]:
        return {name for name, value in vars(Unused).items() if isinstance(value, late_dataclass.Later)}

    assert put_off() == {*late_dataclass.OF_INIT, *late_dataclass.OF_VALUES}
    value = Unused(1)
    assert put_off() == set(late_dataclass.OF_VALUES)
    assert value == Unused(1) and not put_off()


@pytest.mark.parametrize("use", [repr, hash, lambda value: value == value], ids=["repr", "hash", "eq"])
def test_a_value_that_no_constructor_made_is_used_first(use: Callable[[object], object]) -> None:
    """All that is missing is compiled then; what a class has of its own stays."""

    @dataclass(frozen=True)
    class Own:
        """A value with a hash of its own."""

        number: int

        def __hash__(self) -> int:
            return 5

    value = object.__new__(Own)
    value.__dict__["number"] = 1
    use(value)
    assert value == Own(1) and hash(value) == 5 and repr(value).endswith("Own(number=1)")
