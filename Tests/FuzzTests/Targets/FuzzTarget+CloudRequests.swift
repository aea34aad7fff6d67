import HTTPTypes
import JSONTree
import Logging

@testable import CloudSimulators

/// Requests to a simulated cloud that is made for them and gone afterwards. Between two requests is a line `%%`; each has
/// its method and target in the first line, headers up to an empty one, and its body.
extension FuzzTarget {
    static let awsRequests = requests(
        "aws-requests", .aws,
        [
            "POST /\n\nAction=CreateVolume&Version=2016-11-15", "&AvailabilityZone=us-east-1a", "&Size=",
            "&VolumeType=gp3",
            "&Iops=", "&Throughput=", "&Filter.1.Name=", "&Filter.1.Value.1=", "&VolumeId=", "&MaxResults=",
            "&NextToken=",
            "&TagSpecification.1.ResourceType=volume", "Action=ModifyVolume", "Action=DescribeVolumes",
            "-9223372036854775808",
        ])
    static let gceRequests = requests(
        "gce-requests", .gce,
        [
            "POST /compute/v1/projects/p/zones/us-central1-a/disks", "GET ", "?filter=", "(name=a)", " AND ", "NOT ",
            " eq ",
            "?maxResults=", "&pageToken=", "\"sizeGb\":\"", "\"type\":\"zones/us-central1-a/diskTypes/pd-ssd\"",
            "\"provisionedIops\":\"", "/resize", "/setLabels", "/attachDisk", "\"labels\":{", "9223372036854775807",
        ])
    static let azureRequests = requests(
        "azure-requests", .azure,
        [
            "PUT /subscriptions/", "/resourceGroups/", "/providers/Microsoft.Compute/disks/d?api-version=2024-03-02",
            "\"location\":\"westeurope\"", "\"properties\":{\"diskSizeGB\":",
            "\"creationData\":{\"createOption\":\"Empty\"}",
            "\"diskIOPSReadWrite\":", "\"sku\":{\"name\":\"PremiumV2_LRS\"}", "\"zones\":[\"1\"]", "&$skiptoken=",
            "9223372036854775807",
        ])

    private static let configuration = Result { try SimulatorConfiguration() }

    private static func requests(_ name: String, _ cloud: Cloud, _ words: [String]) -> FuzzTarget {
        FuzzTarget(
            name, dictionary: words + ["\n%%\n", "\n\n"],
            asynchronous: { bytes in
                guard let make = CloudServices.all[cloud] else {
                    throw PropertyViolation(description: "\(cloud) is not simulated")
                }
                let service = try make(
                    SimulatorContext(
                        clock: SimulatorClock(), store: try ResourceStore(path: nil),
                        settings: try configuration.get().settings(cloud), contents: nil,
                        logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }))
                for text in String(decoding: bytes, as: UTF8.self).split(separator: "\n%%\n").prefix(8) {
                    guard let request = request(String(text)) else { continue }
                    let operation = service.operation(of: request)
                    let answer = await service.respond(to: request, operation, effects: FaultEffects())
                    try require((200..<600).contains(answer.status), "\(request.target) was answered \(answer.status)")
                    // Faults of the simulator's own; those that are asked for come another way.
                    try require(answer.status != 500, "\(request.target) was answered 500")
                    _ = service.response(to: .capacityExhausted, request, operation)
                }
            })
    }

    private static func request(_ text: String) -> CloudRequest? {
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false)[...]
        let words = lines.popFirst()?.split(separator: " ", maxSplits: 1) ?? []
        guard words.count == 2, let method = HTTPRequest.Method(String(words[0])) else { return nil }
        var head = HTTPRequest(method: method, scheme: "http", authority: "127.0.0.1:1", path: String(words[1]))
        while let line = lines.popFirst(), !line.isEmpty {
            let sides = line.split(separator: ":", maxSplits: 1)
            guard sides.count == 2, let name = HTTPField.Name(String(sides[0])) else { continue }
            head.headerFields.append(HTTPField(name: name, value: String(sides[1].drop { $0 == " " })))
        }
        return CloudRequest(head, body: Array(lines.joined(separator: "\n").utf8))
    }

    /// The files that the simulators read: rules of faults, and the configuration.
    static let simulatorFiles = FuzzTarget(
        "simulator-files",
        dictionary: [
            "faults:", "- fault: ", "throttled", "operation: ", "probability: ", "count: ", "after: ", "delay: ",
            "10ms", "1h",
            "9223372036854775807", "1e300", "clock:\n  speed: ", "aws:\n", "gce:\n", "azure:\n",
        ]
    ) { bytes in
        _ = try? FaultRule.rules(bytes, file: "faults.yaml")
        guard let configuration = try? SimulatorConfiguration(.init(name: "clouds.yaml", content: bytes)) else {
            return
        }
        for cloud in Cloud.allCases {
            guard let settings = try? configuration.settings(cloud), let make = CloudServices.all[cloud] else {
                continue
            }
            _ = try? make(
                SimulatorContext(
                    clock: SimulatorClock(speed: configuration.clockSpeed), store: try ResourceStore(path: nil),
                    settings: settings, contents: nil,
                    logger: Logger(label: "fuzz") { _ in SwiftLogNoOpLogHandler() }))
        }
    }
}
