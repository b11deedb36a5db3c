"""Amounts of Ethereum: whole numbers of 256 bits, with a scale."""

from __future__ import annotations

import decimal
from decimal import Decimal

from dlt.common.arithmetics import default_context

__all__ = ["EVM_DECIMAL_PRECISION", "WEI_SCALE", "WEI_SCALE_POW", "Decimal", "Wei"]

EVM_DECIMAL_PRECISION = len(str(2**256 - 1))
WEI_SCALE = 18
WEI_SCALE_POW = 10**WEI_SCALE

# what BIGNUMERIC of BigQuery holds, the widest decimal of a warehouse
_LARGEST = 578960446186580977117854925043439539266
_SMALLEST = -578960446186580977117854925043439539267


class Wei(Decimal):
    """A decimal of 78 digits, such as an amount of a token of Ethereum."""

    # Python counts with 28 digits where nothing else is said
    ctx = default_context(decimal.Context(), EVM_DECIMAL_PRECISION)

    @classmethod
    def from_int256(cls, value: int, decimals: int = 0) -> Wei:
        """Make an amount of the whole number that a contract has.

        Args:
            value: The whole number.
            decimals: How many of its digits stand behind the point.
        """
        scaled = Decimal(value, cls.ctx).scaleb(-decimals, cls.ctx) if decimals else Decimal(value)
        with decimal.localcontext(cls.ctx):
            return cls(_without_zeros(scaled))

    def __call__(self) -> Wei | tuple[str, str]:
        """Return the amount, or what is stored in place of one that no warehouse holds as a decimal."""
        return self if _SMALLEST <= self <= _LARGEST else ("str", str(self))

    def __repr__(self) -> str:
        return f"Wei('{self}')"


def _without_zeros(value: Decimal) -> Decimal:
    """Return a value without zeros behind its point, and without an exponent over zero."""
    short = value.normalize()
    # normalize writes 100 as 1E+2
    return short.quantize(Decimal(1)) if short == short.to_integral_value() else short
