"""The runtime of PyPI `dlt` 1.x, which has nothing to begin here."""

from dlt.absent import absent_names

__getattr__ = absent_names(
    __name__,
    "There is no runtime to begin: settings of [runtime] hold where they are read, and "
    "dlt.common.runtime.run_context.switch_context goes on in another folder.",
    "initialize_runtime restore_run_context",
)
