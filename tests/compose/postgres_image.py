"""What the entry point of the image `postgres` does: the first start makes the cluster and runs the first scripts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ACCESS = ("--auth-local=trust", "--auth-host=scram-sha-256")


def main() -> None:
    """Make the cluster unless it is there, then become the server."""
    data, socket, port = os.environ["PGDATA"], os.environ["PGSOCKET"], os.environ["PGPORT"]
    user, password = os.environ["POSTGRES_USER"], os.environ["POSTGRES_PASSWORD"]
    prefix: list[str] = []
    if os.geteuid() == 0:
        # Postgres refuses to run as root
        os.makedirs(data, exist_ok=True)
        for folder in (data, os.path.dirname(data), os.path.dirname(os.path.dirname(data)), socket):
            os.chown(folder, 65534, 65534)
        prefix = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]

    def run(*line: str) -> None:
        environment = {**os.environ, "PGPASSWORD": password}
        subprocess.run([*prefix, *line], check=True, stdout=subprocess.DEVNULL, env=environment, cwd=socket)

    if not os.path.exists(os.path.join(data, "PG_VERSION")):
        secret = Path(socket, "password")
        secret.write_text(password)
        run("initdb", "-D", data, "-U", user, f"--pwfile={secret}", "--no-sync", "-E", "UTF8", *ACCESS)
        secret.unlink()
        # without a port, so that a health check over TCP does not see this one
        run("pg_ctl", "-D", data, "-w", "-s", "-o", f"-c listen_addresses='' -k {socket} -p {port}", "start")
        psql = ["psql", "-q", "-h", socket, "-U", user, "-v", "ON_ERROR_STOP=1"]
        run(*psql, "-d", "postgres", "-c", f"CREATE DATABASE {os.environ['POSTGRES_DB']}")
        for script in sys.argv[1:]:
            run(*psql, "-d", os.environ["POSTGRES_DB"], "-f", script)
        run("pg_ctl", "-D", data, "-w", "-s", "-m", "fast", "stop")
    line = [*prefix, "postgres", "-D", data, "-k", socket, "-p", port]
    os.execvp(line[0], line)


if __name__ == "__main__":
    main()
