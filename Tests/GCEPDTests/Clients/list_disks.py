"""All disks of the project, as google-cloud-compute sees them, as JSON.

usage: list_disks.py ENDPOINT
"""
import json
import sys

from google.api_core.client_options import ClientOptions
from google.auth import credentials as auth
from google.cloud import compute_v1

client = compute_v1.DisksClient(
    credentials=auth.AnonymousCredentials(), client_options=ClientOptions(api_endpoint=sys.argv[1]))
print(json.dumps([
    {
        "name": disk.name, "sizeGb": disk.size_gb, "type": disk.type_.split("/")[-1], "zone": disk.zone.split("/")[-1],
        "status": disk.status, "labels": dict(disk.labels), "description": json.loads(disk.description),
    }
    for _, scope in client.aggregated_list(project="berth-project") for disk in scope.disks
]))
