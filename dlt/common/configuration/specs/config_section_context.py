"""The sections at work under the name of PyPI `dlt` 1.x."""

from dlt.configuration.contexts import ContainerInjectableContext
from dlt.configuration.sections_object import ConfigSectionContext

__all__ = ["ConfigSectionContext", "ContainerInjectableContext"]
