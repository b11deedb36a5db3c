"""A source shaped like a web API: a list in pages, and details for each item. Nothing here uses the network."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import dlt

TEAMS = [{"id": 1, "name": "Rowing"}, {"id": 2, "name": "Chess"}, {"id": 3, "name": "Choir"}]
PLAYERS = {1: ["Ada", "Alan"], 2: ["Emmy"], 3: []}


def fetch(path: str, page: int = 0) -> list[dict[str, Any]]:
    """Answer as a server would: two items a page for the list of teams, all players of one team at once."""
    if path == "/teams":
        return TEAMS[2 * page : 2 * page + 2]
    team = int(path.split("/")[2])
    return [{"team_id": team, "name": name, "tags": ["new"] * (team == 2)} for name in PLAYERS[team]]


@dlt.source(name="club")
def club(season: int = 2026) -> Any:
    """Group the resources that read one API."""

    @dlt.resource(primary_key="id", write_disposition="replace")
    def teams() -> Iterator[list[dict[str, Any]]]:
        page = 0
        while items := fetch("/teams", page):
            yield items
            page += 1

    @dlt.transformer(data_from=teams, write_disposition="replace")
    def players(items: list[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
        for team in items:
            yield [{**player, "season": season} for player in fetch(f"/teams/{team['id']}/players")]

    @dlt.resource(write_disposition="append")
    def visits() -> Iterator[dict[str, Any]]:
        state = dlt.current.resource_state()
        state["runs"] = state.get("runs", 0) + 1
        yield {"run": state["runs"]}

    return teams, players, visits


def main() -> None:
    """Load the whole source, then two of its resources, and print what the tables hold."""
    with tempfile.TemporaryDirectory() as folder:
        pipeline = dlt.pipeline(
            pipeline_name="rest_like_example",
            pipelines_dir=folder,
            destination=dlt.destinations.duckdb(str(Path(folder) / "rest_like.duckdb")),
            dataset_name="club",
        )
        pipeline.run(club())
        pipeline.run(club(season=2027).with_resources("players", "visits"))
        with pipeline.sql_client() as client:
            for table in ("teams", "players", "players__tags", "visits"):
                print(table, [row[0] for row in client.execute_sql(f"SELECT count(*) FROM {table}") or []])
            print([tuple(row) for row in client.execute_sql("SELECT name, season FROM players ORDER BY name") or []])


if __name__ == "__main__":
    main()
