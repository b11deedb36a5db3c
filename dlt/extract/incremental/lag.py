"""The start of a cursor, moved back by a lag, under the name of PyPI `dlt` 1.x."""

from __future__ import annotations

from dlt.extract.incremental.cursor import LastValueFunc, with_lag


def apply_lag(
    lag: float,
    initial_value: object,
    last_value: object,
    last_value_func: LastValueFunc,
    cursor_type: type | None = None,
) -> object:
    """Return the last value moved back, never behind the initial one.

    Args:
        lag: Seconds for moments, days for dates, units for numbers.
        initial_value: Start of the first run.
        last_value: The last value.
        last_value_func: max or min.
        cursor_type: Without effect: the value tells its class.
    """
    del cursor_type
    return with_lag(last_value, lag, last_value_func, initial_value, "cursor", "apply_lag")
