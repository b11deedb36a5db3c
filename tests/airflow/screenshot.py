"""Make the pictures of docs/airflow.md: the example's DAG in the pages of a real Airflow.

It needs what no test needs: `pip install playwright` and Debian's chromium.
"""

from __future__ import annotations

import sys
import urllib.parse
from pathlib import Path
from typing import Any

from tests.airflow.demo import bring_example
from tests.airflow.services import ENDED, ROOT, Airflow

IMAGES = ROOT / "docs" / "images"


def main() -> int:
    """Run the example three times, and take pictures; return the exit code of the process."""
    from playwright.sync_api import sync_playwright

    airflow = Airflow()
    airflow.environment["WORLD_DB"] = str(airflow.home / "world.duckdb")
    try:
        bring_example(airflow.dags)
        airflow.start()
        airflow.unpause("world")
        airflow.wait(lambda: ended(airflow, 1), 240, "the DAG did not run")
        for name in ("by_hand_1", "by_hand_2"):
            airflow.finish("world", [airflow.trigger("world", name)], 240)
        run_id = airflow.runs("world")[0]["dag_run_id"]
        base = f"http://127.0.0.1:{airflow.port}"
        IMAGES.mkdir(exist_ok=True)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(viewport={"width": 1360, "height": 760}, color_scheme="light")
            page.goto(f"{base}/")
            page.wait_for_load_state("networkidle")
            page.evaluate("localStorage.setItem('theme', 'light')")
            take(page, f"{base}/dags/world/runs/{run_id}", IMAGES / "airflow-grid.png")
            task = f"/api/v2/dags/world/dagRuns/{urllib.parse.quote(run_id)}/taskInstances/world.load"
            link = airflow.call(f"{task}/links")["extra_links"]["LoadInfo"]
            take(page, link, IMAGES / "airflow-load-info.png")
            browser.close()
    finally:
        airflow.stop()
    return 0


def ended(airflow: Airflow, number: int) -> bool:
    """Tell whether a number of runs has ended."""
    return sum(run["state"] in ENDED for run in airflow.runs("world")) >= number


def take(page: Any, url: str, path: Path) -> None:
    """Open a page, and keep a picture of it."""
    page.goto(url)
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(3000)
    unfold = page.get_by_label("Expand all task groups")
    if unfold.count() and unfold.first.is_enabled():
        unfold.first.click()
        page.wait_for_timeout(2000)
    page.screenshot(path=str(path))


if __name__ == "__main__":
    sys.exit(main())
