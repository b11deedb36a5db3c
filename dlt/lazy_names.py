"""Names of a package that are imported when they are first asked for (PEP 562).

`import dlt` has to be cheap: schedulers import programs far more often than they run them. Only packages that do
nothing but offer names use this, and each imports the same names under `TYPE_CHECKING`, where type checkers and the
contract on layers see them; a test compares the two.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Mapping


def lazy_names(package: str, places: Mapping[str, str]) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return `__getattr__` and `__dir__` for a package.

    Args:
        package: The package's `__name__`.
        places: Where each name stands: "module:attribute", or "module" for the module itself.
    """

    def find(name: str) -> object:
        place = places.get(name)
        if place is None:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, _, attribute = place.partition(":")
        found = importlib.import_module(module)
        if attribute:
            found = getattr(found, attribute)
        # found once: from then on Python looks it up without this function
        setattr(sys.modules[package], name, found)
        return found

    def names() -> list[str]:
        return sorted({*vars(sys.modules[package]), *places})

    return find, names
