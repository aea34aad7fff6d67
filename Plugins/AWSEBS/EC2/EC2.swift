import CloudHTTP
import DriverProtocol

/// EC2, as one call of the driver sees it: with its credentials and its deadline.
struct EC2: Sendable {
    typealias Parameters = [(name: String, value: String)]

    let account: Account
    /// Those that the call brings along instead of the account's.
    let ownCredentials: SigV4Signer.Credentials?
    let deadline: ContinuousClock.Instant?

    func call(
        _ action: String, _ parameters: Parameters, isRepeatable: Bool = true
    ) async throws(EC2Failure) -> XMLElement {
        try await account.api.call(
            action, parameters, isRepeatable: isRepeatable, deadline: deadline,
            credentials: {
                if let ownCredentials { return ownCredentials }
                return try await account.credentials.current(deadline: deadline)
            },
            refused: { ownCredentials == nil && account.credentials.refuse($0) })
    }

    // MARK: Volumes

    /// The volumes that carry all these tags, and are not on their way out.
    func volumes(tagged tags: [String: String]) async throws(EC2Failure) -> [EC2Volume] {
        var volumes: [EC2Volume] = []
        var token: String?
        repeat {
            let page = try await volumePage(tagged: tags, token: token)
            volumes += page.volumes
            token = page.nextToken
        } while token != nil
        return volumes
    }

    /// - Parameter maximum: From 5.
    func volumePage(
        tagged tags: [String: String], token: String?, maximum: Int? = nil
    ) async throws(EC2Failure) -> (volumes: [EC2Volume], nextToken: String?) {
        let root = try await call("DescribeVolumes", Self.filters(tags) + Self.paging(token, maximum))
        let volumes = (root["volumeSet"]?.all("item") ?? []).compactMap(EC2Volume.init).filter { !$0.isGone }
        return (volumes, Self.token(root))
    }

    /// - Returns: `nil` where there is no such volume.
    func volume(_ id: String) async throws(EC2Failure) -> EC2Volume? {
        do {
            let root = try await call("DescribeVolumes", [("VolumeId.1", id)])
            let volume = root["volumeSet"]?.all("item").first.flatMap(EC2Volume.init)
            return volume.flatMap { $0.isGone ? nil : $0 }
        } catch {
            if let code = error.code, EC2ErrorKind(code) == .notFound { return nil }
            throw error
        }
    }

    /// - Returns: `nil` for a volume that was never modified.
    func modification(of id: String) async throws(EC2Failure) -> EC2Modification? {
        do {
            let root = try await call("DescribeVolumesModifications", [("VolumeId.1", id)])
            return root["volumeModificationSet"]?.all("item").first.flatMap(EC2Modification.init)
        } catch {
            if error.code == "InvalidVolumeModification.NotFound" { return nil }
            throw error
        }
    }

    // MARK: Snapshots

    func snapshots(
        tagged tags: [String: String], of volumeID: String? = nil
    ) async throws(EC2Failure) -> [EC2Snapshot] {
        var snapshots: [EC2Snapshot] = []
        var token: String?
        repeat {
            let page = try await snapshotPage(tagged: tags, of: volumeID, token: token)
            snapshots += page.snapshots
            token = page.nextToken
        } while token != nil
        return snapshots
    }

    func snapshotPage(
        tagged tags: [String: String], of volumeID: String?, token: String?, maximum: Int? = nil
    ) async throws(EC2Failure) -> (snapshots: [EC2Snapshot], nextToken: String?) {
        var parameters = Self.filters(tags)
        if let volumeID {
            parameters += [
                ("Filter.\(tags.count + 1).Name", "volume-id"), ("Filter.\(tags.count + 1).Value.1", volumeID),
            ]
        }
        let root = try await call(
            "DescribeSnapshots", [("Owner.1", "self")] + parameters + Self.paging(token, maximum))
        return ((root["snapshotSet"]?.all("item") ?? []).compactMap(EC2Snapshot.init), Self.token(root))
    }

    /// - Returns: `nil` where there is no such snapshot.
    func snapshot(_ id: String) async throws(EC2Failure) -> EC2Snapshot? {
        do {
            let root = try await call("DescribeSnapshots", [("SnapshotId.1", id)])
            return root["snapshotSet"]?.all("item").first.flatMap(EC2Snapshot.init)
        } catch {
            if let code = error.code, EC2ErrorKind(code) == .notFound { return nil }
            throw error
        }
    }

    // MARK: Parameters

    static func filters(_ tags: [String: String]) -> Parameters {
        tags.sorted { $0.key < $1.key }.enumerated().flatMap { index, tag in
            [
                ("Filter.\(index + 1).Name", "tag:\(tag.key)"),
                ("Filter.\(index + 1).Value.1", escaped(tag.value)),
            ]
        }
    }

    /// `*` and `?` have a meaning in the values of filters.
    private static func escaped(_ value: String) -> String {
        var result = ""
        for character in value {
            if character == "*" || character == "?" || character == "\\" { result += "\\" }
            result.append(character)
        }
        return result
    }

    static func tagSpecification(_ type: String, _ tags: [String: String]) -> Parameters {
        [("TagSpecification.1.ResourceType", type)] + Self.tags(tags, prefix: "TagSpecification.1.")
    }

    static func tags(_ tags: [String: String], prefix: String = "") -> Parameters {
        tags.sorted { $0.key < $1.key }.enumerated().flatMap { index, tag in
            [("\(prefix)Tag.\(index + 1).Key", tag.key), ("\(prefix)Tag.\(index + 1).Value", tag.value)]
        }
    }

    private static func paging(_ token: String?, _ maximum: Int?) -> Parameters {
        [("MaxResults", String(maximum ?? 500))] + (token.map { [("NextToken", $0)] } ?? [])
    }

    private static func token(_ root: XMLElement) -> String? {
        root.string("nextToken").flatMap { $0.isEmpty ? nil : $0 }
    }
}
