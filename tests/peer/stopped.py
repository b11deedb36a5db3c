"""Begin a day of the shop with PyPI `dlt`, and end like a process that is killed: stopped.py DAY PLACE FOLDER WHERE.

WHERE is a step, behind which the process ends, or "first" or "last" for a job of the load.
"""

import os
import signal
import sys
from pathlib import Path

where = sys.argv.pop(4)
sys.path.insert(0, str(Path(__file__).parent))
from days import FOLDER, destination, shop  # noqa: E402 - found by the path above

import dlt  # noqa: E402


class Killing(type(dlt.progress.log())):
    """A display of progress that ends the process when so many jobs of a load are done."""

    done, until = 0, 0

    def update(self, name, inc=1, *more, **others):
        """Count a job."""
        super().update(name, inc, *more, **others)
        if name == "Jobs" and self.step.startswith("Load") and self.until:
            self.done += inc
            if self.done >= self.until:
                os.kill(os.getpid(), signal.SIGKILL)


progress = Killing(1, dump_system_stats=False)
pipeline = dlt.pipeline(
    "shop",
    destination=destination(),
    dataset_name="shop_data",
    pipelines_dir=FOLDER,
    progress=progress,
)
pipeline.extract(shop())
if where != "extract":
    pipeline.normalize()
if where in ("first", "last"):
    jobs = list(Path(FOLDER).glob("shop/load/normalized/*/new_jobs/*.*"))
    progress.until = 1 if where == "first" else len(jobs)
    pipeline.load()
os.kill(os.getpid(), signal.SIGKILL)
