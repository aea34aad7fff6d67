import JSONTree
import KubernetesAPI

/// What is special about namespaces: they end only when they are empty, and some never do.
enum NamespaceRules {
    /// Made when they are missing; they cannot be deleted.
    static let permanent = ["default", "kube-system"]
    /// Holds a namespace until its content is gone; in `spec.finalizers`, not in metadata.
    static let finalizer = "kubernetes"

    static func prepareCreation(_ namespace: inout JSONValue) {
        namespace.set([.string(finalizer)], at: "spec", "finalizers")
        namespace["status"] = ["phase": "Active"]
    }

    /// - Throws: `Forbidden` for a namespace that must stay.
    static func checkDeletion(of name: String) throws(StatusError) {
        guard permanent.contains(name) else { return }
        throw .forbidden(.namespace, name, "this namespace may not be deleted")
    }
}
