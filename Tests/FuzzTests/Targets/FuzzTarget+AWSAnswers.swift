import CloudHTTP
import DriverProtocol
import JSONTree

@testable import AWSEBSDriver

extension FuzzTarget {
    /// What EC2 answers, as the driver reads it.
    static let awsAnswers = FuzzTarget(
        "aws-answers",
        dictionary: [
            "<volumeId>", "</volumeId>", "<size>", "<status>available</status>", "<item>", "<tagSet>",
            "<attachmentSet>",
            "<![CDATA[", "]]>", "&lt;", "&#x41;", "<?xml version=\"1.0\"?>", "<!DOCTYPE", "9223372036854775807",
            "[default]\n",
            "https://", "[::1]", ":65536",
        ]
    ) { bytes in
        readFormats(bytes)
        guard let root = try? XMLElement.parse(bytes) else { return }
        let items = [root] + (root["volumeSet"] ?? root["snapshotSet"] ?? root).all("item")
        for item in items {
            if let volume = EC2Volume(item) {
                try require(
                    volume.capacityBytes >= 0 || volume.sizeGiB < 0, "a size of \(volume.sizeGiB) GiB overflows")
            }
            if let snapshot = EC2Snapshot(item)?.snapshot { _ = snapshot.json }
            _ = EC2Modification(item)
            _ = EC2ErrorKind(item.string("Code") ?? "").code
        }
    }
}
