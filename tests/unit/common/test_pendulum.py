"""`dlt.common.pendulum` is the package pendulum, and a module that has it."""

from __future__ import annotations

import datetime
import itertools
import subprocess
import sys
from zoneinfo import ZoneInfo

import pendulum
import pytest

from dlt.common.pendulum import create_dt, ensure_pendulum_dt, to_pendulum_tz

IMPORTS = (
    "from dlt.common import pendulum; assert pendulum.__name__ == 'pendulum'",
    "from dlt.common.pendulum import pendulum, timedelta, __utcnow; assert pendulum.__name__ == 'pendulum'",
    "import dlt.common.pendulum",
    "import dlt.common; assert dlt.common.pendulum.__name__ == 'pendulum'",
)


@pytest.mark.parametrize("order", list(itertools.permutations(IMPORTS)))
def test_it_is_the_package_in_every_order_of_imports(order: tuple[str, ...]) -> None:
    """The import of the module does not take the name of the package."""
    names = [name for name in sys.modules if name == "dlt.common" or name == "dlt.common.pendulum"]
    kept = {name: sys.modules.pop(name) for name in names}
    try:
        for line in order:
            exec(line, {"__name__": "program"})
    finally:
        sys.modules.update(kept)


def test_other_names_do_not_import_it() -> None:
    """A program that wants JSON does not wait for time zones."""
    code = "import sys; from dlt.common import json, logger, Decimal; assert 'pendulum' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("zone", "name"),
    [
        (datetime.timezone.utc, "UTC"),
        (datetime.timezone(datetime.timedelta(hours=2)), "+02:00"),
        (ZoneInfo("Europe/Berlin"), "Europe/Berlin"),
        (pendulum.timezone("Asia/Tokyo"), "Asia/Tokyo"),
    ],
)
def test_time_zones_of_any_kind(zone: datetime.tzinfo, name: str) -> None:
    """By their names where they have one."""
    found = to_pendulum_tz(zone)
    assert found is not None and found.name == name
    assert to_pendulum_tz(None) is None


@pytest.mark.parametrize("fold", [0, 1])
@pytest.mark.parametrize("zone", [None, datetime.timezone.utc, ZoneInfo("Europe/Berlin")])
def test_a_moment_stays_the_same(zone: datetime.tzinfo | None, fold: int) -> None:
    """Its hour that comes twice, and its lack of a zone, too."""
    moment = datetime.datetime(2024, 10, 27, 2, 30, 1, 5, tzinfo=zone, fold=fold)
    found = ensure_pendulum_dt(moment)
    assert isinstance(found, pendulum.DateTime) and ensure_pendulum_dt(found) is found
    assert found.isoformat() == moment.isoformat() and found.fold == fold
    assert create_dt(2024, 10, 27, 2, 30, 1, 5, tz=zone, fold=fold) == found
