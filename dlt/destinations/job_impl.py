"""Jobs of a load: names of PyPI `dlt` 1.x."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "A destination of your own derives from dlt.destinations.Destination; rows alone go to @dlt.destination.",
    "FinalizedLoadJob FinalizedLoadJobWithFollowupJobs ReferenceFollowupJobRequest",
)
