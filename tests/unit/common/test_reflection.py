"""What kind of function a function is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import pytest

from dlt.common.reflection.inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction


def numbers() -> Any:
    """Yield."""
    yield 1


async def numbers_later() -> Any:
    """Yield, asynchronously."""
    yield 1


async def number() -> int:
    """Return, asynchronously."""
    return 1


def logged(func: Callable[..., Any]) -> Callable[..., Any]:
    """Return the function behind another one."""

    @functools.wraps(func)
    def wrapper(*args: Any) -> Any:
        return func(*args)

    return wrapper


@pytest.mark.parametrize("around", [lambda f: f, logged, functools.partial, lambda f: functools.partial(logged(f))])
def test_decorators_and_partials_are_looked_through(around: Callable[..., Any]) -> None:
    """As long as a decorator says what it wraps."""
    found = [
        (isgeneratorfunction(f), isasyncgenfunction(f), iscoroutinefunction(f))
        for f in (around(numbers), around(numbers_later), around(number), around(len))
    ]
    assert found == [(True, False, False), (False, True, False), (False, False, True), (False, False, False)]


def test_a_generator_around_a_plain_function_is_a_generator() -> None:
    """The outermost special function decides."""

    @functools.wraps(number)
    def wrapper() -> Any:
        yield number()

    assert isgeneratorfunction(wrapper) and not iscoroutinefunction(wrapper)
