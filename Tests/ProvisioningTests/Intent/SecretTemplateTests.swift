import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("Secrets named by a class")
struct SecretTemplateTests {
    private let values = SecretTemplate.Values(
        volumeName: "pvc-1", claim: ObjectKey(namespace: "shop", name: "data"), claimAnnotations: ["team": "blue"])

    private func resolve(name: String, namespace: String = "shop") throws(ClassParameterError) -> SecretReference {
        try SecretTemplate(keyPrefix: "csi.storage.k8s.io/provisioner-secret", name: name, namespace: namespace)
            .resolved(values)
    }

    @Test(
        "tokens are filled in",
        arguments: [
            ("plain", "plain"), ("${pv.name}", "pvc-1"), ("${pvc.namespace}-key", "shop-key"),
            ("${pvc.name}.${pvc.namespace}", "data.shop"), ("k-${pvc.annotations['team']}", "k-blue"),
        ])
    func tokens(template: String, name: String) throws {
        #expect(try resolve(name: template).name == name)
    }

    @Test(
        "a token without a value, and one that is not closed, are errors that name the parameter",
        arguments: ["${pvc.annotations['absent']}", "${pvc.uid}", "${pv.name"])
    func unresolved(template: String) {
        let error = #expect(throws: ClassParameterError.self) { try resolve(name: template) }
        #expect(error?.parameter == "csi.storage.k8s.io/provisioner-secret-name")
    }

    @Test(
        "the namespace takes no token that the claim's owner chooses",
        arguments: ["${pvc.name}", "${pvc.annotations['team']}"])
    func namespaceTokens(template: String) {
        let error = #expect(throws: ClassParameterError.self) { try resolve(name: "s", namespace: template) }
        #expect(error?.parameter == "csi.storage.k8s.io/provisioner-secret-namespace")
    }

    @Test("a result that can be no object's name is an error", arguments: ["UPPER", "a/b", "-a", "", "a b"])
    func badName(name: String) {
        #expect(throws: ClassParameterError.self) { try resolve(name: name) }
    }
}

@Suite("Class parameters")
struct ClassParametersTests {
    @Test("reserved keys are acted on and not given to the driver")
    func split() throws {
        let parameters = try ClassParameters([
            "type": "gp3", "csi.storage.k8s.io/fstype": "xfs",
            "csi.storage.k8s.io/provisioner-secret-name": "n", "csi.storage.k8s.io/provisioner-secret-namespace": "ns",
        ])
        #expect(parameters.driverParameters == ["type": "gp3"])
        #expect(parameters.fsType == "xfs")
        #expect(parameters.secret(for: .provision)?.name == "n")
        #expect(parameters.secret(for: .nodeStage) == nil)
    }

    @Test("the default secret serves every use that has none of its own")
    func defaultSecret() throws {
        let parameters = try ClassParameters([
            "csi.storage.k8s.io/secret-name": "all", "csi.storage.k8s.io/secret-namespace": "ns",
            "csi.storage.k8s.io/node-stage-secret-name": "stage",
            "csi.storage.k8s.io/node-stage-secret-namespace": "ns",
        ])
        #expect(parameters.secret(for: .provision)?.name == "all")
        #expect(parameters.secret(for: .nodeStage)?.name == "stage")
    }

    @Test("half of a secret's name is an error", arguments: ["name", "namespace"])
    func half(part: String) {
        let key = "csi.storage.k8s.io/provisioner-secret-\(part)"
        let error = #expect(throws: ClassParameterError.self) { try ClassParameters([key: "x"]) }
        #expect(error?.parameter == key)
    }

    @Test("an unknown reserved key is an error")
    func unknown() {
        #expect(throws: ClassParameterError.self) { try ClassParameters(["csi.storage.k8s.io/fsType": "ext4"]) }
    }
}
