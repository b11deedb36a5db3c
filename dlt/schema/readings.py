"""Single values read as values of other types; nothing is lost, or it is a `Misfit`."""

from __future__ import annotations

import datetime
import decimal
import math
import re
from base64 import b64decode, b64encode

from dlt.schema.documents import document_text, json_text, word_of
from dlt.schema.limits import UTC, Misfit, fraction_digits

MICROSECOND = datetime.timedelta(microseconds=1)


# -- text


def text_of_float(value: float) -> str:
    """Return a float as text."""
    if not math.isfinite(value):
        raise Misfit("NaN and infinities stay floats")
    return str(float(value))


def text_of_decimal(value: decimal.Decimal) -> str:
    """Return a decimal in plain digits, without zeros at the end; with an exponent where it is of extreme size."""
    if not value.is_finite():
        return str(value)
    # trailing zeros do not survive columns of fixed scale, so they never count
    exact = decimal.Context(prec=max(1, len(value.as_tuple().digits)), Emax=decimal.MAX_EMAX, Emin=decimal.MIN_EMIN)
    value = value.normalize(exact)
    return format(value, "f") if abs(value.adjusted()) <= 1000 else str(value)


def text_of_bytes(value: bytes) -> str:
    """Return bytes as base64."""
    return b64encode(value).decode("ascii")


def finite_text(value: float) -> str:
    """Return the text of a finite float."""
    return word_of(value) if not math.isfinite(value) else str(float(value))


# -- numbers

_WHOLE = re.compile(r"(?:0|-?[1-9][0-9]*)\Z")
# at most four digits of an exponent: more would make a number that fills the memory when it is written out
_NUMBER = re.compile(r"-?(?:(?:0|[1-9][0-9]*)(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,4})?\Z")


def number_of_text(value: str) -> decimal.Decimal:
    """Return the decimal number that a text writes as JSON does."""
    # neither "007" nor "+44" nor "1_000": zeros and signs in front belong to codes and phone numbers
    text = value.strip(" \t\r\n")
    if not _NUMBER.match(text):
        raise Misfit("the text is not a number")
    return decimal.Decimal(text)


def double_of_int(value: int) -> float:
    """Return the float that is the whole number exactly."""
    number = float(value)
    # float() rounds without an error
    if int(number) != value:
        raise Misfit("an int beyond 2**53 would lose digits as a double")
    return number


def double_of_decimal(value: decimal.Decimal) -> float:
    """Return the float that is the decimal number exactly."""
    number = float(value)
    # the shortest text of the float must be the decimal: that is what a reader of the column sees
    if not math.isfinite(number) or decimal.Decimal(repr(number)) != value:
        raise Misfit("a decimal of so many digits would lose them as a double")
    return number


def double_of_text(value: str) -> float:
    """Return the float that is the number of a text exactly."""
    return double_of_decimal(number_of_text(value))


def bool_of_int(value: int) -> bool:
    """Return the truth value that 0 or 1 is."""
    if value not in (0, 1):
        raise Misfit("an int other than 0 and 1 is not a bool")
    return bool(value)


def bool_of_text(value: str) -> bool:
    """Return the truth value of true or false."""
    try:
        return {"true": True, "false": False}[value.strip(" \t\r\n").lower()]
    except KeyError:
        raise Misfit("a text other than true and false is not a bool") from None


def bigint_of_float(value: float) -> int:
    """Return a whole number that the float is."""
    if not value.is_integer():
        raise Misfit("a fraction is not an int")
    return int(value)


def bigint_of_decimal(value: decimal.Decimal) -> int:
    """Return a whole number without digits behind the point."""
    # asked before int(), which would write out a decimal such as 1E+999999
    if not value.is_finite() or value.adjusted() > 19 or fraction_digits(value):
        raise Misfit("a fraction is not an int")
    return int(value)


def bigint_of_text(value: str) -> int:
    """Return the whole number that a text writes as JSON does."""
    text = value.strip(" \t\r\n")
    # 64 bits have 19 digits and a sign; longer texts need not be read
    if len(text) > 20 or not _WHOLE.match(text):
        raise Misfit("the text is not an int")
    return int(text)


def decimal_of_float(value: float) -> decimal.Decimal:
    """Return the shortest decimal number that is the float."""
    return decimal.Decimal(repr(float(value)))


# -- moments

_ISO_DATE = re.compile(r"\d{4}-\d{2}-\d{2}\Z", re.ASCII)
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2})(?::(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?(?:([Zz])|([+-])(\d{2}):?(\d{2})?)?\Z",
    re.ASCII,
)
_TIME = re.compile(r"(\d{2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?(?:[Zz]|[+-]00:?(?:00)?)?\Z", re.ASCII)


def parse_timestamp(text: str, exact: bool = False) -> datetime.datetime:
    """Return an aware moment from ISO text; text without a zone is UTC, a bare date its midnight.

    Args:
        text: The text.
        exact: Refuse what microseconds cannot tell instead of cutting it.

    Raises:
        ValueError: the text is no moment.
    """
    text = text.strip()
    if _ISO_DATE.match(text):
        # a bare date is midnight, and fits the pattern of moments so
        text += "T00"
    found = _MOMENT.match(text)
    if found is None:
        raise ValueError("the text is not an ISO 8601 timestamp")
    day, hour, minute, second, fraction, _, sign, zone_hours, zone_minutes = found.groups()
    # built of its parts, because Python 3.10 reads neither Z nor commas
    moment = datetime.datetime.fromisoformat(f"{day}T{hour}:{minute or '00'}:{second or '00'}")
    if fraction:
        moment = moment.replace(microsecond=_microseconds(fraction, exact))
    if sign:
        hours, minutes = int(zone_hours), int(zone_minutes or 0)
        if hours > 23 or minutes > 59:
            raise ValueError("a zone offset of more than a day")
        offset = datetime.timedelta(hours=hours, minutes=minutes)
        try:
            moment = moment + offset if sign == "-" else moment - offset
        except OverflowError as error:
            raise ValueError("a moment outside of the years 1 to 9999") from error
    return moment.replace(tzinfo=UTC)


def _microseconds(fraction: str, exact: bool) -> int:
    # zeros behind the microseconds lose nothing
    if exact and fraction[6:].strip("0"):
        raise ValueError("more digits of a second than microseconds")
    return int(fraction[:6].ljust(6, "0"))


def timestamp_of_text(value: str) -> datetime.datetime:
    """Return the moment of ISO 8601."""
    return parse_timestamp(value, exact=True)


def in_utc(value: datetime.datetime) -> datetime.datetime:
    """Return a moment in UTC; a naive one is taken for UTC.

    Raises:
        Misfit: it is outside of the years 1 to 9999 there.
    """
    if value.utcoffset() is None:
        return value.replace(tzinfo=UTC)
    try:
        return value.astimezone(UTC)
    except OverflowError as error:
        raise Misfit("a moment outside of the years 1 to 9999") from error


def timestamp_of_date(value: datetime.date) -> datetime.datetime:
    """Return midnight in UTC of a day."""
    return datetime.datetime(value.year, value.month, value.day, tzinfo=UTC)


def timestamp_of_seconds(value: float) -> datetime.datetime:
    """Return the moment so many seconds after 1970."""
    try:
        moment = datetime.datetime.fromtimestamp(value, UTC)
    except OSError as error:
        raise Misfit("seconds outside of the years 1 to 9999") from error
    # the float may have more digits than microseconds tell
    if moment.timestamp() != value:
        raise Misfit("more digits of a second than microseconds")
    return moment


def midnight(value: datetime.datetime) -> datetime.date:
    """Return the day of a moment that is midnight in UTC."""
    if value.hour or value.minute or value.second or value.microsecond:
        raise Misfit("a time of day would be lost in a date")
    return value.date()


def time_of_time(value: datetime.time) -> datetime.time:
    """Return a time of day in UTC without its zone."""
    if value.utcoffset():
        raise Misfit("a time in another zone than UTC has no place in a time column")
    return value.replace(tzinfo=None, fold=0)


def time_of_text(value: str) -> datetime.time:
    """Return the time of day of ISO 8601 in UTC."""
    found = _TIME.match(value.strip(" \t\r\n"))
    if found is None:
        raise Misfit("the text is not an ISO 8601 time")
    hour, minute, second, fraction = found.groups()
    micros = _microseconds(fraction, exact=True) if fraction else 0
    return datetime.time(int(hour), int(minute), int(second or 0), micros)


# -- binary and documents


def bytes_of_text(value: str) -> bytes:
    """Return the bytes of base64 or of hexadecimal digits behind 0x."""
    if value[:2] in ("0x", "0X"):
        if not re.fullmatch(r"(?:[0-9a-fA-F]{2})*", value[2:]):
            raise Misfit("the text is not hexadecimal")
        return bytes.fromhex(value[2:])

    found = b64decode(value, validate=True)
    # several texts decode to the same bytes: only what comes back as it was written is taken
    if b64encode(found).decode("ascii") != value:
        raise Misfit("the text is not base64 as it is written")
    return found


def json_of_text(value: str) -> str:
    """Return a text that is a document."""
    text = document_text(value)
    if text is None:
        raise Misfit("the text is not JSON")
    return text


def json_of_float(value: float) -> str:
    """Return the document of a finite float."""
    if not math.isfinite(value):
        raise Misfit("JSON has neither NaN nor infinities")
    return json_text(float(value))
