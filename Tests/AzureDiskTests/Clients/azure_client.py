"""Microsoft's own clients, aimed at the simulator: what every script here begins with.

azure-core refuses to send a bearer token over http. Its documented option enforce_https=False lifts that for one
request; LoopbackPolicy sets it for every request, and only for this machine. Nothing else of the clients is changed.
"""

import os
import sys
from datetime import datetime

from azure.core.credentials import AccessToken
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.core.pipeline.policies import SansIOHTTPPolicy
from azure.mgmt.compute import ComputeManagementClient, models
from azure.mgmt.compute._utils.model_base import Model

ENDPOINT = os.environ["SIMULATOR"]
SUBSCRIPTION = "00000000-0000-0000-0000-000000000001"
GROUP = "berth"


class LoopbackPolicy(SansIOHTTPPolicy):
    def on_request(self, request):
        assert request.http_request.url.startswith("http://127.0.0.1:")
        request.context.options["enforce_https"] = False


class AnyToken:
    def get_token(self, *scopes, **kwargs):
        return AccessToken("any", 1 << 40)


def unknown_fields(value, path):
    """Names in an answer that its model type does not have."""
    found = []
    if isinstance(value, Model):
        known = {field._rest_name: name for name, field in value._attr_to_rest_field.items()}
        for key in value.keys():
            if key not in known:
                found.append(f"{path}.{key}")
            else:
                found += unknown_fields(getattr(value, known[key]), f"{path}.{key}")
    elif isinstance(value, list):
        for position, element in enumerate(value):
            found += unknown_fields(element, f"{path}[{position}]")
    elif isinstance(value, dict) and not path.endswith(".tags"):
        found.append(f"{path}: an object where the model has none")
    return found


def missing_types(value, path):
    """Values that the model type would hold as something else, such as a time that could not be read as one."""
    found = []
    if isinstance(value, Model):
        for name, field in value._attr_to_rest_field.items():
            inner = getattr(value, name)
            if field._format == "rfc3339" and inner is not None and not isinstance(inner, datetime):
                found.append(f"{path}.{name}: no time")
            found += missing_types(inner, f"{path}.{name}")
    elif isinstance(value, list):
        for position, element in enumerate(value):
            found += missing_types(element, f"{path}[{position}]")
    return found


def checked(value):
    """The answer, if its model type knows all of it."""
    name = type(value).__name__
    problems = unknown_fields(value, name) + missing_types(value, name)
    assert not problems, problems
    return value


def refused(status, code, call):
    """Expects an error answer."""
    try:
        result = call()
        if hasattr(result, "result"):
            result.result()
    except HttpResponseError as error:
        found = (error.status_code, error.error.code if error.error else None)
        assert found == (status, code), f"expected {(status, code)}, found {found}: {error}"
        assert error.error.message
        return error
    raise AssertionError(f"expected {status} {code}, and there was no error")


def client(credential=None, subscription=SUBSCRIPTION, **options):
    return ComputeManagementClient(
        credential or AnyToken(), subscription, base_url=ENDPOINT, credential_scopes=["https://management.azure.com/.default"],
        per_call_policies=[LoopbackPolicy()], polling_interval=1, **options)
