"""Measure wall time, CPU time with that of child processes, and how far memory rises above where it began."""

from __future__ import annotations

import gc
import resource
import sys
import time
from pathlib import Path


def high_water(reset: bool = False) -> int:
    """Return the peak of resident memory in bytes; start counting anew if asked (Linux only)."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    if reset:
        Path("/proc/self/clear_refs").write_text("5")
    line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def cpu_seconds() -> float:
    """Return user and system time of this process and of the children that it has waited for."""
    usages = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in usages)


class Meter:
    """Measure the body of a `with` block."""

    def __enter__(self) -> Meter:
        # the data stands for a server that sends it: the garbage collector must not walk through it all the time
        gc.collect()
        gc.freeze()
        self.began = high_water(reset=True)
        self.wall, self.cpu = time.perf_counter(), cpu_seconds()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall = time.perf_counter() - self.wall
        self.cpu = cpu_seconds() - self.cpu
        self.peak = high_water()

    def asdict(self) -> dict[str, float]:
        """Return seconds, and how many bytes the peak lies above where the block began."""
        return {"wall_s": self.wall, "cpu_s": self.cpu, "memory_bytes": max(0, self.peak - self.began)}


def together(meters: dict[str, Meter]) -> dict[str, object]:
    """Return what blocks took that ran one after the other: the sums of their seconds, and the highest peak.

    Args:
        meters: By the name of the block, in their order.
    """
    first = next(iter(meters.values()))
    return {
        "wall_s": sum(meter.wall for meter in meters.values()),
        "cpu_s": sum(meter.cpu for meter in meters.values()),
        "memory_bytes": max(0, max(meter.peak for meter in meters.values()) - first.began),
        "steps": {name: meter.asdict() for name, meter in meters.items()},
    }
