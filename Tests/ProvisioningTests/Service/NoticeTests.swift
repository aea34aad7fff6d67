import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("What an event says of a call")
struct NoticeTests {
    private func failed(_ message: String, callID: String) -> Notice {
        .provisioningFailed(
            ProvisioningFailure(.background, message, callID: callID), className: "fast", next: "Next attempt in 3 s")
    }

    @Test("how to see the call, and when there is another")
    func text() {
        #expect(
            failed("driver x died", callID: "c-1").message
                == "failed to provision volume with StorageClass \"fast\": driver x died (berth driver calls show c-1). "
                + "Next attempt in 3 s")
        #expect(
            Notice.volumeDeletionFailed("driver x died", callID: "c-1").message
                == "driver x died (berth driver calls show c-1)")
    }

    @Test("another call of the same words is the same event once more")
    func sameness() {
        #expect(failed("died", callID: "c-1").sameness == failed("died", callID: "c-2").sameness)
        #expect(failed("died", callID: "c-1").sameness != failed("hung", callID: "c-1").sameness)
        let deletions = ["c-1", "c-2"].map { Notice.volumeDeletionFailed("died", callID: $0).sameness }
        #expect(Set(deletions).count == 1)
        let cleanUps = ["c-1", "c-2"].map { Notice.cleanupFailed("died", callID: $0).sameness }
        #expect(Set(cleanUps).count == 1)
    }

    @Test("of a long message the end is left out, and not the call", arguments: [900, 1024, 5000])
    func long(length: Int) {
        let message = failed(String(repeating: "ä", count: length), callID: "c-1").message
        #expect(message.utf8.count <= Event.maximumMessageLength)
        #expect(message.hasSuffix("... (berth driver calls show c-1). Next attempt in 3 s"))
    }
}
