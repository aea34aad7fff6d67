import JSONTree
import KubernetesAPI

/// The rules for an iSCSI source (RFC 3720, section 3.2.6, on names).
enum ISCSIRules {
    static func check(
        _ source: JSONValue, in owner: VolumeSourceRules.Owner, _ path: FieldPath, parent: FieldPath,
        _ faults: inout FieldFaults
    ) {
        let portal = source.text("targetPortal")
        if portal.isEmpty { faults.required(path.child("targetPortal")) }
        let initiator = source.present("initiatorName")?.stringValue
        if initiator != nil { checkLength(portal: portal, owner, path, parent: parent, &faults) }

        if source.text("iqn").isEmpty {
            faults.required(path.child("iqn"))
        } else {
            checkName(source.text("iqn"), path.child("iqn"), owner, &faults)
        }
        if !(0...255).contains(source.number("lun")) {
            faults.invalid(path.child("lun"), .integer(source.number("lun")), "must be between 0 and 255, inclusive")
        }
        let secret = source.present("secretRef")
        if secret == nil, source.flag("chapAuthDiscovery") || source.flag("chapAuthSession") {
            faults.required(path.child("secretRef"))
        }
        if owner.isPersistentVolume, let secret, secret.text("name").isEmpty {
            faults.required(path.child("secretRef").child("name"))
        }
        if let initiator { checkName(initiator, path.child("initiatorname"), owner, &faults) }
    }

    /// The two together name an interface of open-iscsi, which has no more room.
    private static func checkLength(
        portal: String, _ owner: VolumeSourceRules.Owner, _ path: FieldPath, parent: FieldPath,
        _ faults: inout FieldFaults
    ) {
        let message =
            "Total length of <volume name>:<iscsi.targetPortal> must be under 64 characters if iscsi.initiatorName is "
            + "specified."
        switch owner {
        case .persistentVolume(let name):
            if "\(name):\(portal)".utf8.count > 64 {
                faults.invalid(path.child("targetportal"), .string(portal), message)
            }
        case .pod(let name):
            if "\(name):\(portal)".utf8.count > 64 { faults.invalid(parent.child("name"), .string(name), message) }
        }
    }

    private static func checkName(
        _ name: String, _ path: FieldPath, _ owner: VolumeSourceRules.Owner, _ faults: inout FieldFaults
    ) {
        if !["iqn", "eui", "naa"].contains(where: name.hasPrefix) {
            let hint = owner.isPersistentVolume ? "" : " starting with iqn, eui, or naa"
            faults.invalid(path, .string(name), "must be valid format" + hint)
        } else if !isName(name) {
            faults.invalid(path, .string(name), "must be valid format")
        }
    }

    private static func isName(_ name: String) -> Bool {
        if name.hasPrefix("iqn") { return isQualifiedName(name) }
        let length = name.hasPrefix("eui") ? 16 : 32
        let rest = name.utf8.dropFirst(4)
        return rest.count == length && rest.allSatisfy(isAlphanumeric)
    }

    /// `iqn.yyyy-mm.reversed.domain[:anything without white space and ,;*&$|]`
    private static func isQualifiedName(_ name: String) -> Bool {
        let bytes = Array(name.utf8)
        let form = Array("iqn.0000-00.".utf8)
        guard bytes.count > form.count else { return false }
        for (byte, expected) in zip(bytes, form) {
            let isRight = expected == UInt8(ascii: "0") ? isDigit(byte) : byte == expected
            guard isRight else { return false }
        }
        let rest = bytes[form.count...]
        let domain = rest.prefix { $0 != UInt8(ascii: ":") }
        let isDomain =
            !domain.isEmpty
            && domain.allSatisfy { isAlphanumeric($0) || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: ".") }
        guard isDomain, domain.count < rest.count else { return isDomain }
        let suffix = rest.dropFirst(domain.count + 1)
        let forbidden = Array(",;*&$| \t\r\n\u{0B}\u{0C}".utf8)
        return !suffix.isEmpty && suffix.allSatisfy { !forbidden.contains($0) }
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9") }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte >= UInt8(ascii: "a") && byte <= UInt8(ascii: "z"))
            || (byte >= UInt8(ascii: "A") && byte <= UInt8(ascii: "Z"))
    }
}
