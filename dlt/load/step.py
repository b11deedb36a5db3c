"""Load one package, all or nothing; or only say what its load would do."""

from __future__ import annotations

from dlt.destinations.client import Client
from dlt.load.execute import LoadResult, execute
from dlt.load.order import LoadOrder, RunLoad, TaskLoad
from dlt.load.plan import LoadPlan
from dlt.load.planning import make_plan
from dlt.load.standing import Standing, look
from dlt.packages.package import LoadPackage
from dlt.progress import Collector
from dlt.schema.capabilities import Capabilities


def load_package(
    package: LoadPackage,
    client: Client,
    dataset_name: str,
    *,
    capabilities: Capabilities,
    collector: Collector | None = None,
    state_dataset_name: str | None = None,
    task: TaskLoad | None = None,
    run: RunLoad | None = None,
) -> LoadResult:
    """Load a package in one transaction, which a load that the destination has already does not repeat.

    Args:
        package: A normalized package.
        client: Client of the dataset.
        dataset_name: Name of the dataset.
        capabilities: What the destination can do.
        collector: Shows progress.
        state_dataset_name: Dataset that holds the pipeline's state; the package's own when None.
        task: Given for a load that runs as a task.
        run: Given for a load that runs in the pipeline's own folder.

    Raises:
        Superseded: another try of the task took over.
        StaleExtract: another run changed the same state since this package was extracted.
    """
    home = state_dataset_name or dataset_name
    return execute(LoadOrder(package, dataset_name, capabilities, home, task, run), client, collector)


def plan_load(order: LoadOrder, client: Client) -> LoadPlan:
    """Return what the load of a waiting package would do now; nothing is changed, neither there nor in the folder.

    Args:
        order: The package, and the dataset that it is for.
        client: Client of the dataset.

    Raises:
        StaleExtract: another run changed the same state since this package was extracted.
        DestinationSchemaTampered: a column is gone by which a load finds rows.
    """
    if not client.has_dataset():
        # of a dataset that is not there nothing can be read
        return make_plan(order, Standing())
    client.begin()
    try:
        standing = look(order, client)
    finally:
        client.rollback()
    return make_plan(order, standing)
