"""What a working folder needs before a step works in it."""

from __future__ import annotations

import os

from dlt.packages.package import JOURNAL
from dlt.packages.workdir import Workdir


def tidy(workdir: Workdir) -> None:
    """Finish what killed processes began, and delete what they left.

    Raises:
        WorkingFolderDamaged: what one of them began cannot be told any more.
    """
    # before tmp is wiped: packages of a commit that was broken off lie there
    workdir.finish_begun()
    if os.path.exists(os.path.join(workdir.path, JOURNAL)):
        from dlt.packages.abandon import finish

        finish(workdir)
    workdir.wipe_tmp()
