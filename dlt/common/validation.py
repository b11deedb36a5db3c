"""Documents that are checked against a TypedDict."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Literal, get_args, get_origin

from dlt.common.typing import (
    extract_inner_type,
    extract_union_types,
    get_type_hints,
    get_type_name,
    is_any_type,
    is_callable_type,
    is_dict_generic_type,
    is_list_generic_type,
    is_optional_type,
    is_typeddict,
    is_union_type,
)
from dlt.errors import DictValidationException

__all__ = ["validate_dict", "validate_dict_ignoring_xkeys"]

Validator = Callable[[str, str, object, object], bool]
"""Told the path, the field, the value and its type; says whether it knows the type, and raises for a wrong value."""


def validate_dict(
    spec: type,
    doc: Mapping[str, object],
    path: str,
    filter_f: Callable[[str], bool] | None = None,
    validator_f: Validator | None = None,
) -> None:
    """Check that a document has the fields of a TypedDict, and values of their types.

    Args:
        spec: The TypedDict.
        doc: The document.
        path: Where it stands, for the message.
        filter_f: Which keys are checked; all when None.
        validator_f: Asked for types that nothing here knows.

    Raises:
        DictValidationException: A field is missing or is not known, or a value is of another type.
    """
    hints = get_type_hints(spec)
    keys = {key for key in doc if filter_f is None or filter_f(key)}
    # a field that may be None may be missing too, as in PyPI dlt 1.x
    wanted = {key for key in spec.__required_keys__ if not is_optional_type(hints[key])}  # type: ignore[attr-defined]  # of each TypedDict
    if missing := sorted(wanted - doc.keys()):
        raise DictValidationException(
            f"{path}: {', '.join(missing)} is missing of {get_type_name(spec)}.",
            path=path,
            field=None,
            value=None,
            expected_type=None,
        )
    if unknown := sorted(str(key) for key in keys - hints.keys()):
        raise DictValidationException(
            f"{path}: {', '.join(unknown)} is no field of {get_type_name(spec)}; those are {', '.join(hints)}.",
            path=path,
            field=None,
            value=None,
            expected_type=None,
        )
    for key in keys:
        _check(path, key, doc[key], hints[key], filter_f, validator_f)


def validate_dict_ignoring_xkeys(
    spec: type,
    doc: Mapping[str, object],
    path: str,
    *,
    filter_f: Callable[[str], bool] = lambda _key: True,
    validator_f: Validator | None = None,
) -> None:
    """Check a document, and leave out keys that begin with x-; see `validate_dict`."""
    validate_dict(spec, doc, path, lambda key: not key.startswith("x-") and filter_f(key), validator_f)


def _check(
    path: str,
    field: str,
    value: object,
    hint: object,
    filter_f: Callable[[str], bool] | None,
    validator_f: Validator | None,
) -> None:
    if value is None and is_optional_type(hint):
        return
    if len(choices := extract_union_types(hint, no_none=True)) == 1 and is_optional_type(hint):
        _check(path, field, value, choices[0], filter_f, validator_f)
        return
    if is_union_type(hint):
        _check_choices(path, field, value, hint, filter_f, validator_f)
        return
    kind = extract_inner_type(hint, preserve_new_types=True, preserve_literal=True)
    if get_origin(kind) is Literal:
        fits = value in get_args(kind)
    elif is_typeddict(kind) or is_list_generic_type(kind) or is_dict_generic_type(kind):
        fits = _fits_inside(path, field, value, kind, filter_f, validator_f)
    elif is_any_type(kind):
        fits = True
    elif isinstance(kind, type):
        fits = isinstance(value, kind)
    elif is_callable_type(kind):
        fits = callable(value)
    else:
        fits = validator_f is not None and validator_f(path, field, value, kind)
    if not fits:
        raise _misfit(path, field, value, hint)


def _fits_inside(
    path: str,
    field: str,
    value: object,
    kind: Any,
    filter_f: Callable[[str], bool] | None,
    validator_f: Validator | None,
) -> bool:
    """Tell whether a value is a dict or a list as its type is, and check what is in it."""
    if is_list_generic_type(kind):
        for number, item in enumerate(value if isinstance(value, list) else ()):
            _check(path, f"{field}[{number}]", item, get_args(kind)[0], filter_f, validator_f)
        return isinstance(value, list)
    if not isinstance(value, Mapping):
        return False
    if is_typeddict(kind):
        validate_dict(kind, value, f"{path}/{field}", filter_f, validator_f)
        return True
    if not all(isinstance(key, str) for key in value):
        return False
    for key, item in value.items():
        _check(path, f"{field}[{key}]", item, get_args(kind)[1], filter_f, validator_f)
    return True


def _check_choices(
    path: str,
    field: str,
    value: object,
    hint: object,
    filter_f: Callable[[str], bool] | None,
    validator_f: Validator | None,
) -> None:
    refusals = []
    for choice in get_args(hint):
        if choice is type(None):
            continue
        try:
            _check(path, field, value, choice, filter_f, validator_f)
        except DictValidationException as error:
            error.__dict__["expected_type"] = choice
            refusals.append(error)
        else:
            return
    # the choice that was refused for something deep in it is the one that was meant
    raise _misfit(path, field, value, hint, sorted(refusals, key=lambda error: -len(error.path)))


def _misfit(
    path: str, field: str, value: object, hint: object, refusals: list[DictValidationException] | None = None
) -> DictValidationException:
    reasons = "".join(f" {refusal}" for refusal in refusals or ())
    return DictValidationException(
        f"{path}: {field} is {value!r} of type {type(value).__name__}, and has to be {get_type_name(hint)}.{reasons}",
        path=path,
        field=field,
        value=value,
        expected_type=hint,
        nested_exceptions=refusals or [],
    )
