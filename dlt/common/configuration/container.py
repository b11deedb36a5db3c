"""The container of contexts under the name of PyPI `dlt` 1.x."""

from dlt.configuration.contexts import Container, ContainerInjectableContext
from dlt.errors import ContainerInjectableContextMangled, ContextDefaultCannotBeCreated

__all__ = [
    "Container",
    "ContainerInjectableContext",
    "ContainerInjectableContextMangled",
    "ContextDefaultCannotBeCreated",
]
