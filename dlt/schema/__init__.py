"""What tables look like: names, types, hints, contracts, and how they change."""

from typing import TYPE_CHECKING

from dlt.lazy_names import lazy_names

if TYPE_CHECKING:
    from dlt.schema.diagrams import Lines, dbml, dot, mermaid
    from dlt.schema.references import all_references
else:
    __getattr__, __dir__ = lazy_names(
        __name__,
        {
            "Lines": "dlt.schema.diagrams:Lines",
            "all_references": "dlt.schema.references:all_references",
            "dbml": "dlt.schema.diagrams:dbml",
            "dot": "dlt.schema.diagrams:dot",
            "mermaid": "dlt.schema.diagrams:mermaid",
        },
    )

__all__ = ["Lines", "all_references", "dbml", "dot", "mermaid"]
