"""Read access to what was loaded: `Dataset` and `Relation`.

`dlt.dataset(...)` is a function and `dlt.dataset` this package, as with PyPI `dlt` 1.x; `dlt/__init__.py` sees to both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.dataset.dataset import Dataset
    from dlt.dataset.relation import Relation
else:
    # every `import dlt` loads this package, so it loads nothing
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "Dataset": "dlt.dataset.dataset:Dataset",
            "Relation": "dlt.dataset.relation:Relation",
        },
    )

__all__ = ["Dataset", "Relation"]
