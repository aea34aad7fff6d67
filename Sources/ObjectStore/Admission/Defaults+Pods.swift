import JSONTree
import KubernetesAPI

extension Defaults {
    private static let fileMode: JSONValue = .integer(0o644)

    /// Also for the templates of StatefulSets.
    static func applyToPodSpec(_ spec: inout JSONValue) {
        spec.changeElements("volumes", applyToPodVolume)
        for list in ["containers", "initContainers"] { spec.changeElements(list, applyToContainer) }
        spec.setDefaultText("restartPolicy", "Always")
        spec.setDefaultText("dnsPolicy", "ClusterFirst")
        spec.setDefaultText("schedulerName", "default-scheduler")
        spec.setDefault("securityContext", [:])
        spec.setDefault("terminationGracePeriodSeconds", 30)
        spec.setDefault("enableServiceLinks", true)
    }

    private static func applyToPodVolume(_ volume: inout JSONValue) {
        let hasSource = volume.objectValue?.contains { $0.key != "name" && !$0.value.isNull } ?? false
        if !hasSource { volume["emptyDir"] = [:] }
        applyToSources(&volume)
        for source in ["secret", "configMap", "downwardAPI", "projected"] {
            volume.change(source) { $0.setDefault("defaultMode", fileMode) }
        }
        volume.change("projected") { projected in
            projected.changeElements("sources") { source in
                source.change("serviceAccountToken") { $0.setDefault("expirationSeconds", 3600) }
            }
        }
        volume.change("ephemeral") { ephemeral in
            ephemeral.change("volumeClaimTemplate") { $0.change("spec", applyToClaimSpec) }
        }
    }

    private static func applyToContainer(_ container: inout JSONValue) {
        container.setDefaultText("terminationMessagePath", "/dev/termination-log")
        container.setDefaultText("terminationMessagePolicy", "File")
        let image = container.text("image")
        container.setDefaultText("imagePullPolicy", isLatest(image) ? "Always" : "IfNotPresent")
        container.setDefault("resources", [:])
        container.change("resources") { resources in
            // Who limits without asking for an amount asks for the limit.
            for (name, limit) in resources.members("limits") where resources["requests"]?[name] == nil {
                resources.set(limit, at: "requests", name)
            }
        }
        container.changeElements("ports") { $0.setDefaultText("protocol", "TCP") }
        container.changeElements("env") { variable in
            variable.change("valueFrom") { source in
                source.change("fieldRef") { $0.setDefaultText("apiVersion", "v1") }
            }
        }
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            container.change(probe, applyToProbe)
        }
    }

    private static func applyToProbe(_ probe: inout JSONValue) {
        for (field, value) in [
            ("timeoutSeconds", 1), ("periodSeconds", 10), ("successThreshold", 1), ("failureThreshold", 3),
        ] where probe.number(field) == 0 {
            probe[field] = .integer(Int64(value))
        }
        probe.change("httpGet") {
            $0.setDefaultText("path", "/")
            $0.setDefaultText("scheme", "HTTP")
        }
    }

    /// Whether an image is taken by the tag `latest`, also for want of another and of a digest.
    private static func isLatest(_ image: String) -> Bool {
        guard !image.contains("@") else { return false }
        let name = image.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let colon = name.lastIndex(of: ":") else { return true }
        return name[colon...] == ":latest"
    }
}
