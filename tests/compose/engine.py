"""A small engine for resolved Compose files: each service is a local process instead of a container.

Commands, environment, volumes, tmpfs, health checks, the conditions of depends_on, restarts, stop signals and grace
periods are those of the file; images are not: the programs come from a folder of executables.

As root everything runs in namespaces of its own: host names are those of the services and ports those of the file,
no other network is there, each service has its own mounts, and the kernel ends all processes together with the
engine. Without root, host names, ports and folders in commands and environments are replaced.

It reads one JSON command a line and answers each with one line: {"do": "up"}, {"do": "stop", "service": "runner"}.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HOME = "/srv/dlt"
UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001}


def seconds(text: str | None, default: float) -> float:
    """Return the length of a time that Compose writes, as in 1m30s."""
    if not text:
        return default
    return sum(float(number) * UNITS[unit] for number, unit in re.findall(r"([\d.]+)(ms|h|m|s)", text))


def free_port() -> int:
    """Return a port of the loopback interface that nobody uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass
class Container:
    """A service that was started.

    Attributes:
        stopping: It ends because it was told to, so it is not started again.
        codes: Exit codes of all its processes so far.
    """

    process: subprocess.Popen[bytes]
    stopping: bool = False
    codes: list[int] = field(default_factory=list)
    watcher: threading.Thread | None = None


class Engine:
    """Runs the services of one profile.

    Args:
        config: What `docker-compose config --format json` prints.
        profile: The profile that runs.
        folder: Empty folder for volumes and logs.
        paths: Folders with the programs that the images would have.
        namespace: Whether the process has network and mount namespaces of its own.
        uid: The user of the image.
        folders: Folders that the image has, owned by that user.
        readable: Folders that this user must be able to read.
    """

    def __init__(
        self,
        config: dict[str, Any],
        profile: str,
        folder: Path,
        paths: list[str],
        namespace: bool,
        uid: int,
        folders: list[str],
        readable: list[str],
    ) -> None:
        self.folder = folder
        self.paths = paths
        self.namespace = namespace
        self.uid = uid
        self.folders = folders
        self.readable = readable
        self.configs = {name: about.get("content", "") for name, about in config.get("configs", {}).items()}
        found = config["services"].items()
        self.services = {name: s for name, s in found if not s.get("profiles") or profile in s["profiles"]}
        self.containers: dict[str, Container] = {}
        self.ports: dict[tuple[str, str], int] = {}
        if namespace:
            hosts = folder / "hosts"
            hosts.write_text(f"127.0.0.1 localhost {socket.gethostname()} {' '.join(self.services)}\n")
            subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
            subprocess.run(["mount", "--bind", str(hosts), "/etc/hosts"], check=True)

    # -- what Compose does

    def up(self) -> None:
        """Start all services, each one when what it depends on is as it must be; wait until all are healthy.

        Raises:
            RuntimeError: a condition does not come true.
        """
        waiting = dict(self.services)
        while waiting:
            name = next(n for n, s in waiting.items() if not set(s.get("depends_on") or ()) & set(waiting))
            for other, about in (waiting.pop(name).get("depends_on") or {}).items():
                self._require(other, about["condition"])
            self.start(name)
        for name, service in self.services.items():
            if service.get("healthcheck"):
                self._require(name, "service_healthy")

    def start(self, name: str) -> None:
        """Start a service."""
        container = Container(self._popen(name))
        self.containers[name] = container
        container.watcher = threading.Thread(target=self._watch, args=(name, container), daemon=True)
        container.watcher.start()

    def stop(self, name: str) -> dict[str, Any]:
        """Stop a service with its signal; kill it when its grace period is over. Return how it ended."""
        container, service = self.containers[name], self.services[name]
        container.stopping = True
        grace = seconds(service.get("stop_grace_period"), 10)
        killed = False
        if container.process.poll() is None:
            container.process.send_signal(getattr(signal, service.get("stop_signal", "SIGTERM")))
            try:
                container.process.wait(grace)
            except subprocess.TimeoutExpired:
                killed = True
        self._kill_group(container)
        assert container.watcher is not None
        container.watcher.join(30)
        return {"code": container.process.returncode, "killed": killed}

    def down(self) -> dict[str, Any]:
        """Stop all services, those first on which no other depends; return how they ended."""
        found = {}
        for name in reversed(list(self.containers)):
            found[name] = self.stop(name)
        return found

    def kill(self, name: str) -> None:
        """Kill the process of a service, as a crash would."""
        self.containers[name].process.kill()

    def execute(self, name: str, command: list[str], timeout: float = 60) -> dict[str, Any]:
        """Run a command in a running service."""
        line, environment, cwd = self._inside(name, command)
        found = subprocess.run(
            line, env=environment, cwd=cwd, capture_output=True, text=True, timeout=timeout, check=False
        )
        return {"code": found.returncode, "out": found.stdout, "err": found.stderr}

    def state(self) -> dict[str, Any]:
        """Return what runs, and the exit codes of what ran before."""
        return {
            name: {"running": c.process.poll() is None, "codes": list(c.codes), "pid": c.process.pid}
            for name, c in self.containers.items()
        }

    def _watch(self, name: str, container: Container) -> None:
        restart = self.services[name].get("restart", "no")
        while True:
            code = container.process.wait()
            # a container ends with its first process, and takes all others with it
            self._kill_group(container)
            container.codes.append(code)
            again = restart in ("always", "unless-stopped") or (restart.startswith("on-failure") and code != 0)
            if container.stopping or not again:
                return
            time.sleep(0.2)
            if container.stopping:
                return
            container.process = self._popen(name)

    def _require(self, name: str, condition: str) -> None:
        if condition == "service_healthy":
            self._become_healthy(name)
        elif condition == "service_completed_successfully":
            watcher = self.containers[name].watcher
            assert watcher is not None
            watcher.join(600)
            codes = self.containers[name].codes
            if codes[-1:] != [0]:
                raise RuntimeError(f"{name} ended with {codes}, and others need its success\n{self.log(name)}")

    def _become_healthy(self, name: str) -> None:
        check = self.services[name]["healthcheck"]
        interval, timeout = seconds(check.get("interval"), 30), seconds(check.get("timeout"), 30)
        # the time in which Compose would call it unhealthy; we only look more often
        until = time.monotonic() + seconds(check.get("start_period"), 0) + interval * int(check.get("retries", 3)) + 5
        test = check["test"]
        command = test[1:] if test[0] == "CMD" else ["/bin/sh", "-c", test[1]]
        found: dict[str, Any] = {}
        while time.monotonic() < until:
            if self.containers[name].process.poll() is not None and self.services[name].get("restart", "no") == "no":
                break
            try:
                found = self.execute(name, command, timeout)
            except subprocess.TimeoutExpired:
                found = {"code": None, "err": f"longer than {timeout} s"}
            if found["code"] == 0:
                return
            time.sleep(min(interval, 0.5))
        raise RuntimeError(f"{name} did not become healthy: {found}\n{self.log(name)}")

    def log(self, name: str, lines: int = 40) -> str:
        """Return the last lines that a service wrote."""
        path = self.folder / f"{name}.log"
        return "\n".join(path.read_text(errors="replace").splitlines()[-lines:]) if path.exists() else ""

    def _kill_group(self, container: Container) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(container.process.pid, signal.SIGKILL)

    # -- what an engine does

    def _environment(self, name: str) -> dict[str, str]:
        service = self.services[name]
        given = {key: value for key, value in (service.get("environment") or {}).items() if value is not None}
        made = {
            "PATH": os.pathsep.join([*self.paths, "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": HOME,
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONDONTWRITEBYTECODE": "1",
            **given,
        }
        if service["image"].startswith("postgres:"):
            # PGHOST: where the programs of the image look for the server
            made |= {"PGHOST": HOME, "PGDATA": "/var/lib/postgresql/18/docker", "PGSOCKET": HOME, "PGPORT": "5432"}
        return made

    def _mounts(self, name: str) -> list[dict[str, Any]]:
        service = self.services[name]
        found = []
        for entry in service.get("volumes") or []:
            entry = {"type": entry["type"], "source": entry["source"], "target": entry["target"], **entry}
            if entry["type"] == "volume":
                source = self.folder / "volumes" / entry["source"]
                if not source.exists():
                    source.mkdir(parents=True)
                    if self.namespace:
                        os.chown(source, self.uid, self.uid)
                    source.chmod(0o700)
                entry["source"] = str(source)
            found.append(entry)
        found += [{"type": "tmpfs", "target": target} for target in service.get("tmpfs") or []]
        return sorted(found, key=lambda entry: len(entry["target"]))

    def _command(self, name: str) -> list[str]:
        service = self.services[name]
        if service["image"].startswith("postgres:"):
            scripts = []
            for entry in service.get("configs") or []:
                path = self.folder / "configs" / os.path.basename(entry["target"])
                path.parent.mkdir(exist_ok=True)
                path.write_text(self.configs[entry["source"]])
                scripts.append(str(path))
            return [sys.executable, str(HERE / "postgres_image.py"), *scripts]
        return list(service["command"])

    def _popen(self, name: str) -> subprocess.Popen[bytes]:
        command, environment = self._command(name), self._environment(name)
        with open(self.folder / f"{name}.log", "ab") as log:
            if self.namespace:
                plan = {
                    "uid": self.uid,
                    "folders": self.folders,
                    "open": self.readable,
                    "mounts": self._mounts(name),
                    "cwd": self.services[name].get("working_dir", HOME),
                    "command": command,
                    "environment": environment,
                }
                line = ["unshare", "-m", sys.executable, str(HERE / "container.py"), json.dumps(plan)]
                return subprocess.Popen(line, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
            line, environment, cwd = self._outside(name, command, environment, fresh=True)
            return subprocess.Popen(
                line, env=environment, cwd=cwd, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )

    def _inside(self, name: str, command: list[str]) -> tuple[list[str], dict[str, str], str]:
        environment = self._environment(name)
        if not self.namespace:
            return self._outside(name, command, environment)
        cwd = self.services[name].get("working_dir", HOME)
        line = ["nsenter", "-m", "-t", str(self.containers[name].process.pid)]
        line += ["setpriv", f"--reuid={self.uid}", f"--regid={self.uid}", "--clear-groups"]
        return [*line, "env", "-C", cwd, *command], environment, "/"

    # -- without namespaces

    def _outside(
        self, name: str, command: list[str], environment: dict[str, str], fresh: bool = False
    ) -> tuple[list[str], dict[str, str], str]:
        """Return command, environment and folder with the names of the containers' world replaced."""
        root = self.folder / "roots" / name
        if fresh:
            subprocess.run(["rm", "-rf", str(root)], check=True)
            for folder in (HOME, *self.folders):
                (root / folder.strip("/")).mkdir(parents=True, exist_ok=True)
            for entry in self._mounts(name):
                target = root / entry["target"].strip("/")
                if entry["type"] == "tmpfs":
                    target.mkdir(parents=True, exist_ok=True)
                else:
                    target.parent.mkdir(parents=True, exist_ok=True)
                    if target.is_dir():
                        target.rmdir()
                    target.symlink_to(entry["source"])

        def local(text: str) -> str:
            text = re.sub(r"(?<![\w.])/(srv/dlt|var/lib/postgresql)\b", lambda m: f"{root}/{m[1]}", text)
            for service in self.services:
                text = re.sub(rf"\b{service}:(\d+)", lambda m, s=service: f"127.0.0.1:{self._port(s, m[1])}", text)
            return text

        made = {key: value if key == "PATH" else local(value) for key, value in environment.items()}
        for key, value in environment.items():
            # host and port in keys of their own
            if value in self.services and key.endswith("__HOST"):
                made[key] = "127.0.0.1"
                made[key.removesuffix("HOST") + "PORT"] = str(self._port(value, "5432"))
        if self.services[name]["image"].startswith("postgres:"):
            made["PGPORT"] = str(self._port(name, "5432"))
        cwd = local(self.services[name].get("working_dir", HOME))
        if not os.path.isdir(cwd):
            cwd = str(root)
        return [local(part) for part in command], made, cwd

    def _port(self, service: str, port: str) -> int:
        return self.ports.setdefault((service, port), free_port())


def main() -> None:
    """Obey commands until standard input ends, then stop what still runs."""
    engine = Engine(**{**(plan := json.loads(sys.argv[1])), "folder": Path(plan["folder"])})
    try:
        for line in sys.stdin:
            request = json.loads(line)
            try:
                answer = getattr(engine, request.pop("do"))(**request)
            except Exception as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
    finally:
        for container in engine.containers.values():
            container.stopping = True
            engine._kill_group(container)


if __name__ == "__main__":
    main()
