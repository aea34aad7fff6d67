"""Throttling, as azure-core meets it: Retry-After is waited for, and the call succeeds."""
import time

from azure_client import *

compute = client()
start = time.monotonic()
seen = []
for _ in range(4):
    list(compute.disks.list_by_resource_group(GROUP, raw_response_hook=lambda r: seen.append(r.http_response)))
assert any("x-ms-ratelimit-remaining-subscription-reads" in r.headers for r in seen)
assert time.monotonic() - start >= 1, "nothing was throttled"
error = refused(429, "TooManyRequests", lambda: [list(client(retry_total=0).disks.list()) for _ in range(20)])
assert int(error.response.headers["Retry-After"]) >= 1
print("done")
