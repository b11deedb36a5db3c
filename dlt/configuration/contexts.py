"""What is at work, by its class: `Container()[Context]`, and contexts that a program injects for a block.

The library keeps what runs in `dlt.context` and in the sections; the contexts here show it under the names of PyPI
`dlt` 1.x and set it. A program may also keep contexts of its own in the container.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, ClassVar, TypeVar

from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.errors import ContainerInjectableContextMangled, ContextDefaultCannotBeCreated

if TYPE_CHECKING:
    from typing_extensions import Self

Kind = TypeVar("Kind")


@configspec
class ContainerInjectableContext(BaseConfiguration):
    """Base of what the container holds: one object of each class at a time.

    Attributes:
        can_create_default: The container makes one without arguments when it is asked and has none.
        global_affinity: All threads see the same one.
    """

    can_create_default: ClassVar[bool] = True
    global_affinity: ClassVar[bool] = False
    worker_affinity: ClassVar[bool] = False

    @classmethod
    def at_work(cls) -> Self | None:
        """Return the one that the library has at work, None for a context that only programs know."""
        return None

    def applied(self) -> AbstractContextManager[object]:
        """Let the library work with this context for a block."""
        return nullcontext()

    def after_add(self) -> None:
        """Do something when it comes into the container; override it."""

    def before_remove(self) -> None:
        """Do something before it leaves the container; override it."""

    def add_extras(self) -> None:
        """Do something after the program that runs is known; override it."""


class Container:
    """What is at work, by its class; there is one container."""

    _INSTANCE: ClassVar[Container | None] = None
    # values are objects of the class that is their key, which no type of a mapping can say
    _everywhere: ClassVar[dict[type, object]] = {}
    _here: ClassVar[ContextVar[Mapping[type, object]]] = ContextVar("dlt_container")

    def __new__(cls) -> Container:
        """Return the container."""
        if cls._INSTANCE is None:
            cls._INSTANCE = super().__new__(cls)
        return cls._INSTANCE

    def get(self, spec: type[Kind]) -> Kind | None:
        """Return what is held or at work, or made of nothing; None if the class cannot be made of nothing."""
        held = self._held(spec)
        # what a program put in comes before what the library has at work
        if isinstance(held, spec):
            return held
        if not issubclass(spec, ContainerInjectableContext):
            return None
        found = spec.at_work()
        # one that was made counts from then on: its fields may be set on it
        if found is None and spec.can_create_default:
            found = spec()
            self[spec] = found
        return found

    def __getitem__(self, spec: type[Kind]) -> Kind:
        found = self.get(spec)
        if found is None:
            raise ContextDefaultCannotBeCreated(
                f"The container holds no {spec.__name__}, and none is at work here. Inject one: "
                f"with Container().injectable_context({spec.__name__}(...)).",
                context_type=spec,
            )
        return found

    def __setitem__(self, spec: type[Kind], value: Kind) -> None:
        self._keep(spec, value)
        if isinstance(value, ContainerInjectableContext):
            value.after_add()

    def __delitem__(self, spec: type) -> None:
        held = self._held(spec)
        if isinstance(held, ContainerInjectableContext):
            held.before_remove()
        self._keep(spec, None)

    def __contains__(self, spec: type) -> bool:
        at_work = spec.at_work() if issubclass(spec, ContainerInjectableContext) else None
        return self._held(spec) is not None or at_work is not None

    @contextmanager
    def injectable_context(self, config: Kind, lock_context_on_yield: bool = False) -> Iterator[Kind]:
        """Let an object be what is at work of its class, for a block.

        Args:
            config: The object.
            lock_context_on_yield: Without effect: what is at work in this thread is changed by no other.

        Raises:
            ContainerInjectableContextMangled: the block put another object of this class into the container.
        """
        del lock_context_on_yield
        spec = type(config)
        before = self._held(spec)
        self[spec] = config
        applied = config.applied() if isinstance(config, ContainerInjectableContext) else nullcontext()
        try:
            with applied:
                yield config
        finally:
            found = self._held(spec)
            if found is config:
                del self[spec]
            # first put back, then complain: the error must not leave the block's object behind
            self._keep(spec, before)
            if found is not config:
                raise ContainerInjectableContextMangled(
                    f"The container holds {found!r} at the end of a block that injected {config!r}. Take out what was "
                    "put in within the block.",
                    spec=spec,
                    existing_config=found,
                    expected_config=config,
                )

    def get_worker_contexts(self) -> dict[type, object]:
        """Return what a worker of this thread takes along: the contexts whose class says `worker_affinity`."""
        held = {**self._everywhere, **self._here.get({})}
        return {
            spec: value
            for spec, value in held.items()
            if value is not None and issubclass(spec, ContainerInjectableContext) and spec.worker_affinity
        }

    @staticmethod
    def thread_pool_prefix() -> str:
        """Return a prefix for the names of threads of a pool."""
        return f"dlt-pool-{threading.get_ident()}-"

    def _held(self, spec: type) -> object:
        if _is_global(spec):
            return self._everywhere.get(spec)
        # each thread and task has its own, as with what the library itself has at work
        return self._here.get({}).get(spec)

    def _keep(self, spec: type, value: object) -> None:
        if not _is_global(spec):
            # a new mapping: threads and tasks that began with the old one keep it
            self._here.set({**self._here.get({}), spec: value})
        elif value is None:
            self._everywhere.pop(spec, None)
        else:
            self._everywhere[spec] = value


def _is_global(spec: type) -> bool:
    return issubclass(spec, ContainerInjectableContext) and spec.global_affinity
