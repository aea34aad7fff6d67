import TestSupport
import Testing

@Suite("What kubectl learns of the server", .serialized)
struct KubectlDiscoveryTests {
    @Test("explain knows the fields of the storage kinds", arguments: Kubectl.all)
    func explain(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            for (path, field) in [
                ("pvc.spec", "storageClassName"), ("pv.spec", "persistentVolumeReclaimPolicy"), ("sc", "provisioner"),
                ("volumeattachment.spec", "attacher"), ("statefulset.spec", "volumeClaimTemplates"),
            ] {
                let explanation = try await session("explain", path)
                #expect(explanation.contains(field), "\(path): \(explanation)")
            }
        }
    }

    @Test("api-resources, api-versions, version and auth can-i answer", arguments: Kubectl.all)
    func discovery(kubectl: Kubectl) async throws {
        try await KubectlSession.run(kubectl) { session in
            let resources = try await session("api-resources")
            #expect(resources.contains(/persistentvolumeclaims +pvc/))
            #expect(try await session("api-versions").contains("storage.k8s.io/v1\n"))
            #expect(try await session("version").contains("v1.32.4+berth"))
            #expect(try await session("auth", "can-i", "create", "pods") == "yes\n")
            #expect(try await session("get", "--raw", "/readyz") == "ok")
        }
    }
}
