"""google-api-python-client against an endpoint, from the discovery document that it ships; waits with operations.wait.

usage: discovery_client.py ENDPOINT
"""
import sys

import googleapiclient.discovery
import httplib2
from googleapiclient.errors import HttpError

PROJECT, ZONE = "berth-project", "us-central1-b"
compute = googleapiclient.discovery.build(
    "compute", "v1", http=httplib2.Http(), static_discovery=True,
    client_options={"api_endpoint": sys.argv[1] + "/compute/v1/"})


def wait(operation):
    while operation["status"] != "DONE":
        operation = compute.zoneOperations().wait(
            project=PROJECT, zone=ZONE, operation=operation["name"]).execute()
    assert "error" not in operation, operation
    return operation


for name in ["api-1", "api-2", "api-3"]:
    wait(compute.disks().insert(project=PROJECT, zone=ZONE, body={"name": name, "sizeGb": "10"}).execute())
names, request = [], compute.disks().list(project=PROJECT, zone=ZONE, maxResults=2)
while request is not None:
    page = request.execute()
    names += [d["name"] for d in page["items"]]
    request = compute.disks().list_next(request, page)
assert names == ["api-1", "api-2", "api-3"], names
found, request = [], compute.disks().aggregatedList(project=PROJECT, maxResults=2, filter='name != "api-2"')
while request is not None:
    page = request.execute()
    found += [d["name"] for scope in page["items"].values() for d in scope.get("disks", [])]
    request = compute.disks().aggregatedList_next(request, page)
assert found == ["api-1", "api-3"], found
try:
    compute.disks().insert(project=PROJECT, zone=ZONE, body={"name": "api-1", "sizeGb": "10"}).execute()
    raise AssertionError("a conflict was expected")
except HttpError as error:
    assert (error.status_code, error.error_details[0]["reason"]) == (409, "alreadyExists"), error
for name in names:
    wait(compute.disks().delete(project=PROJECT, zone=ZONE, disk=name).execute())
assert not compute.disks().list(project=PROJECT, zone=ZONE).execute().get("items")
print("ok")
