import CloudDriverTesting
import JSONTree
import TestSupport
import Testing

@Suite("From a claim to its EBS volume, with the built programs")
struct ClaimTests {
    private static let example = ServedBerth.example("aws-ebs.yaml")

    @Test("the example's claim is Bound, aws sees its volume with the claim's tags, and it goes with the claim")
    func example() async throws {
        try await SimulatedEC2.run { ec2 in
            try await ec2.serving { berth in
                for _ in 1...2 { _ = try await berth.run("apply", "-f", Self.example, "--wait") }
                let claims = try await berth.objects("pvc")
                #expect(claims.map { $0.at("status", "phase") } == ["Bound"])
                let volume = claims.first?.at("spec", "volumeName")?.stringValue ?? ""
                let shown = try await ec2.aws(["describe-volumes", "--query", "Volumes[]", "--output", "json"])
                #expect(shown.isSuccess, "\(shown.errors)")
                let made = try #require(try JSONParser.parse(Array(shown.output.utf8)).arrayValue)
                #expect(made.count == 1)
                #expect(made.first?["VolumeType"] == "gp2" && made.first?["Size"] == 8)
                let tags = Set(made.first?["Tags"]?.arrayValue ?? [])
                for (key, value) in [
                    ("kubernetes.io/created-for/pvc/name", "ebs-claim"),
                    ("kubernetes.io/created-for/pvc/namespace", "default"),
                    ("kubernetes.io/created-for/pv/name", volume), ("Name", "kubernetes-dynamic-\(volume)"),
                ] {
                    #expect(tags.contains(["Key": .string(key), "Value": .string(value)]), "\(tags)")
                }
                let zone = made.first?["AvailabilityZone"]
                let volumes = try await berth.objects("pv")
                #expect(volumes.first?.at("metadata", "labels", "topology.kubernetes.io/zone") == zone)
                #expect(volumes.first?.at("spec", "awsElasticBlockStore", "volumeID") != nil)

                _ = try await berth.run("delete", "pvc", "ebs-claim")
                try await until("the volume is gone") { try await ec2.volumes().isEmpty }
            }
        }
    }

    @Test("200 claims are all Bound to 200 volumes, and leave none, with a fifth of all calls failing")
    func aFifthFails() async throws {
        try await SimulatedEC2.run(faults: aFifthOfAllCallsFails) { ec2 in
            try await ec2.serving { berth in
                try await ClaimsUnderFaults(cloud: ec2, berth: berth, manifest: Self.example, storageClass: "standard")
                {
                    try await ec2.volumes().map { $0.tags["berth.dev/volume"] }
                }.run()
            }
        }
    }
}
