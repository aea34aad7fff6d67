"""What storage drivers for Berth do alike: read the request, check it against what the driver says of itself (name,
sizes, modes, parameters), call the function of its verb, answer, exit; and keep a mark of each volume. Copy it beside
your driver."""
import contextlib, errno, fcntl, json, os, re, subprocess, sys


class Failure(Exception):
    """Raised by a verb: `code` is one of the protocol's, `message` says what was tried, found, and is to be done."""

    def __init__(self, code, message, field=""):
        self.error = {"code": code, "message": message, "field": field}


class Call:
    """One request. `size` is what to make, rounded up; `parameters` are complete with the schema's defaults."""

    def __init__(self, request, info):
        self.request, self.info, self.verb = request, info, request["verb"]
        self.owner, self.volume = request.get("owner", ""), request.get("volume") or {}
        self.paging, self.parameters = request.get("paging") or {}, request.get("parameters") or {}
        self.name, self.limit = self.volume.get("name"), self.volume.get("limitBytes", info["maximumBytes"])
        # Where there is a working directory, it is the driver's own.
        default = os.getcwd() + "/volumes" if os.getcwd() != "/" else ""
        self.base = request.get("driver", {}).get("config", {}).get("basePath", default)
        if not self.base.startswith("/"):
            raise Failure("INVALID_ARGUMENT", "basePath is no absolute path", "driver.config.basePath")
        # Names become paths: nothing but what the protocol allows may pass.
        if self.volume and not re.fullmatch(r"[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?", str(self.name)):
            raise Failure("INVALID_ARGUMENT", "the volume's name is missing or not of [a-z0-9.-]", "volume.name")
        if self.verb in ("validate", "provision", "capacity"):
            self._check_parameters(info["parameters"]["properties"])
        if self.verb in ("validate", "provision"):
            self._check_modes()
        if self.verb in ("validate", "provision", "expandvolume"):
            self.size = self._size()

    def _check_parameters(self, schema):
        for name, value in self.parameters.items():
            rule, field = schema.get(name), f"parameters.{name}"
            if rule is None:
                raise Failure("INVALID_ARGUMENT", f"{name} is unknown; there is {', '.join(schema)}", field)
            if not isinstance(value, str) or value not in rule.get("enum", [value]):
                raise Failure("INVALID_ARGUMENT", f"{name} is not one of {rule.get('enum', 'strings')}", field)
            if not re.search(rule.get("pattern", ""), value):
                raise Failure("INVALID_ARGUMENT", f"{name} does not match {rule['pattern']}", field)
        defaults = {name: rule["default"] for name, rule in schema.items() if "default" in rule}
        self.parameters = defaults | self.parameters

    def _check_modes(self):
        if self.volume.get("volumeMode", "Filesystem") not in self.info["volumeModes"]:
            raise Failure("INVALID_ARGUMENT", f"a volume is {self.info['volumeModes']}", "volume.volumeMode")
        if not set(self.volume.get("accessModes", [])) <= set(self.info["accessModes"]):
            raise Failure("INVALID_ARGUMENT", f"access modes are {self.info['accessModes']}", "volume.accessModes")
        if "contentSource" in self.volume:
            raise Failure("INVALID_ARGUMENT", "volumes begin empty", "volume.contentSource")

    def _size(self):
        wanted, field = self.volume.get("capacityBytes", 0), "volume.capacityBytes"
        if type(wanted) is not int or type(self.limit) is not int or wanted < 0:
            raise Failure("INVALID_ARGUMENT", "a size is no whole number of bytes", field)
        unit = self.info["allocationUnitBytes"]
        size = max(self.info["minimumBytes"], -(-wanted // unit) * unit)
        if size > min(self.limit, self.info["maximumBytes"]):
            raise Failure("OUT_OF_RANGE", f"no volume of {wanted} to {self.limit} bytes can be made", field)
        return size


class Volume:
    """One volume and its mark: a file `NAME.json` with the owner and whatever else the driver must remember."""

    def __init__(self, call, name=None):
        self.name, self.base, self.owner = name or call.name, call.base, call.owner
        if not self.name:
            raise Failure("INVALID_ARGUMENT", f"{call.verb} needs a volume", "volume")
        try:
            with open(f"{self.base}/{self.name}.json") as file:
                self.mark = json.load(file)
        except FileNotFoundError:
            self.mark = None

    @property
    def is_mine(self):
        return self.mark is not None and self.mark["owner"] == self.owner

    def check(self, must_exist=True):
        if self.mark is None and must_exist:
            raise Failure("NOT_FOUND", f"there is no volume {self.name}", "volume.name")
        if self.mark and not self.is_mine:
            raise Failure("FAILED_PRECONDITION", f"{self.name} belongs to another host", "volume.name")
        return self

    def write_mark(self, **mark):
        self.mark = (self.mark or {"owner": self.owner}) | mark
        with open(f"{self.base}/.mark", "w") as file:  # the whole, then its name: a reader never sees half of it
            json.dump(self.mark, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(f"{self.base}/.mark", f"{self.base}/{self.name}.json")

    def remove_mark(self):
        os.unlink(f"{self.base}/{self.name}.json")

    @classmethod
    @contextlib.contextmanager
    def locked(cls, call):
        """One change at a time. The tools that we start hold the lock too: they may outlive a driver that is killed."""
        with open(f"{call.base}/.lock", "w") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.set_inheritable(lock.fileno(), True)
            yield cls(call)

    @classmethod
    def page(cls, call):
        """The owner's volumes after the page before, and the token for the next page, if there is one."""
        token, most = call.paging.get("startingToken", "after:"), call.paging.get("maxEntries", 1000)
        if not token.startswith("after:"):
            raise Failure("ABORTED", "the token is unknown; begin again", "paging.startingToken")
        names = sorted(file[:-5] for file in os.listdir(call.base) if file.endswith(".json"))
        mine = [volume for volume in (cls(call, name) for name in names if name > token[6:]) if volume.is_mine]
        return mine[:most], {"nextToken": "after:" + mine[most - 1].name} if len(mine) > most else {}


def run(*command, good=(0,), stdout=2):
    """Runs a tool, which prints to the log: standard output is for the reply. stdout=PIPE returns what it prints."""
    tools = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=stdout, env=tools, close_fds=False)
    if done.returncode not in good:
        raise Failure("INTERNAL", f"{command[0]} ended with status {done.returncode}; see the log")
    return done.stdout


def answer(info, verbs, verb):
    if verb != "init" and verb not in verbs:
        return {"status": "Not supported"}
    try:
        request = json.loads(sys.stdin.buffer.read())
        if not isinstance(request, dict) or request.get("verb") != verb:
            raise Failure("INVALID_ARGUMENT", f"standard input holds no request for {verb}", "verb")
        if not str(request.get("protocol", "1.0")).startswith("1."):
            raise Failure("INVALID_ARGUMENT", "this driver speaks version 1.0", "protocol")
        if verb == "init":
            return {"status": "Success", "info": info | {"capabilities": list(verbs)}}
        call = Call(request, info)
        os.makedirs(call.base, exist_ok=True)
        return {"status": "Success"} | (verbs[verb](call) or {})
    except Failure as failure:
        return {"status": "Failure", "error": failure.error}
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        return {"status": "Failure", "error": {"code": "INVALID_ARGUMENT", "message": f"cannot read that: {error!r}"}}
    except OSError as error:
        code = "RESOURCE_EXHAUSTED" if error.errno in (errno.ENOSPC, errno.EDQUOT) else "INTERNAL"
        return {"status": "Failure", "error": {"code": code, "message": str(error), "outcome": "unknown"}}


def main(info, *functions):
    """The driver: each function is the verb of its name, takes a Call and returns the members of its reply."""
    verbs = {function.__name__: function for function in functions}
    reply = {"protocol": "1.0"} | answer(info, verbs, sys.argv[1] if len(sys.argv) > 1 else "")
    print(json.dumps(reply))
    sys.exit(0 if reply["status"] == "Success" else 1)
