import Foundation
import HTTPTypes
import JSONTree

/// The metadata service of the local instance, IMDSv2: a token first, then everything with it.
struct InstanceMetadata: Sendable {
    let configuration: EC2Configuration
    let credentials: TemporaryCredentials

    static func serves(_ request: CloudRequest) -> Bool { request.path.hasPrefix("/latest/") }

    func respond(to request: CloudRequest, now: Date = Date()) -> CloudResponse {
        if request.path == "/latest/api/token" {
            guard request.method == "PUT" else { return text("", status: 405) }
            guard let seconds = request.header("x-aws-ec2-metadata-token-ttl-seconds").flatMap(Int.init),
                (1...21600).contains(seconds)
            else { return text("", status: 400) }
            let token = credentials.sealed("imds \(Int(now.timeIntervalSince1970) + seconds)")
            var response = text(token)
            if let name = HTTPField.Name("x-aws-ec2-metadata-token-ttl-seconds") {
                response.headers[name] = String(seconds)
            }
            return response
        }
        guard request.method == "GET" || request.method == "HEAD" else { return text("", status: 405) }
        guard let token = request.header("x-aws-ec2-metadata-token"), let opened = credentials.opened(token),
            opened.hasPrefix("imds "), let end = Int(opened.dropFirst(5)), now.timeIntervalSince1970 < Double(end)
        else { return text("", status: 401) }
        guard let instance = configuration.instances.first(where: { $0.isLocal }) else {
            return text("", status: 404)
        }
        return answer(request.path, instance, now: now) ?? text("", status: 404)
    }

    private func answer(_ path: String, _ instance: EC2Configuration.Instance, now: Date) -> CloudResponse? {
        let role = configuration.temporaryCredentials.instanceRole
        switch path {
        case "/latest/dynamic/instance-identity/document": return .json(document(instance))
        case "/latest/meta-data/instance-id": return text(instance.id)
        case "/latest/meta-data/instance-type": return text(instance.type)
        case "/latest/meta-data/local-hostname", "/latest/meta-data/hostname": return text(instance.privateDNSName)
        case "/latest/meta-data/placement/availability-zone": return text(instance.zone)
        case "/latest/meta-data/placement/availability-zone-id":
            return configuration.zones.first { $0.name == instance.zone }.map { text($0.id) }
        case "/latest/meta-data/placement/region": return text(configuration.region)
        case "/latest/meta-data/iam/security-credentials/", "/latest/meta-data/iam/security-credentials":
            return role.isEmpty ? nil : text(role)
        case "/latest/meta-data/iam/security-credentials/\(role)" where !role.isEmpty:
            let session = credentials.session(role, seconds: configuration.temporaryCredentials.seconds, now: now)
            return .json([
                "Code": "Success", "LastUpdated": .string(now.formatted(.iso8601)), "Type": "AWS-HMAC",
                "AccessKeyId": .string(session.accessKey), "SecretAccessKey": .string(session.secret),
                "Token": .string(session.token), "Expiration": .string(session.expires.formatted(.iso8601)),
            ])
        default: return nil
        }
    }

    private func document(_ instance: EC2Configuration.Instance) -> JSONValue {
        [
            "accountId": .string(configuration.accountID), "architecture": "x86_64",
            "availabilityZone": .string(instance.zone), "billingProducts": .null, "devpayProductCodes": .null,
            "imageId": "ami-0123456789abcdef0", "instanceId": .string(instance.id),
            "instanceType": .string(instance.type), "kernelId": .null, "marketplaceProductCodes": .null,
            "pendingTime": "2026-01-01T00:00:00Z", "privateIp": "10.0.0.11", "ramdiskId": .null,
            "region": .string(configuration.region), "version": "2017-09-30",
        ]
    }

    private func text(_ text: String, status: Int = 200) -> CloudResponse {
        CloudResponse(status: status, headers: [.contentType: "text/plain"], body: Array(text.utf8))
    }
}
