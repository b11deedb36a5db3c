"""Sources by what names them."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, ClassVar

from dlt.extract.exceptions import UnknownSourceReference
from dlt.extract.function import Function
from dlt.extract.resource import DltResource
from dlt.extract.resource_data import module_section
from dlt.extract.source_factory import SourceFactory, schema_maker
from dlt.late_dataclass import dataclass

if TYPE_CHECKING:
    from dlt.extract.source import DltSource
    from dlt.extract.vocabulary import ContractHint
    from dlt.schema.schema import Schema

__all__ = ["AnySourceFactory", "SourceFactory", "SourceReference"]
AnySourceFactory = SourceFactory


@dataclass(frozen=True)
class SourceReference:
    """A source function under a name.

    Attributes:
        ref: The name.
        SPEC: Spec of its arguments.
        factory: What `@dlt.source` made of the function.
        section: Section of its configuration.
        name: Name of its sources.
    """

    ref: str
    SPEC: object
    factory: SourceFactory[...]
    section: str
    name: str

    SOURCES: ClassVar[dict[str, SourceReference]] = {}

    @classmethod
    def register(cls, ref_obj: SourceReference) -> None:
        """Let `find` know a source by its name."""
        cls.SOURCES[ref_obj.ref] = ref_obj

    @staticmethod
    def expand_shorthand_ref(ref: str) -> list[str]:
        """Return the paths that a name may stand for."""
        parts = ref.split(".")
        full = [*parts, parts[-1]] if len(parts) == 1 else parts
        return [ref] if len(parts) > 2 else [ref, *(".".join([root, *full]) for root in ("sources", "dlt.sources"))]

    @classmethod
    def find(cls, ref: str, raise_exec_errors: bool = False) -> SourceFactory[...]:
        """Return what `@dlt.source` made of a function; of a resource, what makes sources with nothing else.

        Args:
            ref: Its name, "module.function", or the whole path.
            raise_exec_errors: Raise what the module raises while it is imported.

        Raises:
            UnknownSourceReference: nothing has this name.
        """
        tried = cls.expand_shorthand_ref(ref)
        for path in tried:
            if path in cls.SOURCES:
                return cls.SOURCES[path].factory
            module, _, attribute = path.rpartition(".")
            try:
                found = getattr(importlib.import_module(module), attribute, None) if module else None
            except ImportError:
                continue
            except Exception:
                if raise_exec_errors:
                    raise
                continue
            if isinstance(found, SourceFactory):
                return found
            if isinstance(found, DltResource):
                return source_of_resource(found)
        raise UnknownSourceReference(
            f"There is no source {ref!r}: none of {', '.join(tried)} is one.", ref=ref, qualified_refs=tried
        )

    @classmethod
    def from_reference(
        cls,
        ref: str,
        /,
        name: str | None = None,
        section: str | None = None,
        max_table_nesting: int | None = None,
        root_key: bool | None = None,
        schema: Schema | None = None,
        schema_contract: ContractHint | None = None,
        spec: type | None = None,
        parallelized: bool | None = None,
        source_args: Sequence[object] | None = None,
        source_kwargs: Mapping[str, object] | None = None,
    ) -> DltSource:
        """Return a source by what names its function.

        Args:
            ref: Name of the function, "module.function", or the whole path.
            name: Another name for the source.
            section: Another section of its configuration.
            max_table_nesting: How many levels of documents become tables.
            root_key: Rows of nested tables carry the id of their root row.
            schema: Schema to start with.
            schema_contract: Contract of its tables.
            spec: Configuration of the function.
            parallelized: Evaluate all resources in the thread pool.
            source_args: Arguments of the function.
            source_kwargs: Its arguments by name.

        Raises:
            UnknownSourceReference: nothing has this name.
        """
        factory = cls.find(ref)
        factory = factory.clone(
            name=name, section=section, max_table_nesting=max_table_nesting, root_key=root_key,
            schema=schema, schema_contract=schema_contract, spec=spec, parallelized=parallelized,
        )  # fmt: skip
        return factory(*(source_args or ()), **(source_kwargs or {}))


def source_of_resource(resource: DltResource[...]) -> SourceFactory[...]:
    """Return what makes sources of one resource, with the arguments of its function.

    Args:
        resource: The resource; it stays as it is.
    """
    gen = resource.pipe.gen

    def alone(*args: object, **kwargs: object) -> list[DltResource[...]]:
        return [resource(*args, **kwargs) if isinstance(gen, Function) and not gen.bound else resource.clone()]

    section = resource.section or ""
    if isinstance(gen, Function):
        # the source stands for the function: it is asked for its name, its place and its parameters
        vars(alone).update(__signature__=gen.signature)
        alone.__annotations__ = inspect.get_annotations(inspect.unwrap(gen.call))
        alone.__module__, alone.__doc__ = gen.call.__module__, gen.call.__doc__
        section = section or module_section(gen.call)
    alone.__name__ = alone.__qualname__ = resource.name
    function = Function(
        alone, spec=gen.spec if isinstance(gen, Function) else None, sections=("sources", section, resource.name)
    )
    return SourceFactory(function, resource.name, schema_maker(resource.name, alone), section, {})
