"""Packages that are given up: what their extracts changed in state and schemas goes back."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from dlt import user_log
from dlt.packages.abandon import abandon, with_followers
from dlt.user_log import use

if TYPE_CHECKING:
    from dlt.pipeline.parts import Parts


def give_up(parts: Parts, load_id: str | None = None, dry_run: bool = False) -> list[str]:
    """Give a package up that was not loaded, or all of them; return the load ids of all that went.

    Args:
        parts: The pipeline.
        load_id: Load id of the package; all packages when None.
        dry_run: Only tell which ones would go.

    Raises:
        LoadPackageNotFound: no package of this load id waits.
    """
    home = parts.home
    home.refuse_inside("abort_packages")
    # to lock a folder makes it, and this pipeline never ran
    if not os.path.isdir(home.working_dir):
        return []
    with use(parts.tracer.telling), home.lock:
        parts.begin()
        names = [load_id] if load_id is not None else home.pending_load_ids()
        if dry_run:
            return with_followers(home.workdir, names)
        gone = abandon(home.workdir, names)
        # the files were changed below what is in memory
        home.refresh()
        if gone:
            named = ", ".join(gone)
            told = f"gave up package {named}; state and schemas are as before its extract"
            user_log.info(f"{parts.pipeline_name}: {told}")
    return gone
