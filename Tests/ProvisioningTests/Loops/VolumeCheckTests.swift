import DriverProtocol
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("A volume that its driver wants looked after", .timeLimit(.minutes(5)))
struct VolumeCheckTests {
    @Test("its claim is told when it becomes abnormal, once, and when all is well again")
    func condition() async throws {
        let options = Berth.Options { $0.volumeCheckInterval = .milliseconds(20) }
        try await Berth.run(options) { berth in
            try await berth.store.createClass(parameters: ["mode": "0700"])
            let key = try await berth.store.createClaim()
            let (_, volume) = try await berth.store.awaitBound(key)
            for round in 1...2 {
                try berth.driver.setOverfull(true)
                try await berth.store.awaitEvent("VolumeConditionAbnormal", about: "data") {
                    $0.count == round && $0.message == "volume \(volume.name): it holds 7 bytes too many"
                }
                try berth.driver.setOverfull(false)
                try await berth.store.awaitEvent("VolumeConditionNormal", about: "data") { $0.count == round }
            }
            #expect(berth.driver.calls(of: "stats").first == "stats \(volume.name) mode=0700 secret= context=here")
        }
    }

    @Test("others are left alone")
    func others() async throws {
        let options = Berth.Options { $0.volumeCheckInterval = .milliseconds(20) }
        try await Berth.run(options) { berth in
            try await berth.store.createClass("plain", parameters: ["mode": "0750"])
            try await berth.store.createClass("watched", parameters: ["mode": "0700"])
            let plain = try await berth.store.createClaim("plain", className: "plain")
            let watched = try await berth.store.createClaim("watched", className: "watched")
            let (_, volume) = try await berth.store.awaitBound(plain)
            _ = try await berth.store.awaitBound(watched)
            // Several rounds have passed.
            try await eventually("three looks at the other one") { berth.driver.calls(of: "stats").count >= 3 }
            #expect(berth.driver.calls(of: "stats \(volume.name)").isEmpty)
        }
    }

    @Test("what is to be said of it follows from what was said before")
    func notices() {
        var conditions = VolumeConditions()
        let full = VolumeStats(abnormal: true, message: "full")
        #expect(conditions.notice("pvc-1", VolumeStats()) == nil)
        #expect(conditions.notice("pvc-1", full)?.reason == "VolumeConditionAbnormal")
        #expect(conditions.notice("pvc-1", VolumeStats())?.reason == "VolumeConditionNormal")
        #expect(conditions.notice("pvc-1", VolumeStats()) == nil)
        #expect(conditions.notice("pvc-1", full)?.severity == .warning)
        let later = (1...60).map { _ in conditions.notice("pvc-1", full) }
        #expect(later.count { $0 != nil } == 1, "told again now and then, since events are not kept for ever")
        conditions.keep([])
        #expect(conditions.notice("pvc-1", VolumeStats()) == nil)
    }
}
