"""Google's own client, google-cloud-compute, against an endpoint: its pollers, pagers and errors.

usage: google_cloud_compute.py ENDPOINT [SERVICE-ACCOUNT-FILE]
"""
import sys

from google.api_core import exceptions
from google.api_core.client_options import ClientOptions
from google.auth import credentials as auth
from google.cloud import compute_v1

endpoint = sys.argv[1]
PROJECT, ZONE, REGION = "berth-project", "us-central1-a", "us-central1"


def bare_client(kind):
    options = ClientOptions(api_endpoint=endpoint)
    if len(sys.argv) > 2:
        return kind.from_service_account_file(sys.argv[2], client_options=options)
    return kind(credentials=auth.AnonymousCredentials(), client_options=options)


def client(kind):
    """The clients that poll operations are made by the library itself, without the endpoint: it is given to them here."""
    made = bare_client(kind)
    pollers = getattr(made.transport, "_extended_operations_services", None)
    if pollers is not None:
        pollers["zone_operations"] = bare_client(compute_v1.ZoneOperationsClient)
        pollers["region_operations"] = bare_client(compute_v1.RegionOperationsClient)
        pollers["global_operations"] = bare_client(compute_v1.GlobalOperationsClient)
    return made


def disk(name, **fields):
    return compute_v1.Disk(name=name, **fields)


def expect(kind, call):
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected")


disks = client(compute_v1.DisksClient)
zone_type = f"projects/{PROJECT}/zones/{ZONE}/diskTypes/"
operation = disks.insert(
    project=PROJECT, zone=ZONE,
    disk_resource=disk("py-1", size_gb=10, type_=zone_type + "pd-ssd", labels={"team": "storage"}, description="one"))
operation.result(timeout=30)
assert operation.done() and not operation.error_code
made = disks.get(project=PROJECT, zone=ZONE, disk="py-1")
assert (made.size_gb, made.status, made.labels["team"]) == (10, "READY", "storage"), made
assert made.type_.endswith("/zones/us-central1-a/diskTypes/pd-ssd") and endpoint in made.self_link

# What the simulator is stricter in than others.
expect(exceptions.Conflict, lambda: disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk("py-1", size_gb=10)))
expect(exceptions.BadRequest, lambda: disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk("py-2", size_gb=0)))
expect(exceptions.BadRequest, lambda: disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk("Py_2", size_gb=10)))
expect(exceptions.NotFound, lambda: disks.insert(
    project=PROJECT, zone=ZONE, disk_resource=disk("py-2", size_gb=10, type_=zone_type + "no-such-type")))
expect(exceptions.NotFound, lambda: disks.get(project=PROJECT, zone=ZONE, disk="py-9"))
expect(exceptions.BadRequest, lambda: disks.resize(
    project=PROJECT, zone=ZONE, disk="py-1",
    disks_resize_request_resource=compute_v1.DisksResizeRequest(size_gb=5)))

# A requestId makes of two requests one; of zeros it is none.
request_id = "6f1f63d4-3f5b-4d55-8a2c-5f0f3c1b7a10"
insert = compute_v1.InsertDiskRequest(
    project=PROJECT, zone=ZONE, request_id=request_id, disk_resource=disk("py-2", size_gb=20))
first, second = disks.insert(insert), disks.insert(insert)
assert first.name == second.name
first.result(timeout=30)
expect(exceptions.BadRequest, lambda: disks.insert(compute_v1.InsertDiskRequest(
    project=PROJECT, zone=ZONE, request_id="00000000-0000-0000-0000-000000000000", disk_resource=disk("py-3", size_gb=1))))

# Growing, labels with their fingerprint, pages and filters.
disks.resize(
    project=PROJECT, zone=ZONE, disk="py-1",
    disks_resize_request_resource=compute_v1.DisksResizeRequest(size_gb=12)).result(timeout=30)
made = disks.get(project=PROJECT, zone=ZONE, disk="py-1")
assert made.size_gb == 12
labels = compute_v1.ZoneSetLabelsRequest(labels={"team": "other"}, label_fingerprint=made.label_fingerprint)
disks.set_labels(project=PROJECT, zone=ZONE, resource="py-1", zone_set_labels_request_resource=labels).result(timeout=30)
expect(exceptions.PreconditionFailed, lambda: disks.set_labels(
    project=PROJECT, zone=ZONE, resource="py-1", zone_set_labels_request_resource=labels))
names = [d.name for d in disks.list(compute_v1.ListDisksRequest(project=PROJECT, zone=ZONE, max_results=1))]
assert names == ["py-1", "py-2"], names
names = [d.name for d in disks.list(compute_v1.ListDisksRequest(
    project=PROJECT, zone=ZONE, filter='labels.team = "other" AND sizeGb > 11'))]
assert names == ["py-1"], names
names = [d.name for d in disks.list(compute_v1.ListDisksRequest(
    project=PROJECT, zone=ZONE, order_by="creationTimestamp desc"))]
assert names == ["py-2", "py-1"], names
expect(exceptions.BadRequest, lambda: list(disks.list(compute_v1.ListDisksRequest(
    project=PROJECT, zone=ZONE, filter="((name"))))
found = {scope: [d.name for d in page.disks] for scope, page in disks.aggregated_list(
    compute_v1.AggregatedListDisksRequest(project=PROJECT, max_results=1)) if page.disks}
assert found == {"zones/us-central1-a": ["py-2"]}, found  # the last page's; the pager gives each scope on each page

# Performance of a Hyperdisk, within its limits.
disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk(
    "py-hyper", size_gb=100, type_=zone_type + "hyperdisk-balanced", provisioned_iops=4000)).result(timeout=30)
update = compute_v1.UpdateDiskRequest(
    project=PROJECT, zone=ZONE, disk="py-hyper", paths="provisionedIops",
    disk_resource=disk("py-hyper", provisioned_iops=5000))
disks.update(update).result(timeout=30)
assert disks.get(project=PROJECT, zone=ZONE, disk="py-hyper").provisioned_iops == 5000
again = compute_v1.UpdateDiskRequest(
    project=PROJECT, zone=ZONE, disk="py-hyper", paths="provisionedIops",
    disk_resource=disk("py-hyper", provisioned_iops=6000))
expect(exceptions.GoogleAPICallError, lambda: disks.update(again).result(timeout=30))  # hours must lie between
expect(exceptions.BadRequest, lambda: disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk(
    "py-3", size_gb=100, type_=zone_type + "hyperdisk-balanced", provisioned_iops=10_000_000)))

# Regional disks.
regional = client(compute_v1.RegionDisksClient)
replicas = [f"projects/{PROJECT}/zones/us-central1-{z}" for z in "ab"]
region_type = f"projects/{PROJECT}/regions/{REGION}/diskTypes/"
expect(exceptions.BadRequest, lambda: regional.insert(project=PROJECT, region=REGION, disk_resource=disk(
    "py-regional", size_gb=10, type_=region_type + "pd-standard", replica_zones=replicas)))
regional.insert(project=PROJECT, region=REGION, disk_resource=disk(
    "py-regional", size_gb=10, type_=region_type + "pd-ssd", replica_zones=replicas)).result(timeout=30)
assert len(regional.get(project=PROJECT, region=REGION, disk="py-regional").replica_zones) == 2
regional.delete(project=PROJECT, region=REGION, disk="py-regional").result(timeout=30)

# Attaching: one writer.
instances = client(compute_v1.InstancesClient)


def attach(instance, zone=ZONE, mode="READ_WRITE"):
    return instances.attach_disk(
        project=PROJECT, zone=zone, instance=instance, attached_disk_resource=compute_v1.AttachedDisk(
            source=f"projects/{PROJECT}/zones/{ZONE}/disks/py-1", device_name="data", mode=mode))


attach("node-a").result(timeout=30)
assert disks.get(project=PROJECT, zone=ZONE, disk="py-1").users[0].endswith("/instances/node-a")
assert [d.device_name for d in instances.get(project=PROJECT, zone=ZONE, instance="node-a").disks] == ["data"]
expect(exceptions.BadRequest, lambda: attach("node-a"))
expect(exceptions.BadRequest, lambda: attach("node-b", zone="us-central1-b"))
expect(exceptions.BadRequest, lambda: disks.delete(project=PROJECT, zone=ZONE, disk="py-1"))

# Snapshots: of a disk in use, restored to at least its size.
snapshots = client(compute_v1.SnapshotsClient)
snapshots.insert(project=PROJECT, snapshot_resource=compute_v1.Snapshot(
    name="py-snapshot", source_disk=f"projects/{PROJECT}/zones/{ZONE}/disks/py-1")).result(timeout=30)
while snapshots.get(project=PROJECT, snapshot="py-snapshot").status != "READY":
    pass
source = f"projects/{PROJECT}/global/snapshots/py-snapshot"
expect(exceptions.BadRequest, lambda: disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk(
    "py-restored", size_gb=11, source_snapshot=source)))
disks.insert(project=PROJECT, zone=ZONE, disk_resource=disk("py-restored", source_snapshot=source)).result(timeout=30)
assert disks.get(project=PROJECT, zone=ZONE, disk="py-restored").size_gb == 12
instances.detach_disk(project=PROJECT, zone=ZONE, instance="node-a", device_name="data").result(timeout=30)
assert not disks.get(project=PROJECT, zone=ZONE, disk="py-1").users

snapshots.delete(project=PROJECT, snapshot="py-snapshot").result(timeout=30)
for name in ["py-1", "py-2", "py-hyper", "py-restored"]:
    disks.delete(project=PROJECT, zone=ZONE, disk=name).result(timeout=30)
assert not list(disks.list(project=PROJECT, zone=ZONE))
expect(exceptions.NotFound, lambda: disks.delete(project=PROJECT, zone=ZONE, disk="py-1"))

zones = client(compute_v1.ZonesClient)
assert ZONE in [z.name for z in zones.list(project=PROJECT)]
types = client(compute_v1.DiskTypesClient)
assert "pd-ssd" in [t.name for t in types.list(project=PROJECT, zone=ZONE)]
print("ok")
