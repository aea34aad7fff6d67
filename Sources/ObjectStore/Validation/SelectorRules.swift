import JSONTree
import KubernetesAPI

/// The rules for the selectors within objects: of labels, of nodes, of topologies.
enum SelectorRules {
    /// `metav1.LabelSelector`.
    static func checkLabelSelector(_ selector: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        if let labels = selector["matchLabels"] {
            MetadataRules.checkLabels(labels, path.child("matchLabels"), &faults)
        }
        for (position, expression) in selector.elements("matchExpressions").enumerated() {
            let path = path.child("matchExpressions")[position]
            checkValues(of: expression, path, &faults)
            faults.checkQualifiedName(path.child("key"), expression.text("key"))
            for (position, value) in expression.elements("values").enumerated() {
                let value = value.stringValue ?? ""
                faults.invalid(path.child("values")[position], value, each: NameRules.labelValue(value))
            }
        }
    }

    private static func checkValues(of expression: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let values = expression.elements("values")
        switch expression.text("operator") {
        case "In", "NotIn":
            if values.isEmpty {
                faults.required(path.child("values"), "must be specified when `operator` is 'In' or 'NotIn'")
            }
        case "Exists", "DoesNotExist":
            if !values.isEmpty {
                faults.forbidden(
                    path.child("values"), "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
            }
        case let other: faults.invalid(path.child("operator"), .string(other), "not a valid selector operator")
        }
    }

    /// `v1.NodeSelector`, as it stands in `nodeAffinity.required`.
    static func checkNodeSelector(_ selector: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        let path = path.child("nodeSelectorTerms")
        let terms = selector.elements("nodeSelectorTerms")
        if terms.isEmpty { faults.required(path, "must have at least one node selector term") }
        for (position, term) in terms.enumerated() { checkNodeSelectorTerm(term, path[position], &faults) }
    }

    static func checkNodeSelectorTerm(_ term: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults) {
        for (position, requirement) in term.elements("matchExpressions").enumerated() {
            let path = path.child("matchExpressions")[position]
            switch requirement.text("operator") {
            case "Gt", "Lt":
                if requirement.elements("values").count != 1 {
                    faults.required(
                        path.child("values"), "must be specified single value when `operator` is 'Lt' or 'Gt'")
                }
            default: checkValues(of: requirement, path, &faults)
            }
            faults.checkQualifiedName(path.child("key"), requirement.text("key"))
            for (position, value) in requirement.elements("values").enumerated() {
                let value = value.stringValue ?? ""
                faults.invalid(path.child("values")[position], value, each: NameRules.labelValue(value))
            }
        }
        for (position, requirement) in term.elements("matchFields").enumerated() {
            checkFieldRequirement(requirement, path.child("matchFields")[position], &faults)
        }
    }

    private static func checkFieldRequirement(
        _ requirement: JSONValue, _ path: FieldPath, _ faults: inout FieldFaults
    ) {
        let values = requirement.elements("values")
        switch requirement.text("operator") {
        case "In", "NotIn":
            if values.count != 1 {
                faults.required(
                    path.child("values"),
                    "must be only one value when `operator` is 'In' or 'NotIn' for node field selector")
            }
        case let other: faults.invalid(path.child("operator"), .string(other), "not a valid selector operator")
        }
        guard requirement.text("key") == "metadata.name" else {
            faults.invalid(
                path.child("key"), .string(requirement.text("key")), "not a valid field selector key")
            return
        }
        for (position, value) in values.enumerated() {
            faults.checkSubdomain(path.child("values")[position], value.stringValue ?? "")
        }
    }

    /// `[v1.TopologySelectorTerm]`, as it stands in a StorageClass.
    static func checkTopologies(_ terms: [JSONValue], _ path: FieldPath, _ faults: inout FieldFaults) {
        var seen: [[String: Set<JSONValue>]] = []
        for (position, term) in terms.enumerated() {
            let path = path[position].child("matchLabelExpressions")
            var expressions: [String: Set<JSONValue>] = [:]
            for (position, requirement) in term.elements("matchLabelExpressions").enumerated() {
                let path = path[position]
                let values = requirement.elements("values")
                if values.isEmpty { faults.required(path.child("values")) }
                for (position, value) in values.enumerated() where values[..<position].contains(value) {
                    faults.duplicate(path.child("values")[position], value)
                }
                let key = requirement.text("key")
                faults.checkQualifiedName(path.child("key"), key)
                if expressions.updateValue(Set(values), forKey: key) != nil {
                    faults.duplicate(path.child("key"), .string(key))
                }
            }
            if seen.contains(expressions) { faults.duplicate(path, "") }
            seen.append(expressions)
        }
    }
}
