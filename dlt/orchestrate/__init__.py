"""The former name of `dlt.tasks`; programs that import it go on."""

from dlt.tasks import *  # noqa: F403  # its names are those of the list that it keeps itself
from dlt.tasks import __all__ as __all__
