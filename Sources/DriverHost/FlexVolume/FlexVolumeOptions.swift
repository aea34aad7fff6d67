import DriverProtocol
import FoundationEssentials
import JSONTree

/// The JSON object of strings that a driver gets as an argument (`NewOptionsForDriver` in driver-call.go).
enum FlexVolumeOptions {
    /// - Parameters:
    ///   - isForMount: `mount` alone gets the secrets and what is known of the Pod.
    ///   - secret: What stands for a secret's value: its base64, or in a record a mark.
    static func text(of request: DriverRequest, isForMount: Bool, secret: (String) -> String) -> String {
        var options = [
            "kubernetes.io/fsType": request.volume?.fsType ?? "",
            "kubernetes.io/readwrite": request.readOnly ? "ro" : "rw",
            "kubernetes.io/pvOrVolumeName": request.volume?.name ?? "",
        ]
        if isForMount {
            for (key, value) in request.secrets { options["kubernetes.io/secret/\(key)"] = secret(value) }
            options.merge(podOptions(of: request)) { $1 }
        }
        // Those of the volume come last and win, even over Kubernetes' own keys. The API refuses such keys in a
        // PersistentVolume; here they let somebody who tries a driver out give what Kubernetes has given at some time.
        options.merge(request.parameters) { $1 }
        options.merge(request.volume?.context ?? [:]) { $1 }
        return String(decoding: JSONValue(options).encoded, as: UTF8.self)
    }

    private static func podOptions(of request: DriverRequest) -> [String: String] {
        guard let pod = request.pod else { return [:] }
        var options = ["kubernetes.io/pod.name": pod.name, "kubernetes.io/pod.namespace": pod.namespace]
        options["kubernetes.io/pod.uid"] = pod.uid
        options["kubernetes.io/serviceAccount.name"] = pod.serviceAccount
        // The documented key, which drivers read. A slip in a later refactoring of Kubernetes sends another.
        options["kubernetes.io/fsGroup"] = pod.fsGroup.map(String.init)
        return options
    }

    static func base64(_ text: String) -> String { Data(text.utf8).base64EncodedString() }
}
