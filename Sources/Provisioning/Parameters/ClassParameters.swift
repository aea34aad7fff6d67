import DriverProtocol

/// A StorageClass's parameters, split into what the host acts on (the keys under `csi.storage.k8s.io/`) and what the
/// driver gets.
struct ClassParameters: Sendable, Hashable {
    /// What a Secret is for. The raw value is what stands between `csi.storage.k8s.io/` and `secret-name`.
    enum SecretUse: String, Sendable, CaseIterable {
        case provision = "provisioner-"
        case controllerPublish = "controller-publish-"
        case nodeStage = "node-stage-"
        case nodePublish = "node-publish-"
        case controllerExpand = "controller-expand-"
        case nodeExpand = "node-expand-"
        case controllerModify = "controller-modify-"
    }

    static let reservedPrefix = "csi.storage.k8s.io/"

    /// For the driver, without the reserved keys.
    private(set) var driverParameters: [String: String] = [:]
    private(set) var fsType: String?
    private var secrets: [SecretUse: SecretTemplate] = [:]
    /// For every use that has none of its own.
    private var defaultSecret: SecretTemplate?

    /// - Throws: ``ClassParameterError`` for a reserved key that nobody knows, and for half of a Secret's name.
    init(_ parameters: [String: String]) throws(ClassParameterError) {
        var reserved: [String: String] = [:]
        for (key, value) in parameters {
            if key.hasPrefix(Self.reservedPrefix) {
                reserved[String(key.dropFirst(Self.reservedPrefix.count))] = value
            } else {
                driverParameters[key] = value
            }
        }
        fsType = reserved.removeValue(forKey: "fstype")
        for use in SecretUse.allCases {
            secrets[use] = try Self.secret(use.rawValue + "secret", from: &reserved)
        }
        defaultSecret = try Self.secret("secret", from: &reserved)
        if let unknown = reserved.keys.min() {
            let key = Self.reservedPrefix + unknown
            let remedy =
                EditDistance.nearest(to: unknown, among: Self.reservedKeys)
                .map { "did you mean \"\(Self.reservedPrefix)\($0)\"?" } ?? "remove it, or correct it"
            throw ClassParameterError(
                parameter: key, message: "no such key. \(Self.reservedPrefix) is reserved; \(remedy)")
        }
    }

    /// What may stand behind ``reservedPrefix``.
    private static let reservedKeys: [String] =
        ["fstype"]
        + (SecretUse.allCases.map(\.rawValue) + [""]).flatMap { ["\($0)secret-name", "\($0)secret-namespace"] }

    /// The reserved key that says what `parameter` would, as CSI's drivers and Kubernetes' own plugins spell it
    /// without the prefix: `fsType`.
    static func reservedKey(meantBy parameter: String) -> String? {
        reservedKeys.first { $0 == parameter.lowercased() }.map { reservedPrefix + $0 }
    }

    /// Looks for what no claim could fill in.
    ///
    /// - Throws: ``ClassParameterError`` for the first fault, by the parameters' names.
    func checkSecretTemplates() throws(ClassParameterError) {
        let templates = Array(secrets.values) + [defaultSecret].compactMap(\.self)
        for template in templates.sorted(by: { $0.keyPrefix < $1.keyPrefix }) { try template.checkTokens() }
    }

    func secret(for use: SecretUse) -> SecretTemplate? { secrets[use] ?? defaultSecret }

    private static func secret(
        _ prefix: String, from reserved: inout [String: String]
    ) throws(ClassParameterError) -> SecretTemplate? {
        let keyPrefix = reservedPrefix + prefix
        let name = reserved.removeValue(forKey: prefix + "-name")
        let namespace = reserved.removeValue(forKey: prefix + "-namespace")
        switch (name, namespace) {
        case (nil, nil): return nil
        case (let name?, let namespace?):
            return SecretTemplate(keyPrefix: keyPrefix, name: name, namespace: namespace)
        case (_?, nil):
            throw ClassParameterError(
                parameter: keyPrefix + "-name", message: "needs \(keyPrefix)-namespace beside it")
        case (nil, _?):
            throw ClassParameterError(
                parameter: keyPrefix + "-namespace", message: "needs \(keyPrefix)-name beside it")
        }
    }
}
