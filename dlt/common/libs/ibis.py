"""What PyPI `dlt` 1.x does with ibis: it imports, and says at use what to do instead."""

from dlt.absent import absent_names

__getattr__ = absent_names(__name__, "Connect ibis to the destination with its own backend.", "_DltBackend")
