"""Talks to a simulated EC2 as boto3 does, waiters and paginators included, and holds every raw answer against the model
that botocore ships: no element that the model does not have, no value outside its enumeration, no timestamp or number
that is none.

Usage: ec2_client.py ENDPOINT. Prints what it has found wrong; exits with 1 when that is anything.
"""
import datetime
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

import boto3
import botocore.config
import botocore.session
from botocore.exceptions import ClientError

ENDPOINT = sys.argv[1]
faults = []
seen = set()


def check(name, condition, detail=""):
    if not condition:
        faults.append(f"{name}: {detail}")


# -- Every answer against the model


def local(tag):
    return tag.rsplit("}", 1)[-1]


def walk(element, shape, path):
    if shape.type_name == "structure":
        members = {}
        for name, member in shape.members.items():
            members[member.serialization.get("name", name)] = member
        for child in element:
            name = local(child.tag)
            if name not in members:
                faults.append(f"{path}: the model has no {name}")
                continue
            walk(child, members[name], f"{path}/{name}")
        names = [local(child.tag) for child in element]
        for name in set(names):
            check(path, names.count(name) == 1, f"{name} stands there {names.count(name)} times")
    elif shape.type_name == "list":
        for child in element:
            check(path, local(child.tag) == shape.member.serialization.get("name", "item"), local(child.tag))
            walk(child, shape.member, f"{path}[]")
    else:
        text = element.text or ""
        check(path, len(element) == 0, "has elements in it")
        enum = shape.metadata.get("enum") if hasattr(shape, "metadata") else None
        if enum:
            check(path, text in enum, f"'{text}' is not one of {enum}")
        if shape.type_name in ("integer", "long"):
            check(path, re.fullmatch(r"-?\d+", text), f"'{text}' is no integer")
        if shape.type_name == "boolean":
            check(path, text in ("true", "false"), f"'{text}' is no boolean")
        if shape.type_name == "timestamp":
            check(path, re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", text), f"'{text}' is no time")


def before_parse(operation_model, response_dict, **_):
    body = response_dict["body"]
    if isinstance(body, str):
        body = body.encode()
    root = ElementTree.fromstring(body)
    if response_dict["status_code"] >= 300:
        if operation_model.service_model.service_name == "ec2":
            check("error", local(root.tag) == "Response", root.tag)
            check("error", root.find("./Errors/Error/Code") is not None, body)
        return
    seen.add(operation_model.name)
    check(operation_model.name, local(root.tag) == operation_model.name + "Response", root.tag)
    if operation_model.service_model.service_name != "ec2":
        result = next(child for child in root if local(child.tag) == operation_model.name + "Result")
        walk(result, operation_model.output_shape, operation_model.name)
        return
    ids = [child for child in root if local(child.tag) == "requestId"]
    check(operation_model.name, len(ids) == 1 and ids[0].text, "has no requestId")
    for child in ids:
        root.remove(child)
    if operation_model.output_shape is None:
        check(operation_model.name, [local(c.tag) for c in root] == ["return"] and root[0].text == "true", body)
    else:
        walk(root, operation_model.output_shape, operation_model.name)


core = botocore.session.get_session()
core.get_component("event_emitter").register("before-parse.*.*", before_parse)
session = boto3.session.Session(botocore_session=core, region_name="us-east-1")
keys = {"aws_access_key_id": os.environ.get("EC2_KEY", "AKIAEXAMPLE"),
        "aws_secret_access_key": os.environ.get("EC2_SECRET", "example")}
config = botocore.config.Config(retries={"max_attempts": 0})
ec2 = session.client("ec2", endpoint_url=ENDPOINT, config=config, **keys)
FAST = {"Delay": 0.05, "MaxAttempts": 200}


def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        got = error.response["Error"]["Code"]
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if isinstance(code, tuple):
            check(f"{call.__name__} {arguments}", (got, status) == code, f"{got} {status}, not {code}")
        else:
            check(f"{call.__name__} {arguments}", got == code, f"{got}: {error}, not {code}")
    else:
        faults.append(f"{call.__name__} {arguments} succeeded, where {code} was expected")


def tags(kind, **values):
    return [{"ResourceType": kind, "Tags": [{"Key": k, "Value": v} for k, v in values.items()]}]


# -- Zones, instances

zones = [z["ZoneName"] for z in ec2.describe_availability_zones()["AvailabilityZones"]]
check("zones", zones == ["us-east-1a", "us-east-1b", "us-east-1c"], zones)
instances = [i for p in ec2.get_paginator("describe_instances").paginate(
    Filters=[{"Name": "availability-zone", "Values": ["us-east-1a"]}]) for r in p["Reservations"] for i in r["Instances"]]
check("instances", len(instances) == 2, instances)
here, there = instances[0]["InstanceId"], instances[1]["InstanceId"]
zone = {"AvailabilityZone": "us-east-1a"}

# -- Volumes: creating, tokens, limits

made = ec2.create_volume(Size=8, VolumeType="gp2", ClientToken="token-1", **zone,
                         TagSpecifications=tags("volume", Name="first", pool="a*b"))
volume = made["VolumeId"]
check("create", made["State"] == "creating" and made["Iops"] == 100 and made["Size"] == 8, made)
again = ec2.create_volume(Size=8, VolumeType="gp2", ClientToken="token-1", **zone,
                          TagSpecifications=tags("volume", Name="first", pool="a*b"))
check("token", again["VolumeId"] == volume, again)
refused("IdempotentParameterMismatch", ec2.create_volume, Size=9, VolumeType="gp2", ClientToken="token-1", **zone)
ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=FAST)
refused(("DryRunOperation", 412), ec2.create_volume, Size=8, DryRun=True, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=0, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=16385, VolumeType="gp2", **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=3, VolumeType="io1", Iops=100, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=124, VolumeType="st1", **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=1025, VolumeType="standard", **zone)
refused("UnknownVolumeType", ec2.create_volume, Size=8, VolumeType="gp9", **zone)
refused("MissingParameter", ec2.create_volume, Size=8)
refused("MissingParameter", ec2.create_volume, **zone)
refused("MissingParameter", ec2.create_volume, Size=8, VolumeType="io2", **zone)
refused("InvalidZone.NotFound", ec2.create_volume, Size=8, AvailabilityZone="us-east-1x")
refused("InvalidParameterCombination", ec2.create_volume, Size=8, Iops=100, VolumeType="gp2", **zone)
refused("InvalidParameterCombination", ec2.create_volume, Size=8, Throughput=125, VolumeType="gp2", **zone)
refused("InvalidParameterCombination", ec2.create_volume, Size=8, AvailabilityZoneId="use1-az1", **zone)
refused("InvalidParameterCombination", ec2.create_volume, Size=8, VolumeType="gp3", MultiAttachEnabled=True, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=8, VolumeType="gp3", Iops=4001, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=8, VolumeType="gp3", Iops=2999, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=8, VolumeType="gp3", Iops=3000, Throughput=751, **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=8, VolumeType="io1", Iops=401, **zone)
refused("InvalidParameterDependency", ec2.create_volume, Size=8, KmsKeyId="alias/x", **zone)
refused("InvalidParameterValue", ec2.create_volume, Size=8, TagSpecifications=tags("snapshot", a="b"), **zone)
refused("InvalidSnapshot.NotFound", ec2.create_volume, SnapshotId="snap-00000000000000000", **zone)
refused("VolumeLimitExceeded", ec2.create_volume, Size=65536, VolumeType="gp3", **zone)
fast = ec2.create_volume(Size=20, VolumeType="gp3", Iops=4000, Throughput=1000, Encrypted=True, **zone)
check("gp3", (fast["Iops"], fast["Throughput"], fast["Encrypted"]) == (4000, 1000, True), fast)
check("gp3 baseline", ec2.create_volume(Size=1, VolumeType="gp3", **zone)["Iops"] == 3000)

# -- Describing: filters and pages

for i in range(12):
    ec2.create_volume(Size=1, AvailabilityZoneId="use1-az2", TagSpecifications=tags("volume", batch="x", n=str(i)))
paginator = ec2.get_paginator("describe_volumes")
pages = list(paginator.paginate(Filters=[{"Name": "tag:batch", "Values": ["x"]}], PaginationConfig={"PageSize": 5}))
check("pages", [len(p["Volumes"]) for p in pages] == [5, 5, 2], [len(p["Volumes"]) for p in pages])
check("pages", len({v["VolumeId"] for p in pages for v in p["Volumes"]}) == 12)


def found(**filters):
    given = [{"Name": k.replace("__", ":").replace("_dot_", ".").replace("_", "-"), "Values": v} for k, v in filters.items()]
    return [v["VolumeId"] for v in ec2.describe_volumes(Filters=given)["Volumes"]]


check("filter", found(tag__Name=["fir?t"]) == [volume])
check("filter", found(tag__pool=["a\\*b"]) == [volume])
check("filter", found(tag__pool=["a\\*c"]) == [])
check("filter", found(tag__n=["1", "2"], tag_key=["batch"], availability_zone=["us-east-1b"], size=["1"]).__len__() == 2)
check("filter", found(volume_type=["gp3"], status=["creating", "available"], encrypted=["true"]) == [fast["VolumeId"]])
refused("InvalidParameterValue", ec2.describe_volumes, Filters=[{"Name": "colour", "Values": ["red"]}])
refused("InvalidParameterValue", ec2.describe_volumes, MaxResults=4)
refused("InvalidParameterValue", ec2.describe_volumes, NextToken="nonsense")
refused("InvalidParameterCombination", ec2.describe_volumes, MaxResults=5, VolumeIds=[volume])
refused("InvalidVolume.NotFound", ec2.describe_volumes, VolumeIds=["vol-00000000000000000"])
refused("InvalidParameterValue", ec2.describe_volumes, VolumeIds=["volume-1"])

# -- Attaching

refused("InvalidParameterValue", ec2.attach_volume, VolumeId=volume, InstanceId=here, Device="/dev/nvme0")
refused("InvalidParameterValue", ec2.attach_volume, VolumeId=volume, InstanceId=here, Device="/dev/xvda")
refused("InvalidInstanceID.NotFound", ec2.attach_volume, VolumeId=volume, InstanceId="i-00000000000000000", Device="/dev/xvdba")
elsewhere = ec2.create_volume(Size=1, AvailabilityZone="us-east-1c")["VolumeId"]
ec2.get_waiter("volume_available").wait(VolumeIds=[elsewhere, fast["VolumeId"]], WaiterConfig=FAST)
refused("InvalidVolume.ZoneMismatch", ec2.attach_volume, VolumeId=elsewhere, InstanceId=here, Device="/dev/xvdba")
check("attach", ec2.attach_volume(VolumeId=volume, InstanceId=here, Device="/dev/xvdba")["State"] == "attaching")
ec2.get_waiter("volume_in_use").wait(VolumeIds=[volume], WaiterConfig=FAST)
refused("VolumeInUse", ec2.attach_volume, VolumeId=volume, InstanceId=here, Device="/dev/xvdbb")
refused("InvalidParameterValue", ec2.attach_volume, VolumeId=fast["VolumeId"], InstanceId=here, Device="/dev/xvdba")
refused("VolumeInUse", ec2.delete_volume, VolumeId=volume)
mapping = ec2.describe_instances(InstanceIds=[here])["Reservations"][0]["Instances"][0]["BlockDeviceMappings"]
check("mapping", [(m["DeviceName"], m["Ebs"]["VolumeId"]) for m in mapping] == [("/dev/xvdba", volume)], mapping)
check("filter", found(attachment_dot_instance_id=[here], attachment_dot_device=["/dev/xvdba"]) == [volume])
refused("InvalidAttachment.NotFound", ec2.detach_volume, VolumeId=volume, InstanceId=there)
check("detach", ec2.detach_volume(VolumeId=volume)["State"] == "detaching")
ec2.get_waiter("volume_available").wait(VolumeIds=[volume], WaiterConfig=FAST)
refused("IncorrectState", ec2.detach_volume, VolumeId=volume)
shared = ec2.create_volume(Size=4, VolumeType="io2", Iops=100, MultiAttachEnabled=True, **zone)["VolumeId"]
ec2.get_waiter("volume_available").wait(VolumeIds=[shared], WaiterConfig=FAST)
for instance in (here, there):
    ec2.attach_volume(VolumeId=shared, InstanceId=instance, Device="/dev/sdf")
check("multi-attach", len(ec2.describe_volumes(VolumeIds=[shared])["Volumes"][0]["Attachments"]) == 2)
refused("MissingParameter", ec2.detach_volume, VolumeId=shared)

# -- Modifying

refused("InvalidVolumeModification.NotFound", ec2.describe_volumes_modifications, VolumeIds=[volume])
refused("InvalidParameterValue", ec2.modify_volume, VolumeId=volume, Size=7)
refused("MissingParameter", ec2.modify_volume, VolumeId=volume)
modification = ec2.modify_volume(VolumeId=volume, Size=16, VolumeType="gp3")["VolumeModification"]
check("modify", modification["ModificationState"] == "modifying" and modification["TargetSize"] == 16, modification)
check("modify", ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]["Size"] == 8)
refused("IncorrectModificationState", ec2.modify_volume, VolumeId=volume, Size=17)
states = []
while not states or states[-1] != "completed":
    [now] = ec2.describe_volumes_modifications(VolumeIds=[volume])["VolumesModifications"]
    if not states or now["ModificationState"] != states[-1]:
        states.append(now["ModificationState"])
# A look now and then may miss one that passes, and never sees them in another order.
check("states", states == [state for state in ("modifying", "optimizing", "completed") if state in states], states)
grown = ec2.describe_volumes(VolumeIds=[volume])["Volumes"][0]
check("modify", (grown["Size"], grown["VolumeType"], grown["Iops"]) == (16, "gp3", 3000), grown)
list(ec2.get_paginator("describe_volumes_modifications").paginate())

# -- Snapshots and copies

snapshot = ec2.create_snapshot(VolumeId=volume, Description="one", TagSpecifications=tags("snapshot", Name="s"))
check("snapshot", snapshot["State"] == "pending" and snapshot["VolumeSize"] == 16, snapshot)
snapshot = snapshot["SnapshotId"]
refused("IncorrectState", ec2.create_volume, SnapshotId=snapshot, **zone)
ec2.get_waiter("snapshot_completed").wait(SnapshotIds=[snapshot], OwnerIds=["self"], WaiterConfig=FAST)
restored = ec2.create_volume(SnapshotId=snapshot, VolumeInitializationRate=100, **zone)
check("restore", restored["Size"] == 16 and restored["SnapshotId"] == snapshot, restored)
refused("InvalidParameterValue", ec2.create_volume, SnapshotId=snapshot, Size=15, **zone)
[copy] = ec2.copy_volumes(SourceVolumeId=volume, Size=20, VolumeType="gp3", ClientToken="copy-1")["Volumes"]
check("copy", (copy["SourceVolumeId"], copy["Size"]) == (volume, 20), copy)
check("copy", ec2.copy_volumes(SourceVolumeId=volume, Size=20, VolumeType="gp3", ClientToken="copy-1")["Volumes"][0]
      ["VolumeId"] == copy["VolumeId"])
refused("InvalidParameterValue", ec2.copy_volumes, SourceVolumeId=volume, Size=15)
pages = list(ec2.get_paginator("describe_snapshots").paginate(
    OwnerIds=["self"], Filters=[{"Name": "volume-id", "Values": [volume]}], PaginationConfig={"PageSize": 5}))
check("snapshots", [s["SnapshotId"] for p in pages for s in p["Snapshots"]] == [snapshot])
check("snapshots", ec2.describe_snapshots(OwnerIds=["amazon"])["Snapshots"] == [])
ec2.delete_snapshot(SnapshotId=snapshot)
refused("InvalidSnapshot.NotFound", ec2.delete_snapshot, SnapshotId=snapshot)

# -- Tags

ec2.create_tags(Resources=[volume, here], Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "<&>\"'"}])
described = {(t["ResourceId"], t["Key"]): t["Value"] for p in ec2.get_paginator("describe_tags").paginate(
    Filters=[{"Name": "key", "Values": ["a", "b"]}]) for t in p["Tags"]}
check("tags", described == {(r, k): v for r in (volume, here) for k, v in (("a", "1"), ("b", "<&>\"'"))}, described)
ec2.delete_tags(Resources=[volume], Tags=[{"Key": "a", "Value": "2"}, {"Key": "b"}])
check("tags", found(tag__a=["1"]) == [volume] and found(tag_key=["b"]) == [])
refused("InvalidParameterValue", ec2.create_tags, Resources=[volume], Tags=[{"Key": "aws:x", "Value": ""}])
refused("TagLimitExceeded", ec2.create_tags, Resources=[volume],
        Tags=[{"Key": f"k{i}", "Value": ""} for i in range(51)])

# -- Deleting

ec2.delete_volume(VolumeId=volume)
ec2.get_waiter("volume_deleted").wait(VolumeIds=[volume], WaiterConfig=FAST)
refused("InvalidVolume.NotFound", ec2.delete_volume, VolumeId=volume)
refused("IdempotentParameterMismatch", ec2.create_volume, Size=8, VolumeType="gp2", ClientToken="token-1", **zone,
        TagSpecifications=tags("volume", Name="first", pool="a*b"))

# -- STS: the credentials that it gives are taken

sts = session.client("sts", endpoint_url=ENDPOINT, config=config, **keys)
check("identity", sts.get_caller_identity()["Account"] == "123456789012")
TOKEN = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJzeXN0ZW06c2VydmljZWFjY291bnQ6YTpiIn0.c2ln"
role = "arn:aws:iam::123456789012:role/ebs"
given = sts.assume_role_with_web_identity(RoleArn=role, RoleSessionName="test", WebIdentityToken=TOKEN)["Credentials"]
check("expiration", given["Expiration"] > datetime.datetime.now(datetime.timezone.utc), given)
other = session.client(
    "ec2", endpoint_url=ENDPOINT, config=config, aws_access_key_id=given["AccessKeyId"],
    aws_secret_access_key=given["SecretAccessKey"], aws_session_token=given["SessionToken"])
other.describe_volumes()
refused("InvalidIdentityToken", sts.assume_role_with_web_identity, RoleArn=role, RoleSessionName="test",
        WebIdentityToken="none-at-all")
if "EC2_SECRET" in os.environ:
    for key, secret in ((keys["aws_access_key_id"], "wrong"), ("AKIAWRONG", keys["aws_secret_access_key"])):
        wrong = session.client("ec2", endpoint_url=ENDPOINT, config=config, aws_access_key_id=key,
                               aws_secret_access_key=secret)
        refused(("AuthFailure", 401), wrong.describe_volumes)
    forged = session.client(
        "ec2", endpoint_url=ENDPOINT, config=config, aws_access_key_id=given["AccessKeyId"],
        aws_secret_access_key=given["SecretAccessKey"], aws_session_token="AAAA" + given["SessionToken"][4:])
    refused(("AuthFailure", 401), forged.describe_volumes)
    unsigned = session.client("ec2", endpoint_url=ENDPOINT, config=config.merge(
        botocore.config.Config(signature_version=botocore.UNSIGNED)))
    refused(("MissingAuthenticationToken", 403), unsigned.describe_volumes)

# -- All of it was looked at

expected = {
    "CreateVolume", "DeleteVolume", "DescribeVolumes", "AttachVolume", "DetachVolume", "ModifyVolume",
    "DescribeVolumesModifications", "CreateSnapshot", "DescribeSnapshots", "DeleteSnapshot", "CreateTags", "DeleteTags",
    "DescribeTags", "DescribeInstances", "DescribeAvailabilityZones", "CopyVolumes", "AssumeRoleWithWebIdentity",
    "GetCallerIdentity"}
check("operations", seen == expected, seen ^ expected)
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
