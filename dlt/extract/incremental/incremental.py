"""`dlt.sources.incremental`: the cursor of a resource, before and during a run."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import TYPE_CHECKING, ClassVar, Generic, Protocol, TypeVar, cast

from dlt.configuration.base import BaseConfiguration
from dlt.configuration.parts import InParts
from dlt.errors import IncrementalCursorPathMissing, IncrementalUnboundError
from dlt.extract.incremental.cursor import LastValueFunc, column_name
from dlt.extract.incremental.settings import (
    FIELDS,
    SETTINGS,
    VALUES,
    WARN_AT,
    IncrementalRange,
    OnCursorValueMissing,
    RowOrder,
    check_range,
    check_words,
    last_value_function,
    said,
    settings_of,
    shown,
    type_of,
    value_type,
)
from dlt.extract.items import Meta, are_frames, count_rows, is_frame
from dlt.extract.state import resource_state
from dlt.extract.vocabulary import ColumnNamesHint
from dlt.states.cursor import CursorState
from dlt.states.model import State
from dlt.types import TDataItem, TDataItems

if TYPE_CHECKING:
    from typing_extensions import Self

    from dlt.extract.incremental.run import Run

Value = TypeVar("Value", covariant=True)
"""Type of the values; an incremental of datetimes is one of objects, as what it is bound to gives values only."""


class Named(Protocol):
    """What has the name of a resource: a pipe."""

    @property
    def name(self) -> str:
        """Return the name."""


class Incremental(BaseConfiguration, InParts, Generic[Value]):
    """Load only rows whose cursor value is new; a spec, whose fields the configuration may set.

    Args:
        cursor_path: Key or JSONPath of the cursor in a row.
        initial_value: Start of the first run.
        last_value_func: max, min, or a function of a list of values.
        primary_key: Column or columns that tell rows with equal cursor values apart; () for no deduplication.
        end_value: End of a backfill; with it no state is read or written.
        row_order: "asc" or "desc" when rows come sorted by the cursor, so that the resource can stop early.
        allow_external_schedulers: Take start and end from a task's window, DLT_INTERVAL_START and _END, or Airflow.
        on_cursor_value_missing: "raise", "include" or "exclude" rows without a cursor value.
        lag: How far the start is moved back: seconds for moments, days for dates, units for numbers.
        range_start: "closed" to read rows equal to the start again and drop those seen; "open" to leave them out.
        range_end: "open" to leave out rows equal to the end value; "closed" to keep them.

    Raises:
        ValueErrorWithKnownValues: a word is not known.
    """

    EMPTY: ClassVar[Incremental[object]]
    __parts__: ClassVar[tuple[str, ...]] = SETTINGS
    """Settings that a signature, the configuration and a call may each set."""
    # no `@configspec`: making a dataclass would cost every program that imports a resource
    __config_fields__: ClassVar[Mapping[str, object]] = FIELDS
    __hint_resolvers__: ClassVar[Mapping[str, str]] = dict.fromkeys(VALUES, "get_incremental_value_type")
    __notes__: ClassVar[tuple[str, ...]] = (*(name for name in SETTINGS if name not in FIELDS), "__orig_class__")
    initial_value: Value | None
    given: frozenset[str]
    """Names of the settings that were passed: they are merged even where they are the default."""
    placement_affinity: ClassVar[float] = 1
    duplicate_cursor_warning_threshold: ClassVar[int] = WARN_AT

    def __new__(cls, *args: object, **kwargs: object) -> Self:
        """Remember which settings are given.

        Args:
            *args: Settings by their place.
            **kwargs: Settings by their name.
        """
        made = super().__new__(cls)
        made.given = frozenset((*SETTINGS[: len(args)], *kwargs))
        return made

    def __init__(
        self,
        cursor_path: str | None = None,
        initial_value: Value | None = None,
        last_value_func: LastValueFunc | str | None = max,
        primary_key: ColumnNamesHint | None = None,
        end_value: Value | None = None,
        row_order: RowOrder | None = None,
        allow_external_schedulers: bool | None = None,
        on_cursor_value_missing: OnCursorValueMissing = "raise",
        lag: float | None = None,
        range_start: IncrementalRange = "closed",
        range_end: IncrementalRange = "open",
    ) -> None:
        self.cursor_path = cursor_path
        self.initial_value = initial_value
        self.last_value_func = last_value_function(last_value_func)
        self.primary_key = primary_key
        self.end_value = end_value
        self.row_order = row_order
        self.allow_external_schedulers = allow_external_schedulers
        self.on_cursor_value_missing = on_cursor_value_missing
        self.lag = lag
        self.range_start = range_start
        self.range_end = range_end
        self.resource_name: str | None = None
        self.custom_metrics = _no_metrics()
        check_words(vars(self))
        self._run: Run | None = None
        self._beside: str | None = None  # the parameter that is the cursor of the resource where this one is not

    # -- before a run

    def copy(self, with_transient_state: bool = False) -> Incremental[Value]:
        """Return a copy that is not bound to a run."""
        made = copy(self)
        made.custom_metrics = dict(self.custom_metrics)
        if not with_transient_state:
            made._run, made.resource_name = None, None  # noqa: SLF001 - a copy of its own class
        return made

    def merge(self, other: Incremental[object]) -> Incremental[object]:
        """Return this one with all that was set on another one on top; None sets nothing."""
        made = self.copy()
        vars(made).update(said(vars(other), other.given, vars(Incremental.EMPTY)))
        made.given = self.given | other.given
        return made

    @classmethod
    def of(cls, value: TDataItem, base: Incremental[object] | None = None) -> Incremental[object]:
        """Return an incremental for what a program writes.

        Args:
            value: An incremental, a dict of its settings, or a start value; without a base, text is the cursor path.
            base: What it will be merged into.

        Raises:
            ValueErrorWithKnownValues: the dict has a key that is no setting.
        """
        return value if isinstance(value, Incremental) else cls(**settings_of(value, over_another=base is not None))

    @classmethod
    def part_hint(cls, name: str, declared: object) -> object:
        """Return the type of a setting, for values from the configuration.

        Args:
            name: Name of the setting.
            declared: Type of the cursor's values, or None when it is not known.
        """
        return type_of(name, declared)

    def beside(self, bound: str) -> Incremental[Value]:
        """Return a copy for a parameter that is not the cursor of its resource.

        Args:
            bound: Name of the parameter that is.
        """
        made = self.copy()
        made._beside = bound  # noqa: SLF001 - a copy of its own class
        return made

    def with_cursor(self, cursor: str) -> Incremental[Value]:
        """Return a copy with another cursor path."""
        made = self.copy()
        made.cursor_path = cursor
        return made

    def parse_native_representation(self, native_value: object) -> None:
        """Take the settings from another incremental, a dict, or a start value.

        Raises:
            ValueErrorWithKnownValues: the dict has a key that is no setting.
        """
        merged = self.merge(self.of(native_value, self))
        vars(self).update({name: vars(merged)[name] for name in SETTINGS})
        self.given = merged.given

    @classmethod
    def from_existing_state(cls, resource_name: str, cursor_path: str) -> Incremental[object]:
        """Return an incremental bound to the state of a resource, for reading."""
        found: Incremental[object] = cls(cursor_path).bind_to(resource_name, resource_state(resource_name))
        found.initial_value = found.get_state().get("initial_value")
        return found

    @property
    def incremental(self) -> Incremental[Value] | None:
        """Return itself, None without a cursor path: `resource.incremental.incremental` asks so in PyPI dlt 1.x."""
        return self if self.cursor_path else None

    def get_incremental_value_type(self) -> object:
        """Return the type of the cursor's values: what stands in the brackets, else that of the initial value."""
        return value_type(vars(self).get("__orig_class__"), self.initial_value)

    def on_resolved(self) -> None:
        """Check the settings.

        Raises:
            ConfigurationValueError: the end of the range comes before the start.
            ValueErrorWithKnownValues: a word is not known.
        """
        check_words(vars(self))
        check_range(vars(self))

    def given_fields(self) -> set[str]:
        """Return the names of settings that were passed, or changed since."""
        return {name for name in self.given if name in FIELDS} | super().given_fields()

    def _before(self) -> Mapping[str, object]:
        return vars(Incremental.EMPTY)

    def get_cursor_column_name(self) -> str | None:
        """Return the cursor's column, or None when the path goes inside of documents."""
        return column_name(self.cursor_path) if self.cursor_path else None

    # -- during a run

    def bind(self, pipe: Named) -> Incremental[Value]:
        """Return a copy for one run of a pipe, on the state of its resource."""
        return self.bind_to(pipe.name, resource_state(pipe.name))

    def bind_to(self, resource_name: str, state: State) -> Incremental[Value]:
        """Return a copy for one run.

        Args:
            resource_name: Name of the resource.
            state: State of the resource; the cursor is kept in it.

        Raises:
            IncrementalCursorPathMissing: the incremental has no cursor path.
            ConfigurationValueError: the end of its range comes before the start.
        """
        if not self.cursor_path:
            raise _without_path(resource_name)
        made = self.copy()
        made.resource_name, made.custom_metrics = resource_name, _no_metrics()
        made.resolve()
        if made.allow_external_schedulers:
            # they are made in the type of the cursor's values
            made.initial_value, made.end_value = cast("tuple[Value, Value]", _scheduled(made))
        made._run = _begin(made, state)  # noqa: SLF001 - as above
        return made

    def __call__(self, items: TDataItems, _meta: Meta = None) -> TDataItems:
        """Return the rows that are new, of a page, a row, an Arrow table or a frame; None when there are none.

        Raises:
            IncrementalCursorPathMissing: a row has no cursor field.
            IncrementalCursorPathHasValueNone: the cursor of a row is None.
            IncrementalCursorInvalidCoercion: the cursor cannot be compared with the start or end value.
        """
        if items is None:
            return None
        run = self._bound()
        self.custom_metrics["unfiltered_batches_count"] += 1
        self.custom_metrics["unfiltered_items_count"] += count_rows(items)
        return _new_items(run, items)

    @property
    def in_use(self) -> bool:
        """Tell whether it is bound to a run, so that nothing is merged into it any more."""
        return self._run is not None

    def can_close(self) -> bool:
        """Tell whether the resource can stop: rows come in order and left the range."""
        if self._run is None or self.row_order is None:
            return False
        # "asc" is the order in which `last_value_func` takes values, so with min it means falling ones
        return self.end_out_of_range if self.row_order == "asc" else self.start_out_of_range

    def get_state(self) -> CursorState:
        """Return the state of the cursor."""
        return self._bound().state

    def advance(self, last_value: object) -> None:
        """Set the last value by hand; the rows at the one before are forgotten."""
        self._bound().jump_to(last_value)

    def get_current_range(self, apply_lag: bool = True) -> tuple[Value | None, Value | None]:
        """Return start and end of this run.

        Args:
            apply_lag: Move the start back by the lag.
        """
        run = self._bound()
        # what a state holds is an object; the values of one cursor are of one type
        return cast("tuple[Value | None, Value | None]", (run.start if apply_lag else run.first, run.end))

    @property
    def start_value(self) -> Value | None:
        """Return where this run starts, lag included.

        Raises:
            IncrementalUnboundError: another parameter of the function is the cursor of the resource.
        """
        self._refuse_beside()
        return self.initial_value if self._run is None else cast("Value | None", self._run.start)

    @start_value.setter
    def start_value(self, value: object) -> None:
        self._bound().begin_at(value)

    @property
    def last_value(self) -> Value | None:
        """Return the last value so far; until it moves in a run that is the start, lag included.

        Raises:
            IncrementalUnboundError: another parameter of the function is the cursor of the resource.
        """
        self._refuse_beside()
        return self.initial_value if self._run is None else cast("Value | None", self._run.last_value)

    @property
    def start_out_of_range(self) -> bool:
        """Tell whether a row before the start came."""
        return self._run is not None and self._run.start_out_of_range

    @property
    def end_out_of_range(self) -> bool:
        """Tell whether a row after the end came."""
        return self._run is not None and self._run.end_out_of_range

    def _refuse_beside(self) -> None:
        if self._beside is not None:
            raise _keeps_nothing(self.cursor_path, self._beside)

    def _bound(self) -> Run:
        self._refuse_beside()
        if self._run is None:
            raise _unbound(self.cursor_path)
        return self._run

    def __repr__(self) -> str:
        start = {} if self._run is None else {"start_value": self._run.start}
        return f"<dlt.sources.incremental({shown(vars(self), vars(Incremental.EMPTY), start)})>"

    __str__ = __repr__


def _scheduled(settings: Incremental[Value]) -> tuple[object, object]:
    """Return start and end of what a scheduler asks for and the settings allow; those of the settings without one."""
    from dlt.extract.incremental.interval import asked_interval, inside

    own = settings.initial_value, settings.end_value
    asked = asked_interval(settings.get_incremental_value_type() if own[0] is None else type(own[0]))
    if asked is None:
        return own
    return inside(own, asked, settings.last_value_func, settings.cursor_path or "", settings.resource_name or "")


def _begin(settings: Incremental[Value], state: State) -> Run:
    # most programs name the class, and few run one
    from dlt.extract.incremental.run import begin

    return begin(settings, state)


def _new_items(run: Run, items: TDataItems) -> TDataItems:
    if are_frames(items):
        found = [_new_items(run, item) for item in items]
        return [item for item in found if item is not None] or None
    if is_frame(items):
        # here, as it brings all that writes packages, and a program that is only parsed needs none of it
        from dlt.extract.incremental.tables import filter_table

        return filter_table(run, items)
    # a row that comes alone goes through the same code as a page
    from dlt.extract.incremental.rows import filter_rows

    kept = filter_rows(run, items if isinstance(items, list) else [items])
    return (kept if isinstance(items, list) else kept[0]) if kept else None


def _keeps_nothing(cursor_path: str | None, bound: str) -> IncrementalUnboundError:
    return IncrementalUnboundError(
        f"The incremental on {cursor_path!r} keeps no values: a resource has one cursor, and here it is that of the "
        f"parameter {bound!r}. Make two resources, or remember this one's last value in dlt.current.resource_state()."
    )


def _without_path(resource_name: str) -> IncrementalCursorPathMissing:
    return IncrementalCursorPathMissing(
        f"Resource '{resource_name}': its incremental has no cursor_path. Write "
        "dlt.sources.incremental('updated_at', ...) with the field that grows.",
        resource_name=resource_name,
        pipe_name=resource_name,
        json_path=None,
    )


def _unbound(cursor_path: str | None) -> IncrementalUnboundError:
    return IncrementalUnboundError(
        f"The incremental on {cursor_path!r} is not bound to a resource. Use it as the default of a resource's "
        "parameter, or as incremental=."
    )


def _no_metrics() -> dict[str, int]:
    return {"unfiltered_items_count": 0, "unfiltered_batches_count": 0}


Incremental.EMPTY = Incremental()


def salt_rows(incremental: Incremental[object], salt: bytes | None = None) -> bytes:
    """Return the salt of the hashes by which a cursor remembers rows; set it first, if one is given.

    Args:
        incremental: One that is bound to the run.
        salt: The salt.
    """
    run = incremental._bound()  # noqa: SLF001 - the class is at its greatest length
    run.salt = run.salt if salt is None else salt
    return run.salt


def leave_to_source(incremental: Incremental[object]) -> Run:
    """Let every row pass in a run: the source knows which ones are new. The last value moves on as ever.

    Args:
        incremental: One that is bound to the run.
    """
    run = incremental._bound()  # noqa: SLF001 - the class is at its greatest length
    run.take_all()
    return run
