import Foundation
import JSONTree

/// 200 claims, while a fifth of the calls of every kind fail.
public struct ClaimsUnderFaults<Simulated: SimulatedCloud>: Sendable {
    let cloud: Simulated
    let berth: ServedBerth
    /// With the class and one of the claims.
    let manifest: String
    let storageClass: String
    /// The PersistentVolumes' names, as the cloud's disks have them; a disk of which it cannot be told has none.
    let disks: @Sendable () async throws -> [String?]

    /// - Parameters:
    ///   - cloud: With ``aFifthOfAllCallsFails``.
    public init(
        cloud: Simulated, berth: ServedBerth, manifest: String, storageClass: String,
        disks: @escaping @Sendable () async throws -> [String?]
    ) {
        self.cloud = cloud
        self.berth = berth
        self.manifest = manifest
        self.storageClass = storageClass
        self.disks = disks
    }

    /// All are Bound, each to one disk, and none is left when they are deleted.
    public func run() async throws {
        let count = 200
        let file = berth.directory + "/claims.yaml"
        try claims(count - 1).write(toFile: file, atomically: true, encoding: .utf8)
        _ = try await berth.run("apply", "-f", manifest, "-f", file)
        try await until("all claims are Bound") {
            let claims = try await berth.objects("pvc")
            return claims.count == count && claims.allSatisfy { $0.at("status", "phase") == "Bound" }
        }
        let counts = try await cloud.requestCounts()
        let faulty = (counts["operations"]?.objectValue ?? [:]).reduce(0) {
            $0 + ($1.value["faulty"]?.integerValue ?? 0)
        }
        try require(faulty > 100, "more than 100 calls should have failed: \(counts)")
        try await cloud.clearFaults()
        try await until("the cloud shows every disk") { try await disks().count >= count }
        try await Self.waitForHiddenDisks()
        let bound = try await berth.objects("pvc").compactMap { $0.at("spec", "volumeName")?.stringValue }
        let made = try await disks()
        try require(
            made.count == count && Set(made) == Set(bound),
            "\(count) claims should have a disk each: the cloud has \(made.count), without these: "
                + "\(Set(bound).subtracting(made.compactMap(\.self)))")

        try await cloud.addFaults(aFifthOfAllCallsFails)
        _ = try await berth.run("delete", "-f", file)
        _ = try await berth.run("delete", "pvc", "--all")
        try await until("all volumes are deleted") { try await berth.objects("pv").isEmpty }
        try await cloud.clearFaults()
        try await Self.waitForHiddenDisks()
        let left = try await disks()
        try require(left.isEmpty, "no disk should be left, and there are \(left)")
    }

    /// A disk too many would be hidden by the last fault for half a second, and nothing tells of its coming about.
    private static func waitForHiddenDisks() async throws { try await Task.sleep(for: .milliseconds(600)) }

    private func claims(_ count: Int) -> String {
        (0..<count).map { number in
            """
            apiVersion: v1
            kind: PersistentVolumeClaim
            metadata:
              name: claim-\(number)
            spec:
              accessModes: [ReadWriteOnce]
              storageClassName: \(storageClass)
              resources:
                requests:
                  storage: 1Gi

            """
        }.joined(separator: "---\n")
    }
}
