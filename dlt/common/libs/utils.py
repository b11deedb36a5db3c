"""Functions on libraries under the names of PyPI `dlt` 1.x."""

from __future__ import annotations

__all__ = ["is_instance_lib"]


def is_instance_lib(obj: object, *, class_ref: str) -> bool:
    """Tell whether an object is of a class of a library, without importing the library.

    Args:
        obj: The object.
        class_ref: The class with its package, such as pandas.DataFrame.
    """
    package, _, name = class_ref.rpartition(".")
    return any(
        base.__name__ == name and (base.__module__ == package or base.__module__.startswith(f"{package}."))
        for base in type(obj).__mro__
    )
