"""The disks of the resource group, as JSON."""
import json

from azure_client import *

print(json.dumps([
    {"name": d.name, "id": d.id, "sizeGB": d.properties.disk_size_gb, "sku": d.sku.name, "tags": d.tags}
    for d in map(checked, client().disks.list_by_resource_group(GROUP))]))
