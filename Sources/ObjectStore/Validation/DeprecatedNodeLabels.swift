/// Labels of nodes that got another name, and when the old one was deprecated.
enum DeprecatedNodeLabels {
    private static let replacements: [String: (label: String, since: String)] = [
        "beta.kubernetes.io/arch": ("kubernetes.io/arch", "v1.14"),
        "beta.kubernetes.io/os": ("kubernetes.io/os", "v1.14"),
        "failure-domain.beta.kubernetes.io/region": ("topology.kubernetes.io/region", "v1.17"),
        "failure-domain.beta.kubernetes.io/zone": ("topology.kubernetes.io/zone", "v1.17"),
        "beta.kubernetes.io/instance-type": ("node.kubernetes.io/instance-type", "v1.17"),
    ]

    static func replacement(for label: String) -> (label: String, since: String)? { replacements[label] }
}
