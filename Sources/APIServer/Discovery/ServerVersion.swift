import JSONTree

/// Which Kubernetes the API follows. Google's kubectl dispatcher picks the kubectl of the same minor version by it, and
/// kubectl warns when its own differs by more than one.
enum ServerVersion {
    static let major = "1"
    static let minor = "32"
    static let gitVersion = "v1.32.4+berth"

    static let document: [UInt8] =
        JSONValue.object([
            "major": .string(major), "minor": .string(minor), "gitVersion": .string(gitVersion), "gitCommit": "",
            "gitTreeState": "clean", "buildDate": "1970-01-01T00:00:00Z", "goVersion": "", "compiler": "swift",
            "platform": .string("linux/" + architecture),
        ]).encoded

    /// As Go names it.
    private static var architecture: String {
        #if arch(arm64)
            "arm64"
        #else
            "amd64"
        #endif
    }
}
