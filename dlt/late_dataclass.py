"""Frozen dataclasses whose methods are compiled when they are used for the first time.

`dataclasses` compiles six functions for every class at import. A program that loads one row uses half of the classes
that it imports, and of most of these it only makes values. A module says
`from dlt.late_dataclass import dataclass`, and type checkers see the one of the standard library.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from dataclasses import dataclass as dataclass

T = TypeVar("T")
OF_INIT = ("__init__", "__signature__", "__match_args__", "__dataclass_fields__")
"""What it takes to make a value; most are never compared or shown."""
OF_VALUES = ("__repr__", "__eq__", "__hash__", "__dataclass_params__")
MARKED = ("__setattr__", "__delattr__", "__dict__", "__weakref__")
making = threading.RLock()


class Later:
    """An attribute of a class that is not made yet: whoever looks it up has it made, and gets the real one.

    Args:
        owner: The class.
        name: Name of the attribute.
        names: All attributes of the class that were put off.
    """

    def __init__(self, owner: type, name: str, names: Sequence[str]) -> None:
        self.owner, self.name, self.names = owner, name, names

    def __get__(self, instance: object | None, looked_up_on: type) -> object:
        make(self.owner, self.name)
        return getattr(looked_up_on if instance is None else instance, self.name)


def make(owner: type, name: str) -> None:
    """Compile a method of a class with those of its group, unless another thread has done it meanwhile.

    Args:
        owner: A class that `dataclass` has marked.
        name: The method, or another attribute that dataclasses have.
    """
    import dataclasses

    with making:
        asked = vars(owner).get(name)
        if not isinstance(asked, Later):
            return
        later = [other for other, value in vars(owner).items() if isinstance(value, Later)]
        group = [other for other in later if other in OF_INIT] if name in OF_INIT else later
        given = {key: value for key, value in vars(owner).items() if key not in (*asked.names, *MARKED)}
        # the class itself must be whole at every moment, for other threads: a copy of it is made into a dataclass
        is_whole = name not in OF_INIT
        whole = dataclasses.dataclass(frozen=True, repr=is_whole, eq=is_whole)
        copy: type = whole(type(owner)(owner.__name__, owner.__bases__, given))
        for made in group:
            # there is none of the real signature: it is that of `__init__`
            if made == "__signature__":
                delattr(owner, made)
            else:
                setattr(owner, made, vars(copy)[made])


def refuse(_: object, name: str, *value: object) -> None:
    """Raise the error of a frozen dataclass."""
    from dataclasses import FrozenInstanceError

    raise FrozenInstanceError(f"cannot {'assign to' if value else 'delete'} field {name!r}")


def mark(owner: type[T]) -> type[T]:
    """Let a class be made into a frozen dataclass at its first use."""
    names = [name for name in (*OF_INIT, *OF_VALUES) if name not in vars(owner)]
    for name in names:
        setattr(owner, name, Later(owner, name, names))
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
