"""How a client tells an API who it is: credentials that `requests` takes, and whose fields may come from settings."""

from dlt.sources.helpers.rest_client.auth.oauth import OAuth2AuthBase, OAuth2ClientCredentials
from dlt.sources.helpers.rest_client.auth.signed import OAuthJWTAuth
from dlt.sources.helpers.rest_client.auth.simple import APIKeyAuth, AuthConfigBase, BearerTokenAuth, HttpBasicAuth
from dlt.sources.helpers.rest_client.typing import TApiKeyLocation

__all__ = [
    "APIKeyAuth",
    "AuthConfigBase",
    "BearerTokenAuth",
    "HttpBasicAuth",
    "OAuth2AuthBase",
    "OAuth2ClientCredentials",
    "OAuthJWTAuth",
    "TApiKeyLocation",
]
