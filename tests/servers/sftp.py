"""OpenSSH's own server on a free loopback port, for the user who runs the tests, who signs in with a key."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from itertools import count
from pathlib import Path

from tests.servers.process import ServerProcess, free_port

_folders = count(1)


def program() -> str | None:
    """Return the path of the server's program, None if it is not installed."""
    return shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin:/usr/local/sbin")


def lacks() -> str | None:
    """Return what has to be done before the server runs here, None if nothing."""
    if program() is None or shutil.which("ssh-keygen") is None:
        return "there is no OpenSSH server here: apt-get install openssh-server"
    return None


class SftpServer:
    """One server of files, with a key of its own."""

    def __init__(self) -> None:
        self._process = ServerProcess("sftp")
        self.folder = self._process.folder
        self.port = free_port()
        self.user = pwd.getpwuid(os.geteuid()).pw_name
        self.key = self.folder / "user_key"
        self.passphrase = "of the key"

    def start(self) -> SftpServer:
        """Start the server and wait until it answers."""
        host = self.folder / "host_key"
        for path, words in ((host, ""), (self.key, self.passphrase)):
            command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", words, "-f", str(path)]
            subprocess.run(command, check=True, capture_output=True)
        keys = self.folder / "authorized_keys"
        keys.write_text(Path(f"{self.key}.pub").read_text())
        if os.geteuid() == 0:
            # the server refuses to start without it as root, and needs it for nobody else
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        config = self.folder / "config"
        lines = [
            f"Port {self.port}",
            "ListenAddress 127.0.0.1",
            f"HostKey {host}",
            f"AuthorizedKeysFile {keys}",
            f"PidFile {self.folder}/pid",
            "PermitRootLogin yes",
            "PasswordAuthentication no",
            "StrictModes no",
            "UsePAM no",
            "Subsystem sftp internal-sftp",
        ]
        config.write_text("\n".join(lines) + "\n")
        command = [str(program()), "-D", "-e", "-f", str(config)]
        self._process.start(command, self._answers, {"PATH": os.environ["PATH"]})
        return self

    def _answers(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=20) as connection:
                return connection.recv(4) == b"SSH-"
        except OSError:
            return False

    def stop(self) -> None:
        """End the server."""
        self._process.stop()

    def new_folder(self) -> str:
        """Make an empty folder; return its URL."""
        path = self.folder / f"files-{next(_folders)}"
        path.mkdir()
        return f"sftp://127.0.0.1:{self.port}{path}"

    def credentials(self) -> dict[str, object]:
        """Return what a source needs to come here."""
        return {
            "sftp_username": self.user,
            "sftp_key_filename": str(self.key),
            "sftp_key_passphrase": self.passphrase,
            "sftp_allow_agent": False,
            "sftp_look_for_keys": False,
        }
