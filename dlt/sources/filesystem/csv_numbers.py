"""What counts as a number in CSV, as regular expressions that Python and DuckDB both have."""

from __future__ import annotations

_ZERO_OR = r"0|[1-9][0-9]"
# many digits behind a plus are the number of a telephone
_WHOLE = r"([+-]?(0|[1-9][0-9]{0,5})|-?[1-9][0-9]{6,%s})"
_PARTED = rf"[+-]?(({_ZERO_OR}{{0,%s}})?\.[0-9]+|({_ZERO_OR}{{0,%s}})\.)"
INT = rf"\s*{_WHOLE % ''}\s*"
"""Whole numbers without zeros before them, as such are codes."""
FLOAT = rf"\s*({_WHOLE % ''}|{_PARTED % ('', '')})([eE][+-]?[0-9]+)?\s*"
FINITE = rf"\s*({_WHOLE % 18}|{_PARTED % (18, 18)})([eE][+-]?[0-9]{{1,2}})?\s*"
"""Most numbers: those whose digits tell that they are not too large for a double."""
INFINITE = r"\s*[+-]?(?i:inf|infinity)\s*"
