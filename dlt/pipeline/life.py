"""The end of things: pipelines that are dropped, packages that are given up."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from dlt.packages.abandon import abandon, with_followers
from dlt.pipeline.reading import Reading
from dlt.states.model import new_state
from dlt.user_log import line, tell_without_effect, use

if TYPE_CHECKING:
    from typing_extensions import Self


class Life(Reading):
    """Gives up what a pipeline holds."""

    def drop(self, pipeline_name: str | None = None) -> Self:
        """Delete the working folder's content: state, schemas and packages; the destination stays.

        Args:
            pipeline_name: Go on under another name.
        """
        if pipeline_name and pipeline_name != self.pipeline_name:
            from dataclasses import replace

            self.__init__(replace(self.config, pipeline_name=pipeline_name))  # type: ignore[misc]  # begins anew
        self._refuse_inside("drop")
        with self._lock:
            self.workdir.wipe()
            self.schemas.forget()
            self._state = new_state(self.pipeline_name)
            self.dataset_name = self.config.dataset_name or self._default_dataset()
        self._trace = None
        return self

    def drop_pending_packages(self, with_partial_loads: bool = True) -> None:
        """Give all packages up that were not loaded; what their extracts changed in state and schemas goes back.

        Args:
            with_partial_loads: Without effect, and said so: no load is ever partial.
        """
        if not with_partial_loads:
            tell_without_effect("pipeline.drop_pending_packages: with_partial_loads=False", "no load is ever partial")
        self.abort_packages()

    def abort_packages(self, load_id: str | None = None, dry_run: bool = False) -> list[str]:
        """Give a package up that was not loaded, or all of them; return the load ids of all that went.

        What its extract changed in state and schemas goes back with it, so that its rows come again. Later packages
        that go on from where this one ended (the cursor of the same resource) go too: without it they leave a gap.

        Args:
            load_id: Load id of the package; all packages when None.
            dry_run: Only tell which ones would go.

        Raises:
            LoadPackageNotFound: no package of this load id waits.
        """
        self._refuse_inside("abort_packages")
        if not os.path.isdir(self.working_dir):
            return []
        with use(self.telling), self._lock:
            self._begin()
            names = [load_id] if load_id is not None else self._pending_load_ids()
            if dry_run:
                return with_followers(self.workdir, names)
            gone = abandon(self.workdir, names)
            self._refresh()
            if gone:
                names_of = ", ".join(gone)
                line(f"{self.pipeline_name}: gave up package {names_of}; state and schemas are as before its extract")
        return gone

    def _pending_load_ids(self) -> list[str]:
        return [p.load_id for stage in ("extracted", "normalized") for p in self.workdir.packages(stage)]

    def add_hook(self, hook: Any) -> Self:
        """Call `hook(event, pipeline, payload)` on "step_start", "step_end", "schema_change" and "failed_job"."""
        self._hooks.append(hook)
        return self
