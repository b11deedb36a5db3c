"""Load 250 countries with their nested lists into DuckDB, twice, and query parent and child tables.

The data set is real and lies beside this file; examples/data/world_countries/ORIGIN.md tells where it comes from.
Run it with `python examples/quickstart.py`. Everything it writes goes to examples/.out,
which it deletes when it starts.
"""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

HERE = Path(__file__).resolve().parent
OUT = HERE / ".out"
COUNTRIES = HERE / "data" / "world_countries" / "countries.json"
NEIGHBOURS = """
    SELECT c.name__common AS country, count(*) AS neighbours, string_agg(b.value, ' ' ORDER BY b.value) AS codes
    FROM countries AS c JOIN countries__borders AS b ON b._dlt_parent_id = c._dlt_id
    GROUP BY c.name__common ORDER BY neighbours DESC, country LIMIT 5
"""


def tidy(country: dict[str, Any]) -> dict[str, Any]:
    """Turn objects whose keys are codes into lists, so that they become child tables and not hundreds of columns."""
    languages = [{"code": code, "name": name} for code, name in country["languages"].items()]
    currencies = [{"code": code, **about} for code, about in dict(country["currencies"]).items()]
    names = {key: country["name"][key] for key in ("common", "official")}
    return {**country, "name": names, "languages": languages, "currencies": currencies}


@dlt.resource(
    name="countries", primary_key="cca3", write_disposition="merge", columns={"translations": {"data_type": "json"}}
)
def countries(rows: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    """Yield all of them as one page."""
    yield rows


def changed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Make what a second day may bring: two countries with a changed row and one country that is new."""
    by_code = {row["cca3"]: row for row in rows}
    iceland = {**by_code["ISL"], "altSpellings": [*by_code["ISL"]["altSpellings"], "Land of Fire and Ice"]}
    france = {**by_code["FRA"], "borders": [*by_code["FRA"]["borders"], "QEX"]}
    # codes that start with Q, M to Z are left to users by ISO 3166
    example = {**by_code["AND"], "cca2": "QX", "cca3": "QEX", "borders": ["FRA"]}
    example["name"] = {"common": "Exampleland", "official": "Republic of Exampleland", "native": {}}
    return [iceland, france, example]


def main() -> None:
    """Load all countries, then the changed ones, and show what is in the destination after each load."""
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir()
    pipeline = dlt.pipeline(
        pipeline_name="quickstart",
        pipelines_dir=str(OUT / "pipelines"),
        destination=dlt.destinations.duckdb(str(OUT / "quickstart.duckdb")),
        dataset_name="world",
    )
    rows = json.loads(COUNTRIES.read_text(encoding="utf-8"))
    for title, batch in (("First run: every country", rows), ("Second run: what changed", changed(rows))):
        print(f"== {title} ({len(batch)} items)")
        print(pipeline.run(countries(batch).add_map(tidy)))
        for table, count in pipeline.dataset().row_counts().fetchall():
            print(f"  {table:<26}{count:>5}")
        print()

    print("== Who has the most neighbours? (countries joined with countries__borders)")
    with pipeline.sql_client() as client, client.execute_query(NEIGHBOURS) as cursor:
        for country, neighbours, codes in cursor.fetchall():
            print(f"{country:<14}{neighbours:>3}  {codes}")


if __name__ == "__main__":
    main()
