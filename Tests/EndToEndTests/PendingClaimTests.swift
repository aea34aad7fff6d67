import JSONTree
import KubernetesAPI
import KubernetesClient
import TestSupport
import Testing

@Suite("Why a claim is Pending")
struct PendingClaimTests {
    @Test("describe shows the driver's own message about a wrong parameter", arguments: Kubectl.representative)
    func wrongParameter(kubectl: Kubectl) async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                var wrong = ClaimJourneyTests.plainClass
                wrong.set("/nowhere/../..", at: "parameters", "pathPattern")
                _ = try await served.client.create(.storageClass, wrong, WriteOptions())
                _ = try await served.client.create(
                    .persistentVolumeClaim, ClaimJourneyTests.claim("data"), WriteOptions())
                try await until("the claim's description says why", within: .seconds(30)) {
                    let described = try await berth.kubectl(kubectl, "describe", "pvc", "data")
                    return described.output.contains("ProvisioningFailed") && described.output.contains("pathPattern")
                }
            }
        }
    }

    @Test("a class whose provisioner nobody serves gets an event that lists the provisioners there are")
    func unknownProvisioner() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                let applied = try await berth.command("apply", "-f", ClaimJourneyTests.examples + "/aws-ebs.yaml")
                #expect(applied.status == 0, "\(applied.errors)")
                try await until("the claim's description lists the provisioners", within: .seconds(30)) {
                    let described = try await berth.command("describe", "pvc", "ebs-claim")
                    return described.output.contains("kubernetes.io/aws-ebs")
                        && described.output.contains("berth.dev/hostpath")
                }
            }
        }
    }

    @Test("a claim of 8Gi is not bound to a volume of 5Gi, and is when one of 10Gi comes")
    func tooSmall() async throws {
        try await withTemporaryDirectory { directory in
            let berth = try BerthUnderTest(directory: directory)
            try await berth.serving { served in
                let applied = try await berth.command("apply", "-f", ClaimJourneyTests.examples + "/nfs-static.yaml")
                #expect(applied.status == 0, "\(applied.errors)")
                try await until("the claim's description says so", within: .seconds(30)) {
                    try await berth.command("describe", "pvc", "myclaim").output.contains(
                        "no persistent volumes available for this claim and no storage class is set")
                }
                var larger = try await served.client.get(.persistentVolume, ObjectKey(name: "pv0003")).decoded()
                larger["metadata"] = ["name": "pv0004"]
                larger["status"] = nil
                larger.set("10Gi", at: "spec", "capacity", "storage")
                _ = try await served.client.create(.persistentVolume, larger, WriteOptions())
                let claim = try await served.isBound("myclaim")
                #expect(claim.at("spec", "volumeName") == "pv0004")
            }
        }
    }
}
