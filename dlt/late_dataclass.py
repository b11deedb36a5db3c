"""Frozen dataclasses whose methods are compiled when a class is used for the first time.

`dataclasses` compiles six functions for every class at import, and a program that loads one row uses half of the
classes that it imports. A module says `from dlt.late_dataclass import dataclass`, and type checkers see the one of
the standard library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass

T = TypeVar("T")
MADE = ("__init__", "__repr__", "__eq__", "__hash__", "__match_args__", "__dataclass_fields__", "__dataclass_params__")
MARKED = ("__setattr__", "__delattr__", "__dict__", "__weakref__")
making = threading.RLock()


class Later:
    """An attribute of a class that is not made yet: whoever looks it up makes the class, and gets the real one."""

    def __init__(self, owner: type, name: str) -> None:
        self.owner = owner
        self.name = name

    def __get__(self, instance: object | None, looked_up_on: type) -> object:
        make(self.owner)
        return getattr(looked_up_on if instance is None else instance, self.name)


def make(owner: type) -> None:
    """Compile the methods of a class, unless another thread has done it meanwhile.

    Args:
        owner: A class that `dataclass` has marked.
    """
    import dataclasses

    with making:
        later = [name for name, value in vars(owner).items() if isinstance(value, Later)]
        if not later:
            return
        given = {name: value for name, value in vars(owner).items() if name not in (*later, *MARKED)}
        # the class itself must be whole at every moment, for other threads: a copy of it is made into a dataclass
        copy: type = dataclasses.dataclass(frozen=True)(type(owner)(owner.__name__, owner.__bases__, given))
        for name in later:
            # there is none of the real signature: it is that of `__init__`
            if name == "__signature__":
                delattr(owner, name)
            else:
                setattr(owner, name, vars(copy)[name])


def refuse(_: object, name: str, *value: object) -> None:
    """Raise the error of a frozen dataclass."""
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def mark(owner: type[T]) -> type[T]:
    """Let a class be made into a frozen dataclass at its first use."""
    own = set(vars(owner))
    for name in (*MADE, "__signature__"):
        if name not in own:
            setattr(owner, name, Later(owner, name))
    for name in ("__setattr__", "__delattr__"):
        setattr(owner, name, refuse)
    return owner


if not TYPE_CHECKING:

    def dataclass(*, frozen: bool) -> Callable[[type[T]], type[T]]:
        """Mark a class as a frozen dataclass.

        Args:
            frozen: True, there are no others of this kind.
        """
        assert frozen
        return mark
