"""The side of a resource that knows its tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal, Union, cast

from dlt.errors import DataItemRequiredForDynamicTableHints, InconsistentTableTemplate
from dlt.extract.hint_checks import is_dynamic
from dlt.extract.hints import (
    ResolvedHints,
    TableHints,
    changeable_columns,
    check_table_hints,
    given_hints,
    merge_hints,
    resolve_hints,
)
from dlt.extract.incremental import Incremental
from dlt.extract.items import HintsMeta, ImportFileMeta, Meta, TableNameMeta
from dlt.extract.list_paths import with_list_paths, with_lists_between
from dlt.extract.models import Columns
from dlt.extract.pipe import Pipe
from dlt.extract.renaming import as_keys
from dlt.extract.table import build_table
from dlt.extract.vocabulary import (
    Checks,
    ColumnNames,
    ColumnNamesHint,
    ColumnsHint,
    ContractHint,
    FileFormatHint,
    Hint,
    NestedHints,
    References,
    TableFormatHint,
    WriteDispositionHint,
)
from dlt.schema.naming import name_of_key, name_of_table
from dlt.types import TDataItem

if TYPE_CHECKING:
    from collections.abc import Callable

    from typing_extensions import Self

    from dlt.schema.naming import NamingConvention
    from dlt.schema.typing import TableSchema

IncrementalHint = Union[Incremental[object], Mapping[str, object], str]
"""An incremental, a dict of its settings, or the path of its cursor."""


def _place(resource_name: str, hints: TableHints | ResolvedHints) -> str:
    name = hints.get("table_name") or resource_name
    return f"resource '{resource_name}'" if is_dynamic(name) else f"resource '{resource_name}', table {name!r}"


def _check_table_name(resource_name: str, own: TableHints, hints: TableHints, is_variant: bool) -> None:
    name = hints.get("table_name")
    if is_variant:
        if not isinstance(name, str):
            raise ValueError(
                f"Resource '{resource_name}': hints with create_table_variant hold for one table. Pass its name as "
                "table_name."
            )
        dynamic = [key for key, value in hints.items() if key != "incremental" and is_dynamic(value)]
    else:
        is_fixed = not is_dynamic(name or own.get("table_name"))
        dynamic = ["parent_table_name"] if is_fixed and is_dynamic(hints.get("parent")) else []
    if dynamic:
        raise InconsistentTableTemplate(
            f"{_place(resource_name, hints)}: {dynamic[0]} is a function of the item, and the table is the same for "
            "all items. Let table_name be a function of the item too, or give a fixed value."
        )


class ResourceHints:
    """Hints of a resource and of its table variants."""

    def __init__(self, pipe: Pipe, hints: TableHints | None = None) -> None:
        self.pipe = pipe
        self._hints = hints or {}
        self._variants: dict[Hint[str], TableHints] = {}
        self._last_mark: HintsMeta | None = None
        self._changeable: Columns | None = None

    @property
    def name(self) -> str:
        """Return the name of the resource."""
        return self.pipe.name

    @property
    def hints(self) -> TableHints:
        """Return the hints as they were given."""
        return self._hints

    @property
    def _hints(self) -> TableHints:
        return self.pipe.hints

    @_hints.setter
    def _hints(self, hints: TableHints) -> None:
        self.pipe.hints = hints

    @property
    def table_name(self) -> Hint[str]:
        """Return the name of the table, or the function that gives it."""
        return self._hints.get("table_name") or self.name

    @table_name.setter
    def table_name(self, value: Hint[str]) -> None:
        self.apply_hints(table_name=value)

    @property
    def parent_table_name(self) -> Hint[str] | None:
        """Return the name of the parent table."""
        return self._hints.get("parent")

    @property
    def write_disposition(self) -> WriteDispositionHint | Literal[""]:
        """Return the write disposition."""
        return self._hints.get("write_disposition", "append")

    @write_disposition.setter
    def write_disposition(self, value: WriteDispositionHint) -> None:
        self.apply_hints(write_disposition=value)

    @property
    def columns(self) -> Columns | Callable[[TDataItem], object]:
        """Return the column hints by name, or the function that gives them; what is changed in them counts."""
        columns = self._hints.get("columns")
        if is_dynamic(columns):
            return columns
        self._changeable = changeable_columns(self._hints, self._changeable)
        return self._changeable

    @property
    def schema_contract(self) -> Hint[ContractHint] | None:
        """Return the schema contract."""
        return self._hints.get("schema_contract")

    @property
    def table_format(self) -> TableFormatHint | Literal[""] | None:
        """Return the table format."""
        return self._hints.get("table_format")

    @property
    def nested_hints(self) -> Hint[NestedHints] | None:
        """Return the hints of nested tables by path."""
        return self._hints.get("nested_hints")

    @property
    def max_table_nesting(self) -> int | None:
        """Return how many levels of nested tables are made."""
        return self._hints.get("max_table_nesting")

    @max_table_nesting.setter
    def max_table_nesting(self, value: int | None) -> None:
        self._hints["max_table_nesting"] = value

    @property
    def static_primary_key(self) -> ColumnNames | None:
        """Return the primary key unless it is a function of the item."""
        key = self._hints.get("primary_key")
        return None if callable(key) else as_keys(key, self._hints.get("columns"))

    @property
    def has_dynamic_table_name(self) -> bool:
        """Return True when the table name is a function of the item."""
        return is_dynamic(self._hints.get("table_name"))

    @property
    def has_other_dynamic_hints(self) -> bool:
        """Return True when a hint other than the table name is a function of the item."""
        # a cursor can be called, and is no function of the item
        skipped = ("table_name", "incremental")
        return any(is_dynamic(value) for key, value in self._hints.items() if key not in skipped)

    def apply_hints(
        self,
        table_name: Hint[str] | None = None,
        parent_table_name: Hint[str] | None = None,
        write_disposition: WriteDispositionHint | Literal[""] | None = None,
        columns: ColumnsHint | None = None,
        primary_key: ColumnNamesHint | None = None,
        merge_key: ColumnNamesHint | None = None,
        incremental: IncrementalHint | None = None,
        schema_contract: Hint[ContractHint] | None = None,
        additional_table_hints: Mapping[str, object] | None = None,
        table_format: TableFormatHint | Literal[""] | None = None,
        file_format: FileFormatHint | Literal[""] | None = None,
        references: References | None = None,
        create_table_variant: bool = False,
        nested_hints: NestedHints | None = None,
        checks: Hint[Checks] | None = None,
    ) -> Self:
        """Change hints: None leaves a hint as it is, an empty value removes it.

        Args:
            table_name: Name of the table.
            parent_table_name: Name of the table that this one is nested in.
            write_disposition: "append", "replace", "merge", "skip" or a dict with the strategy.
            columns: Columns by name, a list of them, or a class.
            primary_key: Column or columns of the primary key.
            merge_key: Column or columns that find the rows to replace.
            incremental: Incremental loading.
            schema_contract: What may change in the schema.
            additional_table_hints: More keys of the table.
            table_format: Format of the table at the destination.
            file_format: Format of the files to load.
            references: Tables that this one refers to.
            create_table_variant: The hints hold for `table_name` only.
            nested_hints: Hints for nested tables by path.
            checks: What must hold for the rows before a load becomes visible; they take the place of others.
        """
        given = {key: value for key, value in locals().items() if key not in ("self", "create_table_variant")}
        self.merge_hints(given_hints(**given), create_table_variant)
        return self

    def merge_hints(self, hints_template: TableHints, create_table_variant: bool = False) -> None:
        """Put hints on top of those that are there.

        Args:
            hints_template: What `make_hints` returned.
            create_table_variant: The hints hold for their table name only.

        Raises:
            InvalidHint: a hint is not known, or has a value that cannot be.
            ValueErrorWithKnownValues: the write disposition or its strategy is not known.
            ValueError: hints for one table do not say which.
            InconsistentTableTemplate: a hint is a function of the item, and its table is the same for all items.
        """
        check_table_hints(_place(self.name, hints_template), hints_template)
        _check_table_name(self.name, self._hints, hints_template, create_table_variant)
        incremental = hints_template.get("incremental")
        if incremental is not None:
            # whatever it is: what cannot be one is found when a run binds it
            self.set_incremental(cast(IncrementalHint, incremental))
        # the cursor stands among the steps, and nowhere else, so that the two cannot differ
        plain = cast(TableHints, {key: value for key, value in hints_template.items() if key != "incremental"})
        if create_table_variant:
            name = plain.get("table_name") or self.name
            # a variant begins with the hints of the resource, and later ones of the resource leave it alone
            self._variants[name] = merge_hints(self._variants.get(name, self._hints), plain)
            return
        self._hints = merge_hints(self._hints, plain)
        if "columns" in plain or "schema_contract" in plain:
            self._rules_changed()

    def set_incremental(self, new_incremental: IncrementalHint | None) -> Incremental[object] | None:
        """Load incrementally; None or `incremental.EMPTY` stops that.

        Args:
            new_incremental: An incremental, a dict of its settings, or the path of the cursor. One without a cursor
                path changes settings of the one that the function takes.
        """
        if isinstance(new_incremental, (Mapping, str)):
            new_incremental = Incremental.of(new_incremental)
        # that of a parameter comes back unless something says that there is none
        if new_incremental is Incremental.EMPTY and self.pipe.cursor is None:
            new_incremental = None
        self.pipe.set_incremental(new_incremental)
        return None if new_incremental is Incremental.EMPTY else new_incremental

    def _rules_changed(self) -> None:
        """Do what new columns, or a new contract, ask for; nothing here."""

    def take_hints(self, meta: Meta) -> None:
        """Put the hints of a mark on top of those that are there, also where its page has no rows."""
        if isinstance(meta, HintsMeta) and meta.hints is not None and meta is not self._last_mark:
            self.merge_hints(meta.hints, meta.create_table_variant)
            self._last_mark = meta

    def _hints_for(self, meta: Meta) -> TableHints:
        if isinstance(meta, HintsMeta):
            self.take_hints(meta)
            if meta.create_table_variant or meta.hints is None:
                name = meta.table_name if meta.hints is None else meta.hints.get("table_name") or self.name
                return self._variants.get(str(name), self._hints)
        elif isinstance(meta, TableNameMeta):
            hints = self._variants.get(meta.table_name, self._hints)
            return {**hints, "table_name": meta.table_name}
        elif isinstance(meta, ImportFileMeta) and meta.hints:
            check_table_hints(f"resource '{self.name}', file {meta.file_path}", meta.hints)
            return merge_hints(self._hints, meta.hints)
        return self._hints

    def _check_own_hints(self) -> None:
        check_table_hints(_place(self.name, self._hints), self._hints)

    def table_name_of(self, item: TDataItem, meta: Meta = None) -> str:
        """Return the table of an item.

        Args:
            item: The item.
            meta: Its mark.
        """
        name = self._hints_for(meta).get("table_name") or self.name
        return str(name(item)) if is_dynamic(name) else str(name)

    def compute_table_schema(self, item: TDataItem = None, meta: Meta = None) -> TableSchema:
        """Return the partial schema of the table, with names as they were given.

        Args:
            item: The item, where hints are functions of it; the first item of a page stands for all.
            meta: Mark of the item.

        Raises:
            DataItemRequiredForDynamicTableHints: a hint is a function and there is no item.
        """
        hints = self._hints_for(meta)
        item = item[0] if isinstance(item, list) and item else item
        dynamic = [key for key, value in hints.items() if is_dynamic(value)]
        if item is None and dynamic:
            raise DataItemRequiredForDynamicTableHints(
                f"Resource '{self.name}': {dynamic[0]} is a function of the item, so the table is known per item only. "
                "Pass item=.",
                resource_name=self.name,
                hint_name=dynamic[0],
            )
        resolved = resolve_hints(hints, item)
        if dynamic:
            check_table_hints(_place(self.name, resolved), resolved)
        table = build_table(resolved, resolved.get("table_name") or self.name)
        table["resource"] = self.name
        if isinstance(meta, (HintsMeta, TableNameMeta)) and table["name"] in self._variants:
            table["variant_name"] = table["name"]
        incremental = self.pipe.merged_incremental(look_up=False)
        # a variant has a cursor only where its own rows have one, and that nobody knows
        own = hints is self._hints and incremental is not None
        cursor = incremental.get_cursor_column_name() if own and incremental is not None else None
        if cursor is not None:
            table["columns"].setdefault(cursor, {"name": cursor})["incremental"] = True
        # a nested table takes its disposition from its root
        if "parent" not in table:
            table.setdefault("write_disposition", "append")
        return table

    def removed_keys(self, meta: Meta = None) -> list[str]:
        """Return the keys that an empty hint took from the table: "primary_key", "merge_key"."""
        hints: Mapping[str, object] = self._hints_for(meta)
        return [key for key in ("primary_key", "merge_key") if hints.get(key) is not None and not hints[key]]

    def compute_nested_table_schemas(
        self, root_table_name: str, naming: NamingConvention, item: TDataItem = None, meta: Meta = None
    ) -> list[TableSchema]:
        """Return the partial schemas of nested tables that have hints.

        Args:
            root_table_name: Name of the root table.
            naming: Naming convention.
            item: The item, where hints are functions of it.
            meta: Mark of the item.
        """
        given = self._hints_for(meta).get("nested_hints")
        if given is None:
            return []
        resolved = resolve_hints({"nested_hints": given}, item)
        tables: list[TableSchema] = []
        between: dict[str, str] = {}
        check_table_hints(f"resource '{self.name}', table {root_table_name!r}", resolved)
        for path, found in (resolved["nested_hints"] or {}).items():
            names = [name_of_table(naming, root_table_name)]
            for part in [path] if isinstance(path, str) else path:
                # as normalize names it: each level is cut to the limit
                names.append(naming.shorten_fragments(names[-1], name_of_key(naming, part)))
            # hints as they were checked
            tables.append(build_table(resolve_hints(cast(TableHints, found), item), names[-1]))
            tables[-1]["parent"] = names[-2]
            between.update(zip(names[1:-1], names, strict=False))
        return with_lists_between(tables, between)

    def compute_tables(self, naming: NamingConvention, item: TDataItem = None, meta: Meta = None) -> list[TableSchema]:
        """Return the partial schemas of the root table and of nested tables with hints."""
        root = self.compute_table_schema(item, meta)
        return with_list_paths([root, *self.compute_nested_table_schemas(root["name"], naming, item, meta)], naming)
