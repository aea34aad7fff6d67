"""Attaching and detaching."""
from azure.core import MatchConditions
from azure_client import *

compute = client(retry_total=0)
disks, machines = compute.disks, compute.virtual_machines


def make(name, zone="1", **options):
    return checked(disks.begin_create_or_update(GROUP, name, {
        "location": "eastus", "zones": [zone], "sku": {"name": options.pop("sku", "Premium_LRS")},
        "properties": {"creationData": {"createOption": "Empty"}, "diskSizeGB": 8, **options}}).result())


def entry(lun, disk, **options):
    return {"lun": lun, "createOption": "Attach", "managedDisk": {"id": disk.id}, **options}


def put(machine, *entries, **options):
    return machines.begin_create_or_update(GROUP, machine, {
        "location": "eastus", "properties": {"storageProfile": {"dataDisks": list(entries)}}}, **options)


first, second = make("first"), make("second")
vm = checked(machines.get(GROUP, "vm-1"))
assert vm.properties.storage_profile.data_disks == [] and vm.properties.hardware_profile.vm_size == "Standard_D2s_v5"
names = {m.name for m in map(checked, machines.list(GROUP))}
assert {"vm-1", "vm-2", "vm-3"} <= names and names == {m.name for m in map(checked, machines.list_all())}
checked(machines.instance_view(GROUP, "vm-1"))

vm = checked(put("vm-1", entry(0, first, caching="ReadOnly")).result())
attached = vm.properties.storage_profile.data_disks
assert [(d.lun, d.name, d.caching, d.to_be_detached) for d in attached] == [(0, "first", "ReadOnly", False)]
state = checked(disks.get(GROUP, "first"))
assert state.managed_by.endswith("/virtualMachines/vm-1") and state.properties.disk_state == "Attached"
refused(409, "OperationNotAllowed", lambda: disks.begin_delete(GROUP, "first"))

# Luns, twice the same disk, somebody else's disk, another zone, the limit.
refused(400, "InvalidParameter", lambda: put("vm-1", entry(0, first), entry(0, second)))
refused(400, "InvalidParameter", lambda: put("vm-1", entry(0, first), entry(64, second)))
refused(409, "PropertyChangeNotAllowed", lambda: put("vm-1", entry(3, first)))
refused(400, "BadRequest", lambda: put("vm-2", entry(0, second)))
refused(409, "ConflictingUserInput", lambda: put("vm-2", entry(0, first)))
others = [make(f"more-{n}") for n in range(4)]
refused(409, "OperationNotAllowed", lambda: put("vm-1", entry(0, first), *[entry(n + 1, d) for n, d in enumerate(others)]))

# A stale list is refused by its etag.
stale = machines.get(GROUP, "vm-1").etag
put("vm-1", entry(0, first), entry(1, second)).result()
refused(412, "PreconditionFailed", lambda: put("vm-1", etag=stale, match_condition=MatchConditions.IfNotModified))

# Being detached, a disk cannot be attached; and while the machine is being changed, it cannot be changed.
poller = put("vm-1", entry(0, first, toBeDetached=True), entry(1, second))
on_the_way = {d.name: d.to_be_detached for d in machines.get(GROUP, "vm-1").properties.storage_profile.data_disks}
assert on_the_way == {"first": True, "second": False}, on_the_way
refused(409, "AttachDiskWhileBeingDetached", lambda: machines.begin_create_or_update(GROUP, os.environ["LOCAL"], {
    "location": "eastus", "properties": {"storageProfile": {"dataDisks": [entry(0, first)]}}}))
refused(409, "Conflict", lambda: put("vm-1", entry(1, second)))
vm = poller.result()
assert [d.name for d in vm.properties.storage_profile.data_disks] == ["second"]
assert disks.get(GROUP, "first").managed_by is None

# What is left out of the list is detached; PATCH does the same.
machines.begin_update(GROUP, "vm-1", {"properties": {"storageProfile": {"dataDisks": []}}}).result()
assert machines.get(GROUP, "vm-1").properties.storage_profile.data_disks == []

# A shared disk, and an instance of a scale set.
shared = make("shared", maxShares=2)
put("vm-1", entry(0, shared, caching="None")).result()
machines.begin_create_or_update(GROUP, os.environ["LOCAL"], {
    "location": "eastus", "properties": {"storageProfile": {"dataDisks": [entry(5, shared)]}}}).result()
assert len(disks.get(GROUP, "shared").managed_by_extended) == 2
instances = compute.virtual_machine_scale_set_vms
assert [checked(v).instance_id for v in instances.list(GROUP, "pool-1")] == ["0"]
third = make("third", zone="3")
instance = checked(instances.begin_update(GROUP, "pool-1", "0", {
    "location": "eastus", "properties": {"storageProfile": {"dataDisks": [entry(0, third)]}}}).result())
assert [d.name for d in instance.properties.storage_profile.data_disks] == ["third"]
print("done")
