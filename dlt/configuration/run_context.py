"""The program that runs: its folders, and the places from which its configuration comes."""

from __future__ import annotations

import importlib
import os
from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType
from typing import ClassVar

from dlt.configuration import container
from dlt.configuration.contexts import Container, ContainerInjectableContext
from dlt.configuration.providers.base import ConfigProvider
from dlt.configuration.resolve import resolve_configuration
from dlt.configuration.runtime import RuntimeConfiguration
from dlt.configuration.spec import BaseConfiguration, configspec
from dlt.errors import DuplicateConfigProviderException
from dlt.io.folders import data_folder, user_folder

DOT_DLT = ".dlt"


class RunContextBase(ABC):
    """What a program is run with; a class of a program's own changes folders or providers.

    Args:
        run_dir: Folder of the program.
    """

    def __init__(self, run_dir: str | None, *_args: object, **kwargs: object) -> None:
        self._init_run_dir = run_dir or "."
        self.runtime_kwargs: dict[str, object] = dict(kwargs)
        self._runtime_config: RuntimeConfiguration | None = None
        self.settings_version = 0
        """Grows when settings have to be read anew by those who keep some."""

    @property
    @abstractmethod
    def name(self) -> str:
        """Return a name for messages."""

    @property
    @abstractmethod
    def run_dir(self) -> str:
        """Return the folder of the program."""

    @property
    @abstractmethod
    def settings_dir(self) -> str:
        """Return the folder with config.toml and secrets.toml."""

    @property
    @abstractmethod
    def global_dir(self) -> str:
        """Return the folder with the files of all programs."""

    @property
    @abstractmethod
    def data_dir(self) -> str:
        """Return the folder in which pipelines keep what they work on."""

    @property
    def local_dir(self) -> str:
        """Return the folder for files of local destinations."""
        return os.environ.get("DLT_LOCAL_DIR") or self._init_run_dir

    @property
    def uri(self) -> str:
        """Return the folder of the program as a URL."""
        return Path(self.run_dir).resolve().as_uri()

    @property
    def runtime_config(self) -> RuntimeConfiguration:
        """Return the settings of the section `runtime`, as they were when they were first asked for."""
        if self._runtime_config is None:
            self._runtime_config = resolve_configuration(RuntimeConfiguration())
        return self._runtime_config

    @property
    def config(self) -> BaseConfiguration | None:
        """Return settings of the context itself; the one of a program in a folder has none."""
        return None

    def initialize_runtime(self, runtime_config: RuntimeConfiguration | None = None) -> None:
        """Take settings of the section `runtime`.

        Args:
            runtime_config: The settings; looked up again when None.
        """
        self._runtime_config = runtime_config
        self.settings_version += 1

    def reset_config(self) -> None:
        """Look settings up again when they are next asked for."""
        self.initialize_runtime(None)

    @property
    def module(self) -> ModuleType | None:
        """Return the folder of the program as a module, None if it is no package."""
        return None

    def initial_providers(self) -> Sequence[ConfigProvider]:
        """Return the places that are asked for values, in order."""
        return [container.ENVIRON, container.SECRETS, container.CONFIG]

    def get_data_entity(self, entity: str) -> str:
        """Return the folder for data of a kind, such as "pipelines"."""
        return os.path.join(self.data_dir, entity)

    def get_run_entity(self, entity: str) -> str:
        """Return the folder of the program for a kind of thing."""
        del entity
        return self.run_dir

    def get_setting(self, setting_path: str) -> str:
        """Return the path of a file among the settings."""
        return os.path.join(self.settings_dir, setting_path)

    @staticmethod
    def import_run_dir_module(run_dir: str) -> ModuleType:
        """Import a folder as a module.

        Raises:
            ImportError: it is none.
        """
        # by the folder's name, as programs import it from the folder above
        return importlib.import_module(os.path.basename(os.path.abspath(run_dir)))

    def plug(self) -> None:  # noqa: B027 - most programs have nothing to do there
        """Do something when it becomes the context of the program; override it."""

    def unplug(self) -> None:  # noqa: B027 - the same
        """Do something when it no longer is; override it."""

    def reload(self) -> RunContextBase:
        """Return it as it is now: settings are looked up again."""
        self.reset_config()
        return self


class RunContext(RunContextBase):
    """The program in the current folder, as the environment says."""

    @property
    def name(self) -> str:
        """Return the name."""
        return "dlt"

    @property
    def run_dir(self) -> str:
        """Return DLT_PROJECT_DIR, or the current folder."""
        return os.environ.get("DLT_PROJECT_DIR", self._init_run_dir)

    @property
    def settings_dir(self) -> str:
        """Return the folder with config.toml and secrets.toml."""
        return os.path.join(self.run_dir, os.environ.get("DLT_CONFIG_FOLDER", DOT_DLT))

    @property
    def global_dir(self) -> str:
        """Return the folder with the files of all programs."""
        return user_folder()

    @property
    def data_dir(self) -> str:
        """Return DLT_DATA_DIR, or a folder of the user."""
        return data_folder()


class ConfigProvidersContainer:
    """A list of places for values; it is asked once it is set as `PluggableRunContext.providers`.

    Args:
        initial_providers: The places, in order; those that are asked now when None.
    """

    def __init__(self, initial_providers: Sequence[ConfigProvider] | None = None) -> None:
        self._is_asked = initial_providers is None
        self._providers = container.places() if initial_providers is None else list(initial_providers)

    @property
    def providers(self) -> list[ConfigProvider]:
        """Return the places, in order."""
        return self._providers

    def ask(self) -> None:
        """Ask these places from now on, and no others."""
        container.use_providers(self._providers)
        self._is_asked = True

    def __getitem__(self, name: str) -> ConfigProvider:
        for provider in self._providers:
            if provider.name == name:
                return provider
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(provider.name == name for provider in self._providers)

    def add_provider(self, provider: ConfigProvider) -> None:
        """Ask another place too.

        Raises:
            DuplicateConfigProviderException: one of its name is asked already.
        """
        if provider.name in self:
            raise DuplicateConfigProviderException(
                f"A provider named {provider.name!r} is registered already. Give this one another name."
            )
        if self._is_asked:
            container.register_provider(provider)
        self._providers.append(provider)


@configspec(init=False)
class PluggableRunContext(ContainerInjectableContext):
    """The context of the program, which a program may replace by one of its own.

    Args:
        init_context: The context; the program in the current folder by default.
    """

    global_affinity: ClassVar[bool] = True

    def __init__(self, init_context: RunContextBase | None = None) -> None:
        self.context: RunContextBase = init_context or RunContext(None)

    @property
    def providers(self) -> ConfigProvidersContainer:
        """Return the places that are asked for values; setting it asks others."""
        return ConfigProvidersContainer()

    @providers.setter
    def providers(self, value: ConfigProvidersContainer) -> None:
        value.ask()

    def reload(self, run_dir_or_context: str | RunContextBase | None = None) -> None:
        """Take another context, or another folder."""
        if isinstance(run_dir_or_context, str):
            run_dir_or_context = RunContext(run_dir_or_context)
        # before the providers: which ones are asked is for the context to say
        self.context = run_dir_or_context or RunContext(None)
        self.reload_providers()

    def reload_providers(self) -> None:
        """Ask the places for values that the context names."""
        container.use_providers(self.context.initial_providers())


def run_context() -> RunContextBase:
    """Return the program that runs: its folders, and the places from which its configuration comes."""
    return Container()[PluggableRunContext].context
