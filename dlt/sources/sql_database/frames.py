"""Arrow tables as frames of pandas, and what a program may say of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from dlt.errors import ConfigurationValueError, MissingDependencyException
from dlt.late import pa

if TYPE_CHECKING:
    import pandas as pd

_ARGUMENTS: Mapping[str, tuple[str, ...]] = {
    "sqlalchemy": (),
    "pyarrow": ("tz",),
    "auto": ("tz",),
    "pandas": ("coerce_float", "dtype", "dtype_backend", "index_col", "parse_dates", "tz"),
}
_DTYPES = ("pyarrow", "numpy_nullable", "numpy", None)


def check_arguments(backend: str, given: Mapping[str, object]) -> None:
    """Check the arguments of a backend of ours; those of others are theirs.

    Args:
        backend: Its name.
        given: The arguments.

    Raises:
        ConfigurationValueError: it has no such argument, or not with such a value.
    """
    known = _ARGUMENTS.get(backend)
    unknown = [] if known is None else sorted(set(given) - set(known))
    if unknown:
        takes = f"It takes {', '.join(known)}." if known else "It takes none."
        raise ConfigurationValueError(f"backend_kwargs: the backend {backend} has no argument {unknown[0]!r}. {takes}")
    if backend == "pandas" and given.get("dtype_backend", "pyarrow") not in _DTYPES:
        raise ConfigurationValueError(
            f"backend_kwargs: dtype_backend={given['dtype_backend']!r}. Use 'pyarrow', 'numpy_nullable' or 'numpy'."
        )


def frame_of(table: pa.Table, given: Mapping[str, Any]) -> pd.DataFrame:
    """Return an Arrow table as a frame; its columns keep the types of Arrow unless the program says otherwise.

    Args:
        table: The table.
        given: `dtype_backend`, `coerce_float` for decimals as floats, `dtype`, `parse_dates` and `index_col`, as
            pandas has them.

    Raises:
        MissingDependencyException: pandas is not installed.
    """
    try:
        import pandas as pd
    except ImportError as error:
        raise MissingDependencyException(
            "sql_database: the backend pandas needs a package that is not installed. Run: pip install pandas"
        ) from error
    if given.get("coerce_float"):
        table = _with_floats(table)
    kind = given.get("dtype_backend", "pyarrow")
    if kind == "pyarrow":
        frame = table.to_pandas(types_mapper=pd.ArrowDtype)
    else:
        frame = table.to_pandas()
        frame = frame.convert_dtypes(dtype_backend="numpy_nullable") if kind == "numpy_nullable" else frame
    dates = given.get("parse_dates")
    for name in [dates] if isinstance(dates, str) else dates or ():
        frame[name] = pd.to_datetime(frame[name])
    if given.get("dtype") is not None:
        frame = frame.astype(given["dtype"])
    found: pd.DataFrame = frame if given.get("index_col") is None else frame.set_index(given["index_col"])
    return found


def _with_floats(table: pa.Table) -> pa.Table:
    for at, field in enumerate(table.schema):
        if pa.types.is_decimal(field.type):
            table = table.set_column(at, field.name, table.column(at).cast(pa.float64()))
    return table
