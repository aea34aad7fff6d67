import JSONTree
import KubernetesAPI
import ObjectStore
import TestSupport
import Testing

@testable import Provisioning

@Suite("With the hostPath driver, resident", .timeLimit(.minutes(5)))
struct HostPathProvisioningTests {
    @Test("200 claims at once get 200 directories, and leave none", arguments: [128, 2])
    func many(callsPerProvisioner: Int) async throws {
        try await Berth.run(Berth.Options { $0.callsPerProvisioner = callsPerProvisioner }) { berth in
            try berth.driver.registerHostPath()
            try await berth.store.createClass()
            try await withThrowingDiscardingTaskGroup { group in
                for number in 0..<200 {
                    group.addTask { try await berth.store.createClaim("data-\(number)") }
                }
            }
            try await berth.store.awaitBound(200)
            let volumes = try await berth.store.list(.persistentVolume, ListOptions()).items
            #expect(try berth.driver.volumes == Set(volumes.map(\.key.name)))
            #expect(volumes.count == 200)
            for number in 0..<200 {
                try await berth.store.delete(
                    .persistentVolumeClaim, ObjectKey(namespace: "default", name: "data-\(number)"))
            }
            try await berth.store.awaitNone(.persistentVolumeClaim)
            try await berth.store.awaitNone(.persistentVolume)
            #expect(try berth.driver.volumes.isEmpty)
        }
    }

    @Test("what was bound before a restart is bound after it, and can be deleted")
    func restart() async throws {
        try await withTemporaryDirectory { directory in
            try await Berth.run(in: directory) { berth in
                try berth.driver.registerHostPath()
                try await berth.store.createClass()
                for number in 0..<20 { try await berth.store.createClaim("data-\(number)") }
                // Stopped in the middle of it.
                try await berth.store.awaitBound(5)
            }
            try await Berth.run(in: directory) { berth in
                try await berth.store.awaitBound(20)
                #expect(try berth.driver.volumes.count == 20)
                for number in 0..<20 {
                    try await berth.store.delete(
                        .persistentVolumeClaim, ObjectKey(namespace: "default", name: "data-\(number)"))
                }
                try await berth.store.awaitNone(.persistentVolume)
                #expect(try berth.driver.volumes.isEmpty)
            }
        }
    }

    @Test("a path pattern uses the claim's names, and a wrong parameter is told by its name")
    func parameters() async throws {
        try await Berth.run { berth in
            try berth.driver.registerHostPath()
            try await berth.store.createClass(parameters: ["pathPattern": "${pvc.namespace}-${pvc.name}"])
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            #expect(volume.source?.value["path"]?.stringValue?.hasSuffix("/default-data") == true)
            try await berth.store.createClass("wrong", parameters: ["pathPattern": "${pvc.nme}"])
            try await berth.store.createClaim("typo", className: "wrong")
            try await berth.store.awaitEvent("ProvisioningFailed", about: "typo") {
                $0.message.contains("pathPattern") && $0.message.contains("Delete StorageClass \"wrong\"")
            }
        }
    }
}
