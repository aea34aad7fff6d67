/// A resource of Azure's: `/subscriptions/S/resourceGroups/G/providers/Microsoft.Compute/disks/NAME`. Azure compares
/// IDs without regard to case.
struct ResourceID: Sendable, CustomStringConvertible {
    enum Kind: String, Sendable {
        case disk = "disks"
        case snapshot = "snapshots"
        case machine = "virtualMachines"
    }

    let kind: Kind
    let subscription: String
    let group: String
    /// The scale set of a machine that is an instance of one.
    let scaleSet: String?
    let name: String

    init(_ kind: Kind, subscription: String, group: String, scaleSet: String? = nil, name: String) {
        self.kind = kind
        self.subscription = subscription
        self.group = group
        self.scaleSet = scaleSet
        self.name = name
    }

    /// Reads an ID; `nil` if it is none of this kind. Every part is a name: nothing in it can lead elsewhere.
    init?(_ kind: Kind, _ text: String) {
        guard text.hasPrefix("/") else { return nil }
        let parts = text.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.allSatisfy(Self.isName), parts.count >= 8, parts[0].lowercased() == "subscriptions",
            parts[2].lowercased() == "resourcegroups", parts[4].lowercased() == "providers",
            parts[5].lowercased() == "microsoft.compute"
        else { return nil }
        if kind == .machine, parts.count == 10, parts[6].lowercased() == "virtualmachinescalesets",
            parts[8].lowercased() == "virtualmachines"
        {
            self.init(kind, subscription: parts[1], group: parts[3], scaleSet: parts[7], name: parts[9])
            return
        }
        guard parts.count == 8, parts[6].lowercased() == kind.rawValue.lowercased() else { return nil }
        self.init(kind, subscription: parts[1], group: parts[3], name: parts[7])
    }

    var description: String { "\(Self.groupPath(subscription, group))\(Self.provider)\(path)" }

    private var path: String {
        guard let scaleSet else { return "\(kind.rawValue)/\(name)" }
        return "virtualMachineScaleSets/\(scaleSet)/virtualMachines/\(name)"
    }

    /// All of a kind in the group.
    static func collection(_ kind: Kind, subscription: String, group: String) -> String {
        "\(groupPath(subscription, group))\(provider)\(kind.rawValue)"
    }

    static func groupPath(_ subscription: String, _ group: String) -> String {
        "/subscriptions/\(subscription)/resourceGroups/\(group)"
    }

    private static let provider = "/providers/Microsoft.Compute/"

    static func isSame(_ left: String, _ right: String) -> Bool { left.lowercased() == right.lowercased() }

    func isSame(as other: ResourceID) -> Bool { Self.isSame(description, other.description) }

    /// Letters, digits and `_`, `-`, `.`, `(`, `)`; not `.` or `..`.
    static func isName(_ text: String) -> Bool {
        !text.isEmpty && text != "." && text != ".." && text.utf8.count <= 128
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"):
                    true
                default: "_-.()".utf8.contains(byte)
                }
            }
    }
}
