"""`RESTClient` with a server that speaks TLS, behind a proxy in all likelihood."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.paginators import HeaderLinkPaginator, JSONLinkPaginator
from tests.servers.process import running
from tests.servers.rest import Asked, Reply, RestServer


def _certificate(folder: Path) -> Path:
    """Write a certificate for 127.0.0.1 that signs itself, with its key."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.timezone.utc)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "tests")])
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
    made = made.serial_number(x509.random_serial_number()).add_extension(names, critical=False)
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    signed = made.sign(key, hashes.SHA256())
    path = folder / "server.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def secured(tmp_path: Path) -> Iterator[tuple[RestServer, Path]]:
    """Return a server that speaks TLS, and its certificate."""
    path = _certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    server = RestServer()
    server.over(context)
    with running(server):
        yield server, path


@pytest.mark.parametrize("in_header", [True, False])
def test_links_of_a_server_that_does_not_know_of_its_proxy(secured: tuple[RestServer, Path], in_header: bool) -> None:
    """They say http: the next page is asked for over https all the same, with what opens the server."""
    server, certificate = secured

    def page(asked: Asked) -> Reply:
        number = asked.param("page", 1)
        link = f"http://127.0.0.1:{server.port}/x?page={number + 1}" if number < 3 else None
        headers = {"Link": f'<{link}>; rel="next"'} if in_header and link else {}
        return Reply(document={"items": [{"id": number}], "next": link}, headers=headers)

    server.on("/x", page)
    client = RESTClient(server.url, auth=("me", "geheim"))
    paginator = HeaderLinkPaginator() if in_header else JSONLinkPaginator()
    assert [
        item["id"] for found in client.paginate("/x", paginator=paginator, verify=str(certificate)) for item in found
    ] == [1, 2, 3]
    assert ["authorization" in asked.headers for asked in server.seen] == [True, True, True]
