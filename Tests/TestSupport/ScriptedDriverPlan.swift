public import JSONTree

/// What ScriptedDriver does, call by call: written to a file that its environment names as `BERTH_SCRIPT`.
///
/// Each verb has a list of scripts; the n-th call of the verb, over all its processes, runs the n-th, and the last one is
/// repeated. A script is a list of actions, done one after the other. A verb without scripts reads its request and
/// succeeds with what the protocol wants. Every call is written to the log first.
public struct ScriptedDriverPlan: Sendable {
    /// One thing to do. What it takes stands beside it in JSON; see `Tests/ScriptedDriver`.
    public struct Action: Sendable, Hashable {
        public let json: JSONValue

        public init(_ json: JSONValue) { self.json = json }
    }

    public var scripts: [String: [[Action]]] = [:]
    /// Of the answer to `init`: added to, or put in the place of, what it says of itself.
    public var info: JSONObject = [:]
    /// The file to which each call is written as a line of JSON: `argv`, `environment`, `directory`, `pid`, `request`.
    public var log: String?
    /// What a resident process does before it reads its first line.
    public var onServe: [Action] = []

    public init() {}

    /// Adds the script of the verb's next call.
    public mutating func on(_ verb: String, _ actions: Action...) {
        scripts[verb, default: []].append(actions)
    }

    public var json: JSONValue {
        var json: JSONValue = [
            "scripts": .object(
                JSONObject(
                    scripts.sorted { $0.key < $1.key }.map { verb, scripts in
                        (verb, .array(scripts.map { .array($0.map(\.json)) }))
                    })),
            "info": .object(info), "onServe": .array(onServe.map(\.json)),
        ]
        json["log"] = log.map { .string($0) }
        return json
    }
}

extension ScriptedDriverPlan.Action {
    /// Answers with a success that has the content which the verb wants.
    public static let succeed = Self(["do": "succeed"])
    /// Answers with this object, as it is; the call's id is added where there is none.
    public static func reply(_ object: JSONValue) -> Self { Self(["do": "reply", "object": object]) }
    public static func fail(_ code: String, _ message: String, outcome: String? = nil) -> Self {
        var error: JSONValue = ["code": .string(code), "message": .string(message)]
        error["outcome"] = outcome.map { .string($0) }
        return reply(["protocol": "1.0", "status": "Failure", "error": error])
    }
    /// Writes to stdout, as it is.
    public static func print(_ text: String) -> Self { Self(["do": "print", "text": .string(text)]) }
    /// Writes so many bytes of the letter x to stdout.
    public static func printBytes(_ count: Int) -> Self { Self(["do": "printBytes", "count": .integer(Int64(count))]) }
    /// Writes a letter to stdout, a hundred times a second, for ever.
    public static let printForEver = Self(["do": "printForEver"])
    public static func error(_ text: String) -> Self { Self(["do": "error", "text": .string(text)]) }
    public static func exit(_ status: Int) -> Self { Self(["do": "exit", "status": .integer(Int64(status))]) }
    /// Sends a signal to itself.
    public static func die(_ signal: Int32) -> Self { Self(["do": "die", "signal": .integer(Int64(signal))]) }
    public static func ignore(_ signal: Int32) -> Self { Self(["do": "ignore", "signal": .integer(Int64(signal))]) }
    public static let hang = Self(["do": "hang"])
    /// Closes stdin without having read it; only as the first action of a driver that runs once.
    public static let closeInput = Self(["do": "closeInput"])
    public static let closeOutput = Self(["do": "closeOutput"])
    /// Leaves a process behind that holds stdout and stderr open; its id goes to the file.
    public static func leaveGrandchild(pidFile: String) -> Self {
        Self(["do": "leaveGrandchild", "file": .string(pidFile)])
    }
    public static func touch(_ file: String) -> Self { Self(["do": "touch", "file": .string(file)]) }
    public static func waitForFile(_ file: String) -> Self { Self(["do": "waitForFile", "file": .string(file)]) }
    /// Waits until the host gives this call up; resident only.
    public static let waitForCancel = Self(["do": "waitForCancel"])
}
