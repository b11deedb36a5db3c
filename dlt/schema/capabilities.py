"""What a destination can do, as a value that any step may hold without the destination."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from dlt.late_dataclass import dataclass
from dlt.schema.typing import CHECK_KINDS, CheckKind, MergeStrategy, ReplaceStrategy
from dlt.user_log import tell_without_effect

if TYPE_CHECKING:
    from typing_extensions import Self

WITHOUT_EFFECT: dict[str, str] = {
    "preferred_staging_file_format": "files wait at a staging place in the format in which they are loaded",
    "supported_staging_file_formats": "files wait at a staging place in the format in which they are loaded",
    "supported_replace_strategies": "every strategy replaces a table at once, with the transaction of its load",
    "supports_nested_types": "nested values become nested tables or JSON",
    "supports_transactions": "what a destination does at the commit is up to its client",
    "timestamp_precision": "a moment has microseconds, or the precision of its column",
}
"""Fields that destinations written for PyPI `dlt` 1.x set and nothing here reads, and what holds instead."""


@dataclass(frozen=True)
class Capabilities(Mapping[str, object]):
    """Limits and formats of a destination, by name too; lengths are in bytes of UTF-8.

    Attributes:
        max_decimal: Largest precision and scale of a decimal.
        supports_nan: Columns of type double hold NaN and infinities.
        supports_nul: Texts may hold the character NUL.
        enforces_length: A text or binary column refuses, or cuts, what is longer than its precision.
        keeps_types: It has tables, whose columns keep the types with which they were made.
        renames_columns: A column of a table that is there can get another name.
        keeps_own_tables: It holds the tables of the library too, and gives back what is in them.
        supported_checks: Checks of data that it can do before a load becomes visible.
    """

    preferred_loader_file_format: str = "arrow"
    supported_loader_file_formats: tuple[str, ...] = ("arrow", "parquet", "jsonl", "csv")
    preferred_staging_file_format: str | None = None
    supported_staging_file_formats: tuple[str, ...] = ()
    max_identifier_length: int = 65536
    max_column_identifier_length: int = 65536
    has_case_sensitive_identifiers: bool = False
    naming_convention: str | None = None
    max_table_nesting: int | None = None
    max_columns: int | None = None
    max_text_data_type_length: int | None = None
    decimal_precision: tuple[int, int] = (38, 9)
    wei_precision: tuple[int, int] = (38, 0)
    max_decimal: tuple[int, int] = (76, 76)
    timestamp_precision: int = 6
    max_file_bytes: int = 64 << 20
    supports_ddl_transactions: bool = True
    supports_transactions: bool = True
    supports_nested_types: bool = False
    supports_nan: bool = True
    supports_nul: bool = True
    enforces_length: bool = False
    keeps_types: bool = True
    renames_columns: bool = True
    keeps_own_tables: bool = True
    supported_checks: tuple[CheckKind, ...] = CHECK_KINDS
    supported_merge_strategies: tuple[MergeStrategy, ...] = ("delete-insert", "upsert", "scd2", "insert-only")
    supported_replace_strategies: tuple[ReplaceStrategy, ...] = (
        "truncate-and-insert",
        "insert-from-staging",
        "staging-optimized",
    )
    supported_table_formats: tuple[str, ...] = ()
    sqlglot_dialect: str | None = None

    def __post_init__(self) -> None:
        for field in fields(self):
            # told once: a destination written for PyPI dlt sets them in good faith
            if field.name in WITHOUT_EFFECT and vars(self)[field.name] != field.default:
                tell_without_effect(f"capabilities: {field.name}", WITHOUT_EFFECT[field.name])

    def __getitem__(self, name: str) -> object:
        return vars(self)[name]

    def __iter__(self) -> Iterator[str]:
        return (field.name for field in fields(self))

    def __len__(self) -> int:
        return len(fields(self))

    def escape_identifier(self, name: str) -> str:
        """Return a name in quotes, as SQL of the destination has it.

        Args:
            name: The name.
        """
        quote = "`" if self.sqlglot_dialect in ("bigquery", "databricks", "mysql", "spark") else '"'
        return quote + name.replace(quote, quote * 2) + quote

    @classmethod
    def generic_capabilities(
        cls,
        preferred_loader_file_format: str | None = None,
        naming_convention: str | None = None,
        supported_table_formats: Sequence[str] = (),
        supported_merge_strategies: Sequence[MergeStrategy] | None = None,
    ) -> Self:
        """Return what is assumed of a destination that says nothing else.

        Args:
            preferred_loader_file_format: Format of its files.
            naming_convention: How its names are written.
            supported_table_formats: Open formats of its tables.
            supported_merge_strategies: How it merges; in all ways when None.
        """
        found = cls(naming_convention=naming_convention, supported_table_formats=tuple(supported_table_formats))
        if preferred_loader_file_format is not None:
            first = preferred_loader_file_format
            others = tuple(kind for kind in found.supported_loader_file_formats if kind != first)
            found = replace(found, preferred_loader_file_format=first, supported_loader_file_formats=(first, *others))
        if supported_merge_strategies is not None:
            found = replace(found, supported_merge_strategies=tuple(supported_merge_strategies))
        return found

    @property
    def identifier_length(self) -> int:
        """Return how long the names of tables and columns may be."""
        return min(self.max_identifier_length, self.max_column_identifier_length)


GENERIC = Capabilities()
"""What is assumed where no destination is known yet."""
