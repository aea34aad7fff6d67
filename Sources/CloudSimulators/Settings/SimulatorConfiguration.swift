import JSONTree
import KubernetesAPI

/// The clouds' limits, quotas, zones, instances and times: YAML files with a default and a comment for each.
public struct SimulatorConfiguration: Sendable {
    /// The default files one behind the other: one YAML document, with its comments.
    public static var defaults: String {
        files.map { String(decoding: $0.content, as: UTF8.self) }.joined(separator: "\n")
    }

    private static let files: [(name: String, content: [UInt8])] = [
        ("simulator.yaml", PackageResources.simulator_yaml), ("aws.yaml", PackageResources.aws_yaml),
        ("gce.yaml", PackageResources.gce_yaml), ("azure.yaml", PackageResources.azure_yaml),
    ]

    /// The defaults with a user's file laid over them, as one YAML document without comments.
    ///
    /// - Throws: ``SettingsError`` when the file is no YAML, or has a section that is none.
    public static func merged(with file: CloudSimulatorOptions.File) throws(SettingsError) -> String {
        ManifestEncoder.encode(try SimulatorConfiguration(file).root.value)
    }

    let root: SettingsReader
    let clockSpeed: Double

    /// The defaults, with a user's file laid over them.
    ///
    /// - Throws: ``SettingsError``, with file and line.
    init(_ file: CloudSimulatorOptions.File? = nil) throws(SettingsError) {
        var defaults = JSONValue.object([:])
        for (name, content) in Self.files {
            defaults = defaults.overlaid(by: try SettingsDocument(content, file: name).value)
        }
        let document =
            if let file {
                try SettingsDocument(file.content, file: file.name, over: defaults)
            } else {
                SettingsDocument(defaults: defaults)
            }
        root = document.root
        let clock = try root.table("clock")
        clockSpeed = try clock.number("speed")
        for cloud in Cloud.allCases { _ = try root.table(cloud.rawValue) }
        for key in root.keys where key != "clock" && Cloud(rawValue: key) == nil {
            let known = ["clock"] + Cloud.allCases.map(\.rawValue)
            throw root.error(key, "there is no such setting; there are \(known.joined(separator: ", "))")
        }
        try clock.checkAllRead()
    }

    /// The section of a cloud.
    func settings(_ cloud: Cloud) throws(SettingsError) -> SettingsReader { try root.table(cloud.rawValue) }
}
