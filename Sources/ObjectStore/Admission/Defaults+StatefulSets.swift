import JSONTree
import KubernetesAPI

extension Defaults {
    private static let beta = "apps/v1beta1"

    static func applyToStatefulSet(_ set: inout JSONValue) {
        let isBeta = set.text("apiVersion") == beta
        if isBeta { applyTemplateLabels(&set) }
        set.change("spec") { spec in
            spec.setDefaultText("podManagementPolicy", "OrderedReady")
            applyUpdateStrategy(&spec, isBeta: isBeta)
            spec.setDefault("persistentVolumeClaimRetentionPolicy", [:])
            spec.change("persistentVolumeClaimRetentionPolicy") {
                $0.setDefaultText("whenDeleted", "Retain")
                $0.setDefaultText("whenScaled", "Retain")
            }
            spec.setDefault("replicas", 1)
            spec.setDefault("revisionHistoryLimit", 10)
            spec.change("template") { $0.change("spec", applyToPodSpec) }
            spec.changeElements("volumeClaimTemplates") { claim in
                claim["apiVersion"] = .string(ResourceKind.persistentVolumeClaim.apiVersion)
                claim["kind"] = .string(ResourceKind.persistentVolumeClaim.kind)
                claim.setDefault("status", [:])
                applyToClaim(&claim)
            }
        }
    }

    /// The old version updated nothing unless it was told to.
    private static func applyUpdateStrategy(_ spec: inout JSONValue, isBeta: Bool) {
        spec.setDefault("updateStrategy", [:])
        spec.change("updateStrategy") { strategy in
            strategy.setDefaultText("type", isBeta ? "OnDelete" : "RollingUpdate")
            guard strategy.text("type") == "RollingUpdate" else { return }
            strategy.setDefault("rollingUpdate", [:])
            strategy.change("rollingUpdate") { $0.setDefault("partition", 0) }
        }
    }

    /// The old version selected by the labels of its template, and took them for its own.
    private static func applyTemplateLabels(_ set: inout JSONValue) {
        guard let labels = set.at("spec", "template", "metadata", "labels"), !labels.isNull else { return }
        if set["spec"]?.present("selector") == nil { set.set(["matchLabels": labels], at: "spec", "selector") }
        if set["metadata"]?.members("labels").isEmpty ?? true { set.set(labels, at: "metadata", "labels") }
    }
}
