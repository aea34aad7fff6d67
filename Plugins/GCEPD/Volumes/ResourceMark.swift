import CloudHTTP
import DriverProtocol
import JSONTree

/// What makes a disk or snapshot ours: the JSON in its description says whose it is, exactly; labels, whose letters are
/// few, say it again in a form that lists can be filtered by.
struct ResourceMark: Hashable {
    /// The volume's or snapshot's name, as the host gave it.
    var name: String
    var owner: String?
    /// The driver's name in drivers.json: two entries share a project, and keep apart.
    var driver: String
    /// A digest of everything that it was made with; see ``VolumePlan``.
    var arguments: String

    private static let nameKey = "berth.dev/name"
    private static let ownerKey = "berth.dev/owner"
    private static let driverKey = "berth.dev/driver"
    private static let argumentsKey = "berth.dev/arguments"

    init(name: String, owner: String?, driver: String, arguments: String) {
        self.name = name
        self.owner = owner
        self.driver = driver
        self.arguments = arguments
    }

    /// Reads a resource as the API gives it; `nil`: it is not of this driver's making.
    init?(_ resource: JSONValue) {
        guard let text = resource["description"]?.stringValue, let json = try? JSONParser.parse(text.utf8),
            let name = json[Self.nameKey]?.stringValue, let driver = json[Self.driverKey]?.stringValue
        else { return nil }
        self.init(
            name: name, owner: json[Self.ownerKey]?.stringValue, driver: driver,
            arguments: json[Self.argumentsKey]?.stringValue ?? "")
    }

    /// Whether it may be touched in the name of `request`'s owner.
    func belongs(to request: DriverRequest) -> Bool {
        guard let owner, let asking = request.owner else { return true }
        return owner == asking
    }

    /// The description: what Google's own drivers write there, and the mark.
    ///
    /// - Parameter isSnapshot: The claim is then that of the snapshot's source, and not told.
    func description(_ request: DriverRequest, _ dialect: DriverConfiguration.Dialect, isSnapshot: Bool = false)
        -> String
    {
        var json: JSONValue = [:]
        if !isSnapshot {
            json["kubernetes.io/created-for/pv/name"] = .string(name)
            if let claim = request.claim {
                json["kubernetes.io/created-for/pvc/name"] = .string(claim.name)
                json["kubernetes.io/created-for/pvc/namespace"] = .string(claim.namespace)
            }
        }
        if dialect == .csi { json["storage.gke.io/created-by"] = "pd.csi.storage.gke.io" }
        json[Self.nameKey] = .string(name)
        if let owner { json[Self.ownerKey] = .string(owner) }
        json[Self.driverKey] = .string(driver)
        json[Self.argumentsKey] = .string(arguments)
        return String(decoding: json.encoded, as: UTF8.self)
    }

    var labels: [String: String] { Self.labels(owner: owner, driver: driver) }

    private static func labels(owner: String?, driver: String) -> [String: String] {
        var labels = ["berth-driver": labelValue(driver)]
        if let owner { labels["berth-owner"] = labelValue(owner) }
        return labels
    }

    /// A list's filter for what is marked with the request's owner and driver.
    static func filter(_ request: DriverRequest) -> String {
        labels(owner: request.owner, driver: request.driver.name).sorted { $0.key < $1.key }
            .map { "(labels.\($0.key) = \"\($0.value)\")" }.joined(separator: " AND ")
    }

    /// As it is where a label can hold it, else a digest.
    private static func labelValue(_ text: String) -> String {
        let fits =
            (1...63).contains(text.utf8.count)
            && text.utf8.allSatisfy { byte in
                (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte)
                    || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "_")
            }
        return fits ? text : "sha256-" + Hex.encoded(Digest.sha256(text).prefix(20))
    }
}
