"""Files on a server with SSH: a real sshd of the test's own, whose one connection all threads share."""

from __future__ import annotations

import getpass
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import dlt
from tests.servers.process import free_port
from tests.waiting import wait_until

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.server,
    pytest.mark.skipif(SSHD is None, reason="there is no sshd here: apt install openssh-server"),
]
CONFIGURATION = """
Port {port}
ListenAddress 127.0.0.1
HostKey {folder}/host
AuthorizedKeysFile {folder}/user.pub
PidFile {folder}/pid
StrictModes no
UsePAM no
PermitRootLogin yes
Subsystem sftp internal-sftp
"""


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, Path]]:
    """Start a server that lets this user in by a key; return its port and its folder."""
    folder, port = tmp_path_factory.mktemp("sshd"), free_port()
    for name in ("host", "user"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "config").write_text(CONFIGURATION.format(port=port, folder=folder))
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    assert SSHD is not None
    process = subprocess.Popen([SSHD, "-D", "-f", folder / "config", "-E", folder / "log"])
    wait_until(lambda: (folder / "pid").exists(), "sshd", seconds=60)
    yield port, folder
    process.terminate()
    process.wait()


@pytest.mark.parametrize("way", ["fields", "arguments", "configuration"])
def test_many_tables_go_to_a_server_with_ssh(
    server: tuple[int, Path], way: str, own_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the fields of the credentials, by those of paramiko, and as they are configured; what is there comes back."""
    port, folder = server
    names = {"username": getpass.getuser(), "key_filename": str(folder / "user")}
    credentials: Any = names
    if way == "fields":
        credentials = {f"sftp_{name}": value for name, value in names.items()}
    elif way == "configuration":
        credentials = None
        for name, value in names.items():
            monkeypatch.setenv(f"DESTINATION__FILESYSTEM__CREDENTIALS__SFTP_{name.upper()}", value)
    target = dlt.destinations.filesystem(f"sftp://127.0.0.1:{port}{own_folder}/lake", credentials=credentials)
    pipeline = dlt.pipeline("ssh", destination=target, dataset_name="data")
    for disposition, rows in (("append", 4), ("append", 8), ("replace", 4)):
        data = [dlt.resource([{"id": n, "items": [{"n": n}]} for n in range(4)], name=f"table_{t}") for t in range(6)]
        pipeline.run(data, write_disposition=disposition)
        dataset = pipeline.dataset()
        assert {len(dataset[f"table_{t}"].fetchall()) for t in range(6)} == {rows}
    again = dlt.pipeline("ssh", destination=target, dataset_name="data", pipelines_dir=str(own_folder / "other"))
    again.sync_destination()
    assert len(again.dataset()["table_5__items"].fetchall()) == 4
