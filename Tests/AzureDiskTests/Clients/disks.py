"""Disks and snapshots: pollers, pagers, what is refused."""
from azure_client import *

compute = client(retry_total=0)
disks, snapshots = compute.disks, compute.snapshots
Empty = {"creationData": {"createOption": "Empty"}}


def disk(size, sku="StandardSSD_LRS", **properties):
    return {"location": "eastus", "sku": {"name": sku}, "properties": {**Empty, "diskSizeGB": size, **properties}}


# Made, read, found again by the same body.
poller = disks.begin_create_or_update(GROUP, "data-1", {**disk(8), "tags": {"a": "b"}, "zones": ["1"]})
made = checked(poller.result())
assert (made.name, made.properties.disk_size_gb, made.sku.name, made.sku.tier) == ("data-1", 8, "StandardSSD_LRS", "Standard")
assert made.properties.provisioning_state == "Succeeded" and made.properties.disk_state == "Unattached"
assert made.properties.disk_size_bytes == 8 << 30 and made.tags == {"a": "b"} and made.zones == ["1"]
assert made.properties.disk_iops_read_write == 500
read = checked(disks.get(GROUP, "DATA-1"))
assert read.id == made.id and read.properties.unique_id == made.properties.unique_id
again = checked(disks.begin_create_or_update(GROUP, "data-1", {**disk(8), "tags": {"a": "b"}, "zones": ["1"]}).result())
assert again.properties.unique_id == made.properties.unique_id

# Grown and changed; never shrunk.
grown = checked(disks.begin_update(GROUP, "data-1", {"properties": {"diskSizeGB": 16}}).result())
assert grown.properties.disk_size_gb == 16 and grown.tags == {"a": "b"}
refused(409, "OperationNotAllowed", lambda: disks.begin_update(GROUP, "data-1", {"properties": {"diskSizeGB": 8}}))
refused(409, "PropertyChangeNotAllowed", lambda: disks.begin_create_or_update(GROUP, "data-1", {
    "location": "eastus", "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": made.id}}}))
refused(409, "PropertyChangeNotAllowed", lambda: disks.begin_create_or_update(GROUP, "data-1", {**disk(16), "zones": ["2"]}))
refused(409, "InvalidResourceLocation", lambda: disks.begin_create_or_update(GROUP, "data-1", {**disk(16), "location": "westus"}))
changed = checked(disks.begin_update(GROUP, "data-1", {"sku": {"name": "Premium_LRS"}, "tags": {"c": "d"}}).result())
assert (changed.sku.name, changed.tags, changed.properties.tier) == ("Premium_LRS", {"c": "d"}, "P3")

# What is wrong with a request.
for body, code in [
    (disk(0), "InvalidParameter"), (disk(40000), "InvalidParameter"), (disk(8, sku="Gold_LRS"), "InvalidParameter"),
    (disk(8, diskIOPSReadWrite=1000), "InvalidParameter"), (disk(8, burstingEnabled=True), "InvalidParameter"),
    (disk(8, maxShares=9), "InvalidParameter"), (disk(8, nonsense=1), "BadRequest"),
    ({**disk(8), "zones": ["9"]}, "InvalidAvailabilityZone"), ({**disk(8), "location": "nowhere"}, "LocationNotAvailableForResourceType"),
    ({**disk(8, sku="PremiumV2_LRS")}, "InvalidParameter"), ({**disk(8), "tags": {"a/b": "c"}}, "InvalidTagNameCharacters"),
    ({**disk(8), "tags": {str(n): "" for n in range(51)}}, "TooManyTags"),
    ({"location": "eastus", "properties": {"diskSizeGB": 8}}, "InvalidParameter"),
]:
    refused(400, code, lambda: disks.begin_create_or_update(GROUP, "bad", body))
refused(400, "InvalidParameter", lambda: disks.begin_create_or_update(GROUP, "x" * 81, disk(8)))
refused(404, "ResourceGroupNotFound", lambda: disks.begin_create_or_update("nowhere", "bad", disk(8)))
refused(404, "ResourceNotFound", lambda: disks.get(GROUP, "bad"))

# Provisioned performance, and how often it may change.
fast = checked(disks.begin_create_or_update(GROUP, "fast", {**disk(100, sku="PremiumV2_LRS", diskIOPSReadWrite=4000), "zones": ["1"]}).result())
assert (fast.properties.disk_iops_read_write, fast.properties.disk_m_bps_read_write) == (4000, 125)
for iops in [5000, 6000, 7000, 8000]:
    checked(disks.begin_update(GROUP, "fast", {"properties": {"diskIOPSReadWrite": iops}}).result())
refused(409, "OperationNotAllowed", lambda: disks.begin_update(GROUP, "fast", {"properties": {"diskIOPSReadWrite": 9000}}))
refused(400, "InvalidParameter", lambda: disks.begin_update(GROUP, "fast", {"properties": {"diskIOPSReadWrite": 90000}}))
refused(409, "PropertyChangeNotAllowed", lambda: disks.begin_update(GROUP, "fast", {"sku": {"name": "Premium_LRS"}}))

# Snapshots, and disks made from them.
taken = checked(snapshots.begin_create_or_update(GROUP, "snap-1", {
    "location": "eastus", "properties": {"incremental": True, "creationData": {"createOption": "Copy", "sourceResourceId": made.id}}}).result())
assert taken.properties.disk_size_gb == 16 and taken.properties.incremental and taken.properties.completion_percent == 100
assert checked(snapshots.get(GROUP, "snap-1")).id == taken.id
copy = {"location": "eastus", "properties": {"creationData": {"createOption": "Copy", "sourceResourceId": taken.id}}}
restored = checked(disks.begin_create_or_update(GROUP, "restored", copy).result())
assert restored.properties.disk_size_gb == 16 and restored.properties.creation_data.source_resource_id == taken.id
copy["properties"]["diskSizeGB"] = 8
refused(400, "InvalidParameter", lambda: disks.begin_create_or_update(GROUP, "small", copy))
copy["properties"] = {"creationData": {"createOption": "Copy", "sourceResourceId": taken.id + "x"}}
refused(404, "ResourceNotFound", lambda: disks.begin_create_or_update(GROUP, "sourceless", copy))
assert [s.name for s in map(checked, snapshots.list_by_resource_group(GROUP))] == ["snap-1"]
snapshots.begin_delete(GROUP, "snap-1").result()
assert not list(snapshots.list())

# Pages: three to one, here.
for n in range(7):
    disks.begin_create_or_update(GROUP, f"page-{n}", disk(4)).result()
names = [checked(d).name for d in disks.list_by_resource_group(GROUP)]
assert names == sorted(["data-1", "fast", "restored"] + [f"page-{n}" for n in range(7)]), names
assert [d.name for d in disks.list()] == names
pages = [[d.name for d in page] for page in disks.list_by_resource_group(GROUP).by_page()]
assert [len(page) for page in pages] == [3, 3, 3, 1], pages

# Deleted: once, and again.
for name in names:
    disks.begin_delete(GROUP, name).result()
    disks.begin_delete(GROUP, name).result()
assert not list(disks.list())

# What there is.
skus = {(s.resource_type, s.name) for s in map(checked, compute.resource_skus.list(filter="location eq 'eastus'"))}
assert ("disks", "UltraSSD_LRS") in skus and ("virtualMachines", "Standard_D2s_v5") in skus
print("done")
