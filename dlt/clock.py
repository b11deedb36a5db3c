"""Time as the library sees it; the only module that asks the system clock for the date."""

from __future__ import annotations

import threading
import time
from datetime import datetime, timezone

_lock = threading.Lock()
_last_load_id = 0.0


def utc_now() -> datetime:
    """Return the present moment, aware, in UTC."""
    return datetime.now(timezone.utc)


def new_load_id() -> str:
    """Return a load id: seconds since the epoch with a fraction, as text, increasing within the process."""
    global _last_load_id
    with _lock:
        now = round(time.time(), 7)
        if now <= _last_load_id:
            now = round(_last_load_id + 1e-6, 7)
        _last_load_id = now
    return f"{now:.7f}"
