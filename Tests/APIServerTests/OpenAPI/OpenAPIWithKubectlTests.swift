import TestSupport
import Testing

@Suite("kubectl and the OpenAPI documents", .serialized)
struct OpenAPIWithKubectlTests {
    @Test("kubectl explains the storage kinds", arguments: Kubectl.all)
    func explain(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { kubectl in
            let claim = try await kubectl("explain", "pvc.spec.accessModes")
            #expect(claim.contains("PersistentVolumeClaim"))
            #expect(claim.contains("ReadWriteOncePod"))
            let server = try await kubectl("explain", "persistentvolume.spec.nfs")
            #expect(server.contains("server\t<string> -required-"))
            let fields = try await kubectl("explain", "sc", "--recursive")
            #expect(fields.contains("volumeBindingMode"))
            let older = try await kubectl("explain", "statefulset.spec.serviceName", "--api-version=apps/v1beta1")
            #expect(older.contains("host names"))
        }
    }

    @Test("kubectl merges lists by the keys in the documents, and one volume source replaces another")
    func merge() async throws {
        for kubectl in Kubectl.representative {
            try await KubectlSession.run(kubectl) { kubectl in
                func set(_ volume: String) -> String {
                    """
                    {"apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "web"}, "spec": {
                      "serviceName": "web", "selector": {"matchLabels": {"app": "web"}},
                      "template": {"metadata": {"labels": {"app": "web"}}, "spec": {
                        "containers": [{"name": "a", "image": "x"}],
                        "volumes": [{"name": "data", \(volume)}]}}}}
                    """
                }
                try await kubectl("apply", "-f", "-", input: set(#""emptyDir": {}"#))
                try await kubectl("apply", "-f", "-", input: set(#""hostPath": {"path": "/srv"}"#))
                let volumes = try await kubectl(
                    "get", "statefulset", "web", "-o", "jsonpath={.spec.template.spec.volumes}")
                #expect(volumes.contains("hostPath"))
                #expect(!volumes.contains("emptyDir"))
            }
        }
    }
}
