"""What annotations say, for programs that read those of their own functions and classes."""

from __future__ import annotations

import builtins
import collections.abc
import sys
from types import UnionType
from typing import (  # noqa: UP035  # programs import the old names from here
    Annotated,
    Any,
    Callable,
    ClassVar,
    Final,
    ForwardRef,
    Literal,
    NewType,
    TypeAlias,
    Union,
    get_args,
    get_origin,
)

AnyType: TypeAlias = Any


def is_annotated(ann_type: object) -> bool:
    """Tell whether a hint is `Annotated`."""
    return get_origin(ann_type) is Annotated


def annotation_metadata(hint: object) -> tuple[object, ...]:
    """Return what stands behind the type in `Annotated`, also in a union."""
    if is_annotated(hint):
        return get_args(hint)[1:]
    if is_union_type(hint):
        return tuple(data for part in get_args(hint) for data in annotation_metadata(part))
    return ()


def is_any_type(t: object) -> bool:
    """Tell whether a hint is Any."""
    return t is AnyType


def is_final_type(t: object) -> bool:
    """Tell whether a hint is Final."""
    return get_origin(t) is Final


def extract_type_if_modifier(t: object, preserve_annotated: bool = False) -> object | None:
    """Return the type inside of Final, ClassVar or Annotated, None if it is none of these.

    Args:
        t: The hint.
        preserve_annotated: Leave Annotated.
    """
    if get_origin(t) in (Final, ClassVar) or (is_annotated(t) and not preserve_annotated):
        inner: object = get_args(t)[0]
        return inner
    return None


def extract_supertype(t: object) -> object | None:
    """Return the type that a NewType is made of, None if it is none."""
    return t.__supertype__ if isinstance(t, NewType) else None


def extract_union_types(t: object, no_none: bool = False) -> list[object]:
    """Return the types of a union, as they are written.

    Args:
        t: The union.
        no_none: Leave None out.
    """
    return [part for part in get_args(t) if not (no_none and part is type(None))]


def is_union_type(hint: object) -> bool:
    """Tell whether a hint is a union, also one with None."""
    return get_origin(_plain(hint)) in (Union, UnionType)


def is_optional_type(t: object) -> bool:
    """Tell whether a hint is a union with None, or a NewType of one."""
    t = _plain(t)
    if is_union_type(t):
        return type(None) in get_args(t)
    inner = extract_supertype(t)
    return inner is not None and is_optional_type(inner)


def is_newtype_type(t: object) -> bool:
    """Tell whether a hint is a NewType, also one with None."""
    return isinstance(_first(t), NewType)


def is_literal_type(hint: object) -> bool:
    """Tell whether a hint is a Literal, also one with None or a NewType of one."""
    hint = _first(hint)
    inner = extract_supertype(hint)
    return get_origin(hint) is Literal if inner is None else is_literal_type(inner)


def is_list_generic_type(t: object) -> bool:
    """Tell whether a hint is a sequence with the type of its items."""
    return _is_generic_of(t, collections.abc.Sequence)


def is_dict_generic_type(t: object) -> bool:
    """Tell whether a hint is a mapping with the types of its keys and values."""
    return _is_generic_of(t, collections.abc.Mapping)


def is_set_generic_type(t: object) -> bool:
    """Tell whether a hint is a set with the type of its items."""
    return _is_generic_of(t, collections.abc.Set)


def is_callable_type(hint: object) -> bool:
    """Tell whether a hint is a function, a class whose objects are called, or Callable; a NewType is none."""
    if isinstance(hint, NewType):
        return False
    if get_origin(hint) is collections.abc.Callable or hint is Callable:
        return True
    if isinstance(hint, type):
        return any("__call__" in vars(base) for base in hint.__mro__)
    # a function, and not an object that happens to be called
    return (callable(hint) and hasattr(hint, "__code__")) or (get_origin(hint) is None and _is_bare_callable(hint))


def is_subclass(subclass: object, cls: object) -> bool:
    """Tell whether a class, or a generic type by its class, is one of another; anything else is none.

    Args:
        subclass: The class.
        cls: The other one.
    """
    one, other = get_origin(subclass) or subclass, get_origin(cls) or cls
    return isinstance(one, type) and isinstance(other, type) and issubclass(one, other)


def extract_inner_type(
    hint: object, preserve_new_types: bool = False, preserve_literal: bool = False, preserve_annotated: bool = False
) -> Any:
    """Return the type inside of modifiers, of unions of one type and None, of NewTypes and Literals.

    Args:
        hint: The hint.
        preserve_new_types: Leave NewTypes.
        preserve_literal: Leave Literals.
        preserve_annotated: Leave Annotated.
    """
    inner = extract_type_if_modifier(hint, preserve_annotated)
    if inner is None and get_origin(hint) in (Union, UnionType) and is_optional_type(hint):
        inner = get_args(hint)[0]
    if inner is None and not preserve_new_types:
        inner = extract_supertype(hint)
    if inner is None and not preserve_literal and get_origin(hint) is Literal:
        return type(get_args(hint)[0])
    return (
        hint if inner is None else extract_inner_type(inner, preserve_new_types, preserve_literal, preserve_annotated)
    )


def get_all_types_of_class_in_union(hint: object, cls: object, with_superclass: bool = False) -> list[object]:
    """Return the types of a union that are of a class.

    Args:
        hint: The union.
        cls: The class, or a generic type of it.
        with_superclass: Also those that the class is one of.
    """
    return [
        part
        for part in (get_args(hint) if is_union_type(hint) else ())
        if is_subclass(part, cls) or (with_superclass and is_subclass(cls, part))
    ]


def get_literal_args(literal: object) -> list[object]:
    """Return the values of a Literal.

    Args:
        literal: The Literal.

    Raises:
        ValueError: It is none.
    """
    if get_origin(literal) is not Literal:
        raise ValueError(f"{literal!r} is not a Literal.")
    return [value for part in get_args(literal) for value in ([part] if get_origin(part) is None else get_args(part))]


def add_value_to_literal(literal: object, value: object) -> None:
    """Put a value into a Literal, for all who hold it.

    Args:
        literal: The Literal; it is changed.
        value: The value; one that is there is not put twice.
    """
    values = get_args(literal)
    if value not in values:
        # hints are the same object wherever they are written the same
        literal.__args__ = (*values, value)  # type: ignore[attr-defined]  # of every Literal


def get_type_name(t: object) -> str:
    """Return the name of a type."""
    # foreign objects: classes, aliases and special forms have one of these
    return getattr(t, "__name__", None) or getattr(t, "_name", None) or str(t)


def get_type_globals(obj: object) -> dict[str, Any]:
    """Return the names among which the hints of a function, a class or an object are looked up."""
    if obj is None:
        return vars(builtins)
    found = getattr(obj, "__globals__", None)
    if isinstance(found, dict):
        return found
    module = sys.modules.get(getattr(obj, "__module__", None) or "")
    return vars(module) if module else {}


def resolve_single_annotation(
    ann: object,
    *,
    globalns: dict[str, object] | None = None,
    localns: dict[str, object] | None = None,
    raise_on_error: bool = False,
) -> Any:
    """Return the type that a hint is, which is written as text.

    Args:
        ann: The hint; one that is no text is returned as it is.
        globalns: Names of the module.
        localns: Names that go before them.
        raise_on_error: Do not return the text if a name is missing.

    Raises:
        NameError: A name is missing.
    """
    text = ann.__forward_arg__ if isinstance(ann, ForwardRef) else ann
    if not isinstance(text, str):
        return ann
    names = {**vars(sys.modules["typing"]), **vars(builtins), **(globalns or {}), **(localns or {})}
    try:
        # as `typing.get_type_hints` does it
        return eval(text, names)
    except NameError:
        if raise_on_error:
            raise
        return ann


def get_generic_type_argument_from_instance(instance: object, sample_value: object = None) -> Any:
    """Return the type that an object of a generic class was made with, such as `int` of `Box[int]()`.

    Args:
        instance: The object.
        sample_value: Its type is returned if the object was made with Any.
    """
    made = _first(getattr(instance, "__orig_class__", AnyType))
    (argument,) = get_args(made) or (AnyType,)
    return type(sample_value) if argument is AnyType and sample_value is not None else argument


def _plain(hint: object) -> object:
    """Return the type inside of modifiers."""
    while (inner := extract_type_if_modifier(hint)) is not None:
        hint = inner
    return hint


def _first(hint: object) -> object:
    """Return the type inside of modifiers; of a union with None, its first one."""
    hint = _plain(hint)
    return _first(get_args(hint)[0]) if is_union_type(hint) and is_optional_type(hint) else hint


def _is_generic_of(t: object, kind: type) -> bool:
    found = get_origin(t)
    return isinstance(found, type) and issubclass(found, kind)


def _is_bare_callable(hint: object) -> bool:
    return hint is collections.abc.Callable
