"""Decimals of a fixed precision and scale, as the numeric type of warehouses has them."""

from __future__ import annotations

import decimal
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import ROUND_HALF_UP, Decimal, Inexact, InvalidOperation, Subnormal

__all__ = [
    "DEFAULT_NUMERIC_PRECISION",
    "DEFAULT_NUMERIC_SCALE",
    "ROUND_HALF_UP",
    "Inexact",
    "default_context",
    "numeric_default_context",
    "numeric_default_quantize",
]

DEFAULT_NUMERIC_PRECISION = 38
DEFAULT_NUMERIC_SCALE = 9


def default_context(c: decimal.Context, precision: int) -> decimal.Context:
    """Let a context raise where digits are lost, and return it.

    Args:
        c: The context; it is changed.
        precision: How many digits there are.
    """
    c.prec = precision
    c.rounding = ROUND_HALF_UP
    c.traps[InvalidOperation] = c.traps[Inexact] = c.traps[Subnormal] = True
    return c


@contextmanager
def numeric_default_context(precision: int = DEFAULT_NUMERIC_PRECISION) -> Iterator[decimal.Context]:
    """Calculate with a precision, and raise Inexact where digits are lost.

    Args:
        precision: How many digits there are.
    """
    with decimal.localcontext() as context:
        yield default_context(context, precision)


def numeric_default_quantize(v: Decimal) -> Decimal:
    """Round a value to the digits behind the point that a numeric has.

    Args:
        v: The value.

    Raises:
        decimal.InvalidOperation: It has more digits than a numeric has.
    """
    if not v:
        return v
    return v.quantize(_SCALE, context=_ROUNDING)


_SCALE = Decimal("1").scaleb(-DEFAULT_NUMERIC_SCALE)
_ROUNDING = decimal.Context(prec=DEFAULT_NUMERIC_PRECISION, rounding=ROUND_HALF_UP)
