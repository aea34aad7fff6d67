import CloudDriverTesting
import DriverProtocol
import JSONTree
import TestSupport
import Testing

@Suite("The state of the simulated Compute Engine")
struct DurabilityTests {
    @Test("a restart loses no disk, no label, no operation and no requestId; time goes on meanwhile")
    func restart() async throws {
        let request = "zones/us-central1-a/disks?requestId=6f9619ff-8b86-4d01-b42d-00cf4fc964ff"
        let body: JSONValue = ["name": "data", "sizeGb": "8", "labels": ["team": "storage"], "description": "kept"]
        try await withTemporaryDirectory { directory in
            let (operation, id) = try await ComputeUnderTest.run(dataDirectory: directory) { compute in
                let answer = try await compute.compute("POST", request, body)
                #expect(answer.status == 200)
                let disks = try await compute.disks()
                return (answer.json["name"]?.stringValue ?? "", disks.first?["id"])
            }
            try await ComputeUnderTest.run(dataDirectory: directory) { compute in
                let again = try await compute.compute("POST", request, body)
                #expect(again.json["name"] == .string(operation))
                let done = try await compute.compute("POST", "zones/us-central1-a/operations/\(operation)/wait")
                #expect(done.json["status"] == "DONE" && done.json["error"] == nil)
                let disks = try await compute.disks()
                #expect(disks.count == 1)
                let disk = try #require(disks.first)
                #expect(disk["id"] == id && disk["status"] == "READY" && disk["sizeGb"] == "8")
                #expect(disk["labels"] == ["team": "storage"] && disk["description"] == "kept")
                #expect(try await compute.compute("POST", "zones/us-central1-a/disks", body).status == 409)
            }
        }
    }

    @Test("a driver's disk is found after a restart of the cloud, and deleted once")
    func drivers() async throws {
        try await withTemporaryDirectory { directory in
            let made = try await ComputeUnderTest.run(dataDirectory: directory) { compute in
                try await compute.withDriver { try await $0.provision("pvc-1", gibibytes: 2) }
            }
            try await ComputeUnderTest.run(dataDirectory: directory) { compute in
                try await compute.withDriver { driver in
                    #expect(try await driver.provision("pvc-1", gibibytes: 2).id == made.id)
                    for _ in 1...2 { try await driver.delete("pvc-1", id: made.id) }
                    #expect(try await compute.disks().isEmpty)
                }
            }
        }
    }
}
