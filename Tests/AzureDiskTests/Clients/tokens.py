"""Signing in: msal and the managed identity, as far as their rules about TLS let them.

ClientSecretCredential takes an https:// authority only. It keeps that: HTTPSOverLoopback is a transport of azure-core's
kind that carries its requests to this machine in plain text, as a proxy that ends TLS would, and says so in
X-Forwarded-Proto. ManagedIdentityCredential takes the metadata service's address from its own environment variable.
"""
import time
from urllib.parse import urlsplit

from azure_client import *
from azure.core.exceptions import ClientAuthenticationError
from azure.core.pipeline.transport import RequestsTransport
from azure.identity import ClientSecretCredential, ManagedIdentityCredential

AUTHORITY = "https://" + urlsplit(ENDPOINT).netloc
TENANT, CLIENT = "11111111-1111-1111-1111-111111111111", "22222222-2222-2222-2222-222222222222"


class HTTPSOverLoopback(RequestsTransport):
    def send(self, request, **kwargs):
        parts = urlsplit(request.url)
        # Who may be trusted as an authority is asked of Microsoft's own host; here the simulator answers.
        assert parts.netloc == urlsplit(ENDPOINT).netloc or parts.path == "/common/discovery/instance", request.url
        request.url = ENDPOINT + parts.path + ("?" + parts.query if parts.query else "")
        request.headers["X-Forwarded-Proto"] = "https"
        return super().send(request, **kwargs)


def by_secret(secret):
    return ClientSecretCredential(TENANT, CLIENT, secret, authority=AUTHORITY, transport=HTTPSOverLoopback())


list(client(by_secret("right")).disks.list())
try:
    by_secret("wrong").get_token("https://management.azure.com/.default")
    raise AssertionError("a wrong secret was taken")
except ClientAuthenticationError as error:
    assert "AADSTS7000215" in str(error), error

os.environ["AZURE_POD_IDENTITY_AUTHORITY_HOST"] = ENDPOINT
list(client(ManagedIdentityCredential()).disks.list())


class Fixed:
    def __init__(self, token):
        self.token = token

    def get_token(self, *scopes, **kwargs):
        return AccessToken(self.token, 1 << 40)


refused(401, "InvalidAuthenticationToken", lambda: list(client(Fixed("made.up.token")).disks.list()))
wrong = by_secret("right").get_token("https://vault.azure.net/.default").token
refused(401, "InvalidAuthenticationTokenAudience", lambda: list(client(Fixed(wrong)).disks.list()))
good = by_secret("right").get_token("https://management.azure.com/.default")
end = time.monotonic() + 30
while time.monotonic() < end:
    try:
        list(client(Fixed(good.token)).disks.list())
    except HttpResponseError as error:
        assert (error.status_code, error.error.code) == (401, "ExpiredAuthenticationToken"), error
        break
else:
    raise AssertionError("the token is taken after its time")
print("done")
