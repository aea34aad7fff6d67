package import DriverProtocol
package import JSONTree

/// What a FlexVolume driver answers (`DriverStatus` in driver-call.go).
///
/// Names of members are taken in any letter case, as Go reads them: drivers write `capabilities` and `Capabilities`. Their
/// types are not negotiable, and `Success` and `Not supported` are spelt so and not otherwise, as for Kubernetes.
package struct FlexVolumeReply: Sendable, Hashable {
    package enum Status: Sendable, Hashable {
        case success, notSupported
        /// Whatever else it says.
        case failure(word: String)
    }

    package var status: Status
    package var message = ""
    /// Empty where the driver gives none.
    package var device = ""
    package var volumeName = ""
    package var attached = false
    package var capabilities = FlexVolumeCapabilities()
    package var volumeNewSize: Int64 = 0

    package init(json: JSONValue) throws(ProtocolError) {
        let members = try Members(json, path: "")
        guard let word = try members.string("status") else {
            throw ProtocolError(
                path: "status", expected: "\"Success\", \"Failure\" or \"Not supported\"", found: "nothing")
        }
        status =
            switch word {
            case "Success": .success
            case "Not supported": .notSupported
            default: .failure(word: word)
            }
        message = try members.string("message") ?? ""
        device = try members.string("device") ?? ""
        volumeName = try members.string("volumeName") ?? ""
        attached = try members.bool("attached") ?? false
        volumeNewSize = try members.integer("volumeNewSize") ?? 0
        guard let json = members["capabilities"] else { return }
        let declared = try Members(json, path: "capabilities")
        capabilities.attach = try declared.bool("attach") ?? capabilities.attach
        capabilities.selinuxRelabel = try declared.bool("selinuxRelabel") ?? capabilities.selinuxRelabel
        capabilities.supportsMetrics = try declared.bool("supportsMetrics") ?? capabilities.supportsMetrics
        capabilities.fsGroup = try declared.bool("fsGroup") ?? capabilities.fsGroup
        capabilities.requiresFSResize = try declared.bool("requiresFSResize") ?? capabilities.requiresFSResize
    }

    /// The members of an object; `null` counts as absent.
    private struct Members {
        private let object: JSONObject
        private let path: String

        init(_ json: JSONValue, path: String) throws(ProtocolError) {
            guard let object = json.objectValue else {
                throw ProtocolError(path: path, expected: "an object", found: "a value of type \(json.typeName)")
            }
            self.object = object
            self.path = path
        }

        subscript(key: String) -> JSONValue? {
            let value = object[key] ?? object.first { $0.key.lowercased() == key.lowercased() }?.value
            return value.flatMap { $0.isNull ? nil : $0 }
        }

        func string(_ key: String) throws(ProtocolError) -> String? {
            try read(key, "a string", \.stringValue)
        }

        func bool(_ key: String) throws(ProtocolError) -> Bool? {
            try read(key, "true or false, without quotes", \.boolValue)
        }

        func integer(_ key: String) throws(ProtocolError) -> Int64? {
            try read(key, "an integer", \.integerValue)
        }

        private func read<Value>(
            _ key: String, _ expected: String, _ value: (JSONValue) -> Value?
        ) throws(ProtocolError) -> Value? {
            guard let json = self[key] else { return nil }
            guard let value = value(json) else {
                throw ProtocolError(
                    path: path.isEmpty ? key : "\(path).\(key)", expected: expected,
                    found: "a value of type \(json.typeName)")
            }
            return value
        }
    }
}

extension FlexVolumeReply {
    /// A success in the words of Berth's own protocol.
    package func translated(to request: DriverRequest, capabilities: FlexVolumeCapabilities) -> DriverReply {
        var reply = DriverReply(.success, callID: request.callID)
        if !message.isEmpty { reply.message = message }
        switch request.verb {
        case .initialize: reply.info = self.capabilities.info(name: request.driver.name)
        case .getVolumeName:
            reply.volume = ProvisionedVolume(id: volumeName.isEmpty ? request.volume?.name ?? "" : volumeName)
        case .attach: reply.device = device.isEmpty ? nil : device
        // Some drivers only wait, and answer without repeating what they were given.
        case .waitForAttach: reply.device = device.isEmpty ? request.device : device
        case .isAttached: reply.attached = attached
        case .expandVolume:
            // Kubernetes takes the size that it asked for and does not look at volumeNewSize.
            let asked = request.volume?.capacityBytes
            reply.volume = ProvisionedVolume(
                id: request.volume?.id ?? request.volume?.name ?? "", capacityBytes: asked)
            reply.nodeExpansionRequired = capabilities.requiresFSResize
            if volumeNewSize > 0, volumeNewSize != asked {
                reply.message =
                    "the driver says that the volume has \(volumeNewSize) bytes now; the size that was asked for counts, "
                    + "as in Kubernetes"
            }
        default: break
        }
        return reply
    }
}
