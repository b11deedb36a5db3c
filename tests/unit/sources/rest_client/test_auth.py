"""Credentials of clients against a real server: where they go, when tokens are asked for again, and what errors say."""

from __future__ import annotations

import copy
import threading
from base64 import b64decode, b64encode, urlsafe_b64decode
from typing import Any

import orjson
import pytest
from requests import PreparedRequest
from requests.auth import AuthBase

import dlt
from dlt.configuration.spec import configspec
from dlt.sources.helpers import requests
from dlt.sources.helpers.rest_client import RESTClient
from dlt.sources.helpers.rest_client.auth import (
    APIKeyAuth,
    AuthConfigBase,
    BearerTokenAuth,
    HttpBasicAuth,
    OAuth2AuthBase,
    OAuth2ClientCredentials,
    OAuthJWTAuth,
)
from tests.servers.rest import Asked, Reply, RestServer


def sent(rest: RestServer, auth: Any, **kwargs: Any) -> Asked:
    """Return what arrives with credentials."""
    rest.on("/x", [])
    RESTClient(rest.url, auth=auth).get("/x", **kwargs)
    return rest.seen[-1]


def test_where_credentials_go(rest: RestServer) -> None:
    """A token, a name with a password, and a key in three places."""
    assert sent(rest, BearerTokenAuth("t0ken")).headers["authorization"] == "Bearer t0ken"
    assert (
        b64decode(sent(rest, HttpBasicAuth("Ädä", "pä:ss")).headers["authorization"].split()[1]).decode() == "Ädä:pä:ss"
    )
    assert sent(rest, HttpBasicAuth("key", "")).headers["authorization"] == "Basic " + b64encode(b"key:").decode()
    assert sent(rest, APIKeyAuth("X-Key", "k")).headers["x-key"] == "k"
    assert sent(rest, APIKeyAuth("key", "k/1", "query"), params={"a": "b c"}).query == "a=b+c&key=k%2F1"
    assert sent(rest, APIKeyAuth("key", "k", "param"), params={"key": "old", "z": "%"}).params == {
        "key": ["k"],
        "z": ["%"],
    }
    assert (
        sent(rest, APIKeyAuth("sid", "k", "cookie"), headers={"Cookie": "a=1; sid=0"}).headers["cookie"] == "a=1; sid=k"
    )
    assert sent(rest, OAuth2AuthBase("t0ken")).headers["authorization"] == "Bearer t0ken"


def test_a_key_in_the_url_stands_there_once(rest: RestServer) -> None:
    """Also where the server puts it into the link to the next page."""
    rest.on("/x", lambda asked: {"items": [1], "next": f"/x?{asked.query}&p=2" if "p" not in asked.params else None})
    assert list(RESTClient(rest.url, auth=APIKeyAuth("key", "k", "query")).paginate("/x")) == [[1], [1]]
    assert [asked.params["key"] for asked in rest.seen] == [["k"], ["k"]]


def test_credentials_of_programs(rest: RestServer) -> None:
    """Classes of their own need neither a constructor of ours nor fields."""

    class Plain(AuthConfigBase):
        def __init__(self, token: str) -> None:
            self.token = token

        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            request.headers["Authorization"] = f"Custom {self.token}"
            return request

    class OfRequests(AuthBase):
        def __call__(self, request: PreparedRequest) -> PreparedRequest:
            request.headers["Authorization"] = "Custom 1"
            return request

    for auth in (Plain("1"), configspec(Plain)("1"), OfRequests()):
        assert sent(rest, auth).headers["authorization"] == "Custom 1"


@pytest.mark.parametrize(
    ("kind", "value", "fields"),
    [
        (BearerTokenAuth, "t", {"token": "t"}),
        (APIKeyAuth, "k", {"name": "Authorization", "api_key": "k", "location": "header"}),
        (HttpBasicAuth, "u:p:q", {"username": "u", "password": "p:q"}),
        (HttpBasicAuth, ["u", "p"], {"username": "u", "password": "p"}),
        (OAuth2AuthBase, "t", {"access_token": "t"}),
    ],
)
def test_credentials_have_a_form_in_one_piece(kind: Any, value: Any, fields: dict[str, str]) -> None:
    """As a vault or a variable holds them."""
    auth = kind()
    auth.parse_native_representation(value)
    assert dict(auth) == fields


@pytest.mark.parametrize("value", ["geheim", ["geheim"], [1, "geheim"], 7])
def test_a_wrong_form_is_refused_without_showing_it(value: Any) -> None:
    """A name without a password is none."""
    with pytest.raises(ValueError, match="HttpBasicAuth") as caught:
        HttpBasicAuth().parse_native_representation(value)
    assert "geheim" not in str(caught.value)


def test_credentials_come_from_the_configuration(monkeypatch: pytest.MonkeyPatch) -> None:
    """As parameters of sources, whose fields are secrets."""
    monkeypatch.setenv("MYAUTH__CLIENT_ID", "id-1")
    monkeypatch.setenv("MYAUTH__CLIENT_SECRET", "geheim-1")
    monkeypatch.setenv("MYAUTH__ACCESS_TOKEN_URL", "https://auth.example")

    @dlt.resource
    def rows(myauth: OAuth2ClientCredentials = dlt.secrets.value) -> Any:
        yield {"id": myauth.client_id, "url": myauth.access_token_url, "data": myauth.access_token_request_data}
        assert "geheim" not in repr(myauth)

    assert list(rows()) == [{"id": "id-1", "url": "https://auth.example", "data": {}}]


@pytest.mark.parametrize(
    ("auth", "message"),
    [
        (BearerTokenAuth(), "token has no value"),
        (BearerTokenAuth("geheim\n"), "token has a line break"),
        (HttpBasicAuth("u"), "password has no value"),
        (APIKeyAuth(), "api_key has no value"),
        (OAuth2ClientCredentials(client_id="i", client_secret="s"), "URL at which tokens are asked for has no value"),
        (OAuth2ClientCredentials(access_token_url="http://127.0.0.1:9"), "client_id has no value"),
        (OAuthJWTAuth(client_id="c", auth_endpoint="http://127.0.0.1:9"), "private_key has no value"),
        (OAuthJWTAuth(client_id="c", auth_endpoint="http://127.0.0.1:9", private_key="geheim"), "cannot be read"),
    ],
)
def test_nothing_is_sent_with_half_of_the_credentials(rest: RestServer, auth: Any, message: str) -> None:
    """The error says what is missing, and shows nothing of what is there."""
    with pytest.raises(ValueError, match=message) as caught:
        RESTClient(rest.url, auth=auth).get("/x")
    assert "geheim" not in str(caught.value) and not rest.seen


def test_a_place_that_is_none_is_refused() -> None:
    """When the credentials are made."""
    with pytest.raises(ValueError, match="'header', 'cookie', 'query', 'param'"):
        APIKeyAuth(location="body")  # type: ignore[arg-type]


@pytest.mark.parametrize("auth", [BearerTokenAuth("geheim-token"), APIKeyAuth("api_key", "geheim-token", "query")])
def test_refused_credentials_are_told_without_them(
    rest: RestServer, auth: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What failed, where, and what to check; also where the server says them back."""
    monkeypatch.setenv("RUNTIME__HTTP_SHOW_ERROR_BODY", "true")
    rest.on("/x", Reply(401, {"error": "geheim-token is expired", "code": 17}))
    with pytest.raises(requests.HTTPError, match=r"401 Client Error.*\n.*have expired.*\n.*\"code\": 17") as caught:
        list(RESTClient(rest.url, auth=auth).paginate("/x"))
    assert "geheim" not in str(caught.value) + repr(caught.value)
    assert caught.value.response.status_code == 401


# -- tokens that are asked for


class _Tokens:
    """A server of tokens, and an API that takes the last one."""

    def __init__(self, rest: RestServer, expires_in: Any = 3600) -> None:
        self.given, self.refused, self.expires_in = 0, set[str](), expires_in
        self._lock = threading.Lock()
        rest.on("/token", self.token)
        rest.on("/api", self.api)

    def token(self, asked: Asked) -> Reply:
        form = asked.form
        if form["client_secret"] != ["s3cret"]:
            return Reply(401, {"error": "invalid_client", "error_description": "s3cret-wrong is wrong"})
        with self._lock:
            self.given += 1
            found = {"access_token": f"token-{self.given}", "token_type": "Bearer", "expires_in": self.expires_in}
        return Reply(document={name: value for name, value in found.items() if value is not None})

    def api(self, asked: Asked) -> Reply:
        token = asked.headers.get("authorization", "").removeprefix("Bearer ")
        good = token == f"token-{self.given}" and token not in self.refused
        return Reply(document=[{"token": token, "body": asked.body.decode()}]) if good else Reply(401, {"error": "no"})


def oauth(rest: RestServer, **changes: Any) -> OAuth2ClientCredentials:
    """Return credentials for the server."""
    given = {"access_token_url": f"{rest.url}/token", "client_id": "me", "client_secret": "s3cret", **changes}
    return OAuth2ClientCredentials(**given)


def test_a_token_is_asked_for_once(rest: RestServer) -> None:
    """And sent with each request until it is about to expire."""
    tokens = _Tokens(rest)
    auth = oauth(rest, access_token_request_data={"scope": "read"})
    client = RESTClient(rest.url, auth=auth)
    assert [client.get("/api").status_code for _ in range(3)] == [200] * 3
    assert tokens.given == 1 and not auth.is_token_expired()
    assert rest.seen[0].form == {
        "client_id": ["me"], "client_secret": ["s3cret"], "grant_type": ["client_credentials"], "scope": ["read"],
    }  # fmt: skip


@pytest.mark.parametrize("expires_in", [0, "0", 1])
def test_a_token_is_asked_for_again_before_it_expires(rest: RestServer, expires_in: Any) -> None:
    """Not only afterwards, when it would be refused."""
    tokens = _Tokens(rest, expires_in)
    auth = oauth(rest)
    client = RESTClient(rest.url, auth=auth)
    client.get("/api")
    assert auth.token_expiry is not None
    auth.token_expiry = auth.token_expiry.subtract(seconds=float(expires_in) * 0.99)
    assert client.get("/api").status_code == 200 and tokens.given == 2
    assert [asked.path for asked in rest.seen] == ["/token", "/api"] * 2


def test_a_server_that_does_not_tell_how_long_a_token_lives(rest: RestServer) -> None:
    """The default counts."""
    _Tokens(rest, None)
    auth = oauth(rest, default_token_expiration=100)
    RESTClient(rest.url, auth=auth).get("/api")
    assert auth.token_expiry is not None and not auth.is_token_expired()
    auth.token_expiry = auth.token_expiry.subtract(seconds=95)
    assert auth.is_token_expired()


def test_a_refused_token_is_asked_for_again_once(rest: RestServer) -> None:
    """In the middle of a walk too, with the same body; and where the new one is refused, the error is raised."""
    tokens = _Tokens(rest)
    client = RESTClient(rest.url, auth=oauth(rest, access_token="given"))
    ((row,),) = client.paginate("/api", method="POST", json={"q": 1})
    assert row == {"token": "token-1", "body": '{"q": 1}'} and rest.seen[0].headers["authorization"] == "Bearer given"
    tokens.refused.add("token-1")
    assert client.get("/api").json()[0]["token"] == "token-2"
    tokens.refused |= {"token-2", "token-3"}
    with pytest.raises(requests.HTTPError, match="401"):
        list(client.paginate("/api"))
    assert tokens.given == 3


def test_threads_ask_for_one_token(rest: RestServer) -> None:
    """However many find it refused at the same time."""
    tokens = _Tokens(rest)
    client = RESTClient(rest.url, auth=oauth(rest))
    barrier, found = threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        found.append(client.get("/api").status_code)

    for expected in (1, 2):
        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert tokens.given == expected
        tokens.refused.add(f"token-{expected}")
    assert found == [200] * 16


def test_a_refused_secret_is_told_without_it(rest: RestServer) -> None:
    """With what OAuth says of it in its own words."""
    _Tokens(rest)
    client = RESTClient(rest.url, auth=oauth(rest, client_secret="s3cret-wrong"))
    with pytest.raises(
        requests.HTTPError, match=r"401 Client Error.*given no token. It says 'invalid_client'"
    ) as caught:
        client.get("/api")
    assert "s3cret" not in str(caught.value) and [asked.path for asked in rest.seen] == ["/token"]


def test_an_answer_without_a_token_is_an_error(rest: RestServer) -> None:
    """It says what was there instead, and shows no value."""
    rest.on("/token", {"accessToken": "geheim"})
    with pytest.raises(ValueError, match=r"no access_token but \['accessToken'\]") as caught:
        RESTClient(rest.url, auth=oauth(rest)).get("/api")
    assert "geheim" not in str(caught.value)


def test_a_page_in_place_of_a_token(rest: RestServer) -> None:
    """Some servers answer with a form for people."""
    rest.on("/token", Reply(body=b"<html>sign in</html>", headers={"Content-Type": "text/html"}))
    with pytest.raises(ValueError, match=r"/token answered 200 with text/html, which is no JSON object"):
        RESTClient(rest.url, auth=oauth(rest)).get("/api")


@pytest.mark.parametrize("expires_in", ["soon", [], {}])
def test_a_lifetime_that_is_no_number(rest: RestServer, expires_in: Any) -> None:
    """The default counts, and a refusal ends the token before."""
    tokens = _Tokens(rest, expires_in)
    auth = oauth(rest)
    assert RESTClient(rest.url, auth=auth).get("/api").status_code == 200
    assert tokens.given == 1 and not auth.is_token_expired()


def test_flavours_of_programs(rest: RestServer) -> None:
    """Other requests for a token, and other answers."""

    class Zoom(OAuth2ClientCredentials):
        def build_access_token_request(self) -> dict[str, Any]:
            login = b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()
            return {"headers": {"Authorization": f"Basic {login}"}, "data": self.access_token_request_data}

        def parse_access_token(self, response_json: Any) -> str:
            return str(response_json["result"]["token"])

        def parse_expiration_in_seconds(self, response_json: Any) -> int:
            return int(response_json["result"]["minutes"]) * 60

    def token(asked: Asked) -> Reply:
        good = asked.headers["authorization"] == "Basic bWU6czNjcmV0" and asked.form == {"grant_type": ["own"]}
        return Reply(document={"result": {"token": "token-0", "minutes": 10}}) if good else Reply(400, {})

    _Tokens(rest)
    rest.on("/token", token)
    for kind in (Zoom, configspec(Zoom)):
        auth = kind(
            access_token_url=f"{rest.url}/token", client_id="me", client_secret="s3cret",
            access_token_request_data={"grant_type": "own"},
        )  # fmt: skip
        assert RESTClient(rest.url, auth=auth).get("/api").json()[0]["token"] == "token-0"


def test_credentials_are_copied(rest: RestServer) -> None:
    """As configurations of sources do, also after they were used."""
    _Tokens(rest)
    auth = oauth(rest)
    RESTClient(rest.url, auth=auth).get("/api")
    for copied in (copy.copy(auth), copy.deepcopy(auth), auth.copy()):
        assert RESTClient(rest.url, auth=copied).get("/api").status_code == 200


def test_a_token_stays_with_its_host(rest: RestServer) -> None:
    """A redirect to another host leaves it behind, and a 401 of that host asks for no other one."""
    tokens = _Tokens(rest)
    rest.on("/away", Reply(302, headers={"Location": f"{rest.other_url}/api"}))
    assert RESTClient(rest.url, auth=oauth(rest)).get("/away").status_code == 401
    assert tokens.given == 1 and "authorization" not in rest.seen[-1].headers


# -- signed documents


@pytest.fixture(scope="module")
def key() -> Any:
    """Return a private key."""
    rsa = pytest.importorskip("cryptography.hazmat.primitives.asymmetric.rsa")
    return rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize("passphrase", [None, "offen"])
@pytest.mark.parametrize("lines", ["as they are", "escaped"])
def test_a_signed_document_is_exchanged(rest: RestServer, key: Any, passphrase: str | None, lines: str) -> None:
    """Its signature is that of the key, and it says who asks where and what for."""
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.serialization import (
        BestAvailableEncryption,
        Encoding,
        NoEncryption,
        PrivateFormat,
    )

    encryption = BestAvailableEncryption(passphrase.encode()) if passphrase else NoEncryption()
    text = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption).decode()
    given: list[dict[str, Any]] = []

    def token(asked: Asked) -> Reply:
        form = asked.form
        signed, _, signature = form["assertion"][0].rpartition(".")
        key.public_key().verify(_decoded(signature), signed.encode(), PKCS1v15(), SHA256())
        given.append({"type": form["grant_type"], **orjson.loads(_decoded(signed.split(".")[1]))})
        return Reply(document={"access_token": f"jwt-{len(given)}", "expires_in": 3600})

    rest.on("/token", token)
    rest.on("/x", lambda asked: Reply(200 if asked.headers["authorization"] == f"Bearer jwt-{len(given)}" else 401, []))
    auth = OAuthJWTAuth(
        client_id="me", private_key=text if lines == "as they are" else text.replace("\n", "\\n"),
        auth_endpoint=f"{rest.url}/token", scopes=["a", "b"], private_key_passphrase=passphrase,
        headers={"Content-Type": "application/json", "X-Own": "1"},
    )  # fmt: skip
    client = RESTClient(rest.url, auth=auth)
    assert [client.get("/x").status_code for _ in range(2)] == [200] * 2
    (said,) = given
    assert said["type"] == ["urn:ietf:params:oauth:grant-type:jwt-bearer"] and said["scope"] == "a b"
    assert (said["iss"], said["aud"]) == ("me", f"{rest.url}/token") and said["exp"] > said["iat"]
    assert rest.seen[0].headers["x-own"] == "1"
    # refused in the middle
    auth.token = "old"
    assert client.get("/x").status_code == 200 and len(given) == 2


def _decoded(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))
