"""Calls every simulated operation and holds each answer against the discovery document that Google's client ships:
no unknown property, every value of its type and format, enumerations within their values.

usage: discovery_check.py ENDPOINT
"""
import base64
import json
import os
import re
import sys
import urllib.error
import urllib.request

import googleapiclient.discovery_cache

ENDPOINT = sys.argv[1]
PROJECT, ZONE, REGION = "berth-project", "us-central1-a", "us-central1"
path = os.path.join(os.path.dirname(googleapiclient.discovery_cache.__file__), "documents", "compute.v1.json")
DOCUMENT = json.load(open(path))
SCHEMAS = DOCUMENT["schemas"]
METHODS = {}


def collect(resources):
    for resource in resources.values():
        for method in resource.get("methods", {}).values():
            METHODS[method["id"].removeprefix("compute.")] = method
        collect(resource.get("resources", {}))


collect(DOCUMENT["resources"])
problems = []


def check(value, schema, where):
    if "$ref" in schema:
        schema = SCHEMAS[schema["$ref"]]
    kind = schema.get("type", "any")
    if kind == "object":
        if not isinstance(value, dict):
            return problems.append(f"{where}: {value!r} is no object")
        properties = schema.get("properties", {})
        for name, member in value.items():
            if name in properties:
                check(member, properties[name], f"{where}.{name}")
            elif "additionalProperties" in schema:
                check(member, schema["additionalProperties"], f"{where}[{name}]")
            else:
                problems.append(f"{where}.{name} is no property")
    elif kind == "array":
        if not isinstance(value, list):
            return problems.append(f"{where}: {value!r} is no array")
        for index, element in enumerate(value):
            check(element, schema["items"], f"{where}[{index}]")
    elif kind == "string":
        if not isinstance(value, str):
            return problems.append(f"{where}: {value!r} is no string")
        form = schema.get("format")
        if form in ("int64", "uint64") and not re.fullmatch(r"-?[0-9]+", value):
            problems.append(f"{where}: {value!r} is no {form}")
        if form == "uint64" and not 0 <= int(value) < 2**64:
            problems.append(f"{where}: {value!r} is no uint64")
        if form == "byte":
            base64.urlsafe_b64decode(value)
        if "enum" in schema and value not in schema["enum"]:
            problems.append(f"{where}: {value!r} is none of {schema['enum']}")
        if "pattern" in schema and not re.fullmatch(schema["pattern"], value):
            problems.append(f"{where}: {value!r} does not match {schema['pattern']}")
    elif kind == "integer":
        if not isinstance(value, int) or isinstance(value, bool):
            problems.append(f"{where}: {value!r} is no integer")
    elif kind == "number":
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            problems.append(f"{where}: {value!r} is no number")
    elif kind == "boolean" and not isinstance(value, bool):
        problems.append(f"{where}: {value!r} is no boolean")


called = set()


def call(name, body=None, query="", **parts):
    method = METHODS[name]
    target = method["flatPath"]
    for key, value in {"project": PROJECT, **parts}.items():
        target = target.replace("{" + key + "}", value)
    assert "{" not in target, target
    if body is not None:
        check(body, method["request"], f"{name} request")
    request = urllib.request.Request(
        f"{ENDPOINT}/compute/v1/{target}{query}", method=method["httpMethod"],
        data=json.dumps(body).encode() if body is not None else None,
        headers={"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        answer = json.load(reply)
    check(answer, method["response"], name)
    called.add(name)
    return answer


WAITS = {"zone": "zoneOperations", "region": "regionOperations"}


def done(operation):
    where = next((key for key in WAITS if key in operation), None)
    parts = {where: operation[where].split("/")[-1]} if where else {}
    prefix = WAITS.get(where, "globalOperations")
    call(f"{prefix}.get", operation=operation["name"], **parts)
    while operation["status"] != "DONE":
        operation = call(f"{prefix}.wait", operation=operation["name"], **parts)
    assert "error" not in operation, operation
    call(f"{prefix}.get", operation=operation["name"], **parts)
    return operation


disk = {
    "name": "check-1", "sizeGb": "10", "type": f"projects/{PROJECT}/zones/{ZONE}/diskTypes/pd-balanced",
    "labels": {"a": "b"}, "description": "{}"}
operation = call("disks.insert", disk, zone=ZONE)
call("disks.get", zone=ZONE, disk="check-1")
done(operation)
done(call("disks.insert", {
    "name": "check-hyper", "sizeGb": "50", "provisionedIops": "3500", "accessMode": "READ_WRITE_MANY",
    "type": f"projects/{PROJECT}/zones/{ZONE}/diskTypes/hyperdisk-balanced",
    "diskEncryptionKey": {"kmsKeyName": "projects/p/locations/l/keyRings/r/cryptoKeys/k"},
    "enableConfidentialCompute": True}, zone=ZONE))
done(call("disks.update", {"name": "check-hyper", "provisionedIops": "4000", "sizeGb": "60"}, zone=ZONE,
          disk="check-hyper", query="?paths=provisionedIops&paths=sizeGb"))
fingerprint = call("disks.get", zone=ZONE, disk="check-1")["labelFingerprint"]
done(call("disks.setLabels", {"labels": {"c": "d"}, "labelFingerprint": fingerprint}, zone=ZONE, resource="check-1"))
done(call("disks.resize", {"sizeGb": "11"}, zone=ZONE, disk="check-1"))
call("disks.list", zone=ZONE)
call("disks.aggregatedList")

replicas = [f"projects/{PROJECT}/zones/{ZONE}", f"projects/{PROJECT}/zones/us-central1-b"]
done(call("regionDisks.insert", {
    "name": "check-regional", "sizeGb": "10", "replicaZones": replicas,
    "type": f"projects/{PROJECT}/regions/{REGION}/diskTypes/pd-ssd"}, region=REGION))
fingerprint = call("regionDisks.get", region=REGION, disk="check-regional")["labelFingerprint"]
done(call("regionDisks.setLabels", {"labels": {"c": "d"}, "labelFingerprint": fingerprint}, region=REGION,
          resource="check-regional"))
done(call("regionDisks.resize", {"sizeGb": "12"}, region=REGION, disk="check-regional"))
done(call("regionDisks.createSnapshot", {"name": "check-regional-snapshot"}, region=REGION, disk="check-regional"))
call("regionDisks.list", region=REGION)

attached = {"source": f"projects/{PROJECT}/zones/{ZONE}/disks/check-1", "deviceName": "check", "type": "PERSISTENT"}
done(call("instances.attachDisk", attached, zone=ZONE, instance="node-a"))
call("instances.get", zone=ZONE, instance="node-a")
call("instances.list", zone=ZONE)
call("instances.aggregatedList")
call("disks.get", zone=ZONE, disk="check-1")
operation = call("disks.createSnapshot", {"name": "check-snapshot", "labels": {"e": "f"}}, zone=ZONE, disk="check-1")
call("snapshots.get", snapshot="check-snapshot")
done(operation)
done(call("snapshots.insert", {"name": "check-second", "sourceDisk": attached["source"]}))
for name in ["check-snapshot", "check-second", "check-regional-snapshot"]:
    while call("snapshots.get", snapshot=name)["status"] != "READY":
        pass
call("snapshots.list")
fingerprint = call("snapshots.get", snapshot="check-second")["labelFingerprint"]
done(call("snapshots.setLabels", {"labels": {"g": "h"}, "labelFingerprint": fingerprint}, resource="check-second"))
done(call("disks.insert", {
    "name": "check-restored", "sourceSnapshot": f"projects/{PROJECT}/global/snapshots/check-snapshot"}, zone=ZONE))
done(call("disks.insert", {
    "name": "check-clone", "sourceDisk": attached["source"],
    "type": f"projects/{PROJECT}/zones/{ZONE}/diskTypes/pd-balanced"}, zone=ZONE))
call("disks.list", zone=ZONE)
done(call("instances.detachDisk", zone=ZONE, instance="node-a", query="?deviceName=check"))
call("disks.get", zone=ZONE, disk="check-1")
for name in ["check-snapshot", "check-second", "check-regional-snapshot"]:
    done(call("snapshots.delete", snapshot=name))
done(call("regionDisks.delete", region=REGION, disk="check-regional"))
for name in ["check-1", "check-hyper", "check-restored", "check-clone"]:
    done(call("disks.delete", zone=ZONE, disk=name))

call("diskTypes.get", zone=ZONE, diskType="pd-ssd")
call("diskTypes.list", zone=ZONE)
call("diskTypes.aggregatedList")
call("regionDiskTypes.get", region=REGION, diskType="pd-ssd")
call("regionDiskTypes.list", region=REGION)
call("zones.get", zone=ZONE)
call("zones.list")
call("regions.get", region=REGION)
call("regions.list")
call("projects.get")
call("zoneOperations.list", zone=ZONE)
call("regionOperations.list", region=REGION)
call("globalOperations.list")
call("globalOperations.aggregatedList")

for problem in dict.fromkeys(problems):
    print(problem)
print(f"{len(called)} methods, {len(set(problems))} problems")
sys.exit(1 if problems else 0)
