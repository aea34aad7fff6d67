import CloudDriverTesting
import TestSupport
import Testing

@Suite("The simulated EC2 and Amazon's own clients")
struct EC2ClientTests {
    @Test("boto3, its waiters and paginators work, and every answer is one that botocore's model has")
    func boto3() async throws {
        try await SimulatedEC2.run { ec2 in
            let result = try await ec2.runScript()
            #expect(result.isSuccess, "\(result.output)\(result.errors)")
        }
    }

    @Test("with access keys configured, signatures are verified, and temporary credentials too")
    func signatures() async throws {
        let settings = "  credentials: [{accessKeyId: AKIATEST, secretAccessKey: s3cret/+x}]\n"
        try await SimulatedEC2.run(settings: settings) { ec2 in
            let result = try await ec2.runScript(environment: ["EC2_KEY": "AKIATEST", "EC2_SECRET": "s3cret/+x"])
            #expect(result.isSuccess, "\(result.output)\(result.errors)")
        }
    }

    @Test("aws ec2 works with nothing changed but endpoint and credentials")
    func awscli() async throws {
        try await SimulatedEC2.run { ec2 in
            func aws(_ arguments: String...) async throws -> String {
                let result = try await ec2.aws(arguments)
                #expect(result.isSuccess, "\(result.errors)")
                return result.output.split(separator: "\n").joined(separator: " ")
            }
            let id = try await aws(
                "create-volume", "--size", "8", "--availability-zone", "us-east-1b", "--volume-type", "gp2",
                "--query", "VolumeId", "--output", "text")
            let shown = try await aws(
                "describe-volumes", "--volume-ids", id, "--query", "Volumes[0].[Size,VolumeType,AvailabilityZone]",
                "--output", "text")
            #expect(shown.split(separator: "\t") == ["8", "gp2", "us-east-1b"])
            _ = try await aws("wait", "volume-available", "--volume-ids", id)
            _ = try await aws("delete-volume", "--volume-id", id)
            #expect(
                try await aws("describe-volumes", "--filters", "Name=status,Values=available")
                    == "{     \"Volumes\": [] }")
        }
    }

    @Test("a restart loses no volume, no tag and no client token; time goes on meanwhile")
    func restart() async throws {
        let create =
            "Action=CreateVolume&Version=2016-11-15&AvailabilityZone=us-east-1a&Size=3&ClientToken=t-1"
            + "&TagSpecification.1.ResourceType=volume&TagSpecification.1.Tag.1.Key=a&TagSpecification.1.Tag.1.Value=b"
        try await withTemporaryDirectory { directory in
            let first = try await SimulatedEC2.run(dataDirectory: directory) { ec2 in
                _ = try await ec2.post(create)
                return try await ec2.volumes()
            }
            try await SimulatedEC2.run(dataDirectory: directory) { ec2 in
                _ = try await ec2.post(create)
                let volumes = try await ec2.volumes()
                #expect(volumes.map { $0["volumeId"] } == first.map { $0["volumeId"] })
                #expect(volumes.first?.tags == ["a": "b"])
                try await until("it is available") { try await ec2.volumes().first?["status"] == "available" }
            }
        }
    }
}
