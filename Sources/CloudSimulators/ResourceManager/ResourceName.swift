import JSONTree

/// Where a resource stands: `/subscriptions/…/resourceGroups/…/providers/Microsoft.Compute/disks/data-1`.
///
/// Azure compares names without regard to case, and keeps the case in which a resource was made.
struct ResourceName: Sendable {
    enum Kind: String, Sendable, CaseIterable {
        case disk = "disks"
        case snapshot = "snapshots"
        case machine = "virtualMachines"
        /// An instance of a scale set.
        case scaleSetMachine = "virtualMachineScaleSets/virtualMachines"

        /// `Microsoft.Compute/disks`
        var path: String { "Microsoft.Compute/\(rawValue)" }
    }

    var type: Kind
    var subscription: String
    var group: String
    /// The scale set of an instance.
    var parent: String?
    var name: String

    var id: String {
        let base = "/subscriptions/\(subscription)/resourceGroups/\(group)/providers/Microsoft.Compute/"
        guard let parent else { return "\(base)\(type.rawValue)/\(name)" }
        return "\(base)virtualMachineScaleSets/\(parent)/virtualMachines/\(name)"
    }

    /// Equal for the same resource.
    var key: String { id.lowercased() }

    init(_ type: Kind, subscription: String, group: String, parent: String? = nil, name: String) {
        self.type = type
        self.subscription = subscription
        self.group = group
        self.parent = parent
        self.name = name
    }

    /// Reads an ID, as it stands in `managedDisk.id` or `sourceResourceId`; `nil` if it is none of a resource here.
    init?(id: String) {
        guard id.hasPrefix("/"), case .resource(let name) = ResourcePath(id.split(separator: "/").map(String.init))
        else { return nil }
        self = name
    }

    /// 1 to 80 letters, digits, `_`, `.` and `-`; the first a letter or digit, the last a letter, digit or `_`.
    static func isValid(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        func isWord(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                true
            default: false
            }
        }
        guard let first = bytes.first, let last = bytes.last, bytes.count <= 80 else { return false }
        return isWord(first) && (isWord(last) || last == UInt8(ascii: "_"))
            && bytes.allSatisfy { isWord($0) || "_.-".utf8.contains($0) }
    }
}

extension ResourceName: Hashable {
    static func == (left: ResourceName, right: ResourceName) -> Bool { left.key == right.key }
    func hash(into hasher: inout Hasher) { hasher.combine(key) }
}

/// What a request's path names, of all that is served.
enum ResourcePath: Sendable, Hashable {
    case subscriptions
    case subscription(String)
    case locations(subscription: String)
    case resourceGroups(subscription: String)
    case resourceGroup(subscription: String, name: String)
    case skus(subscription: String)
    /// All of a kind in a subscription, or in one of its groups, or in one scale set of the group.
    case collection(ResourceName.Kind, subscription: String, group: String?, parent: String?)
    case resource(ResourceName)
    case instanceView(ResourceName)
    case operation(subscription: String, location: String, id: String)
    /// OAuth: `/{tenant}/oauth2/v2.0/token`
    case token(tenant: String)
    case openIDConfiguration(tenant: String)
    case instanceDiscovery
    /// The instance metadata service's.
    case metadataToken
    case metadataInstance
    case unknown

    /// - Parameter segments: Decoded. Azure's fixed segments are matched without regard to case.
    init(_ segments: [String]) {
        let folded = segments.map { $0.lowercased() }
        if folded.first == "subscriptions" {
            self = Self.resourceManagerPath(segments, folded)
        } else {
            self =
                switch folded.count {
                case 3 where folded == ["common", "discovery", "instance"]: .instanceDiscovery
                case 4 where folded == ["metadata", "identity", "oauth2", "token"]: .metadataToken
                case 2 where folded == ["metadata", "instance"]: .metadataInstance
                case 4 where Array(folded.dropFirst()) == ["oauth2", "v2.0", "token"]: .token(tenant: segments[0])
                case 4 where Array(folded.dropFirst()) == ["v2.0", ".well-known", "openid-configuration"]:
                    .openIDConfiguration(tenant: segments[0])
                default: .unknown
                }
        }
    }

    private static func resourceManagerPath(_ segments: [String], _ folded: [String]) -> ResourcePath {
        guard segments.count > 1 else { return .subscriptions }
        let subscription = segments[1]
        guard segments.count > 2 else { return .subscription(subscription) }
        switch folded[2] {
        case "locations" where segments.count == 3: return .locations(subscription: subscription)
        case "resourcegroups":
            guard segments.count > 3 else { return .resourceGroups(subscription: subscription) }
            guard segments.count > 4 else { return .resourceGroup(subscription: subscription, name: segments[3]) }
            guard folded[4] == "providers" else { return .unknown }
            return provider(segments.dropFirst(5), folded.dropFirst(5), subscription, group: segments[3])
        case "providers": return provider(segments.dropFirst(3), folded.dropFirst(3), subscription, group: nil)
        default: return .unknown
        }
    }

    /// What follows `providers`.
    private static func provider(
        _ segments: ArraySlice<String>, _ folded: ArraySlice<String>, _ subscription: String, group: String?
    ) -> ResourcePath {
        guard folded.first == "microsoft.compute" else { return .unknown }
        let (rest, foldedRest) = (Array(segments.dropFirst()), Array(folded.dropFirst()))
        guard let group else {
            switch (foldedRest.first, rest.count) {
            case ("skus", 1): return .skus(subscription: subscription)
            case ("locations", 4) where ["diskoperations", "operations"].contains(foldedRest[2]):
                return .operation(subscription: subscription, location: rest[1], id: rest[3])
            case (let word?, 1):
                guard let kind = ResourceName.Kind.allCases.first(where: { $0.rawValue.lowercased() == word })
                else { return .unknown }
                return .collection(kind, subscription: subscription, group: nil, parent: nil)
            default: return .unknown
            }
        }
        if foldedRest.first == "virtualmachinescalesets" {
            guard rest.count >= 3, foldedRest[2] == "virtualmachines" else { return .unknown }
            if rest.count == 3 {
                return .collection(.scaleSetMachine, subscription: subscription, group: group, parent: rest[1])
            }
            return named(
                ResourceName(
                    .scaleSetMachine, subscription: subscription, group: group, parent: rest[1], name: rest[3]),
                foldedRest.dropFirst(4))
        }
        guard let kind = ResourceName.Kind.allCases.first(where: { $0.rawValue.lowercased() == foldedRest.first })
        else { return .unknown }
        guard rest.count > 1 else {
            return .collection(kind, subscription: subscription, group: group, parent: nil)
        }
        return named(
            ResourceName(kind, subscription: subscription, group: group, name: rest[1]), foldedRest.dropFirst(2))
    }

    private static func named(_ name: ResourceName, _ rest: ArraySlice<String>) -> ResourcePath {
        if rest.isEmpty { return .resource(name) }
        if Array(rest) == ["instanceview"], name.type != .disk, name.type != .snapshot { return .instanceView(name) }
        return .unknown
    }
}
