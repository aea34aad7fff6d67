extension LabelSelector {
    /// The form that `-l` and the query `labelSelector` take.
    public var text: String {
        requirements.map { requirement in
            switch requirement {
            case .isIn(let key, let values) where values.count == 1: "\(key)=\(values.first ?? "")"
            case .isIn(let key, let values): "\(key) in (\(values.sorted().joined(separator: ",")))"
            case .isNotIn(let key, let values) where values.count == 1: "\(key)!=\(values.first ?? "")"
            case .isNotIn(let key, let values): "\(key) notin (\(values.sorted().joined(separator: ",")))"
            case .exists(let key): key
            case .doesNotExist(let key): "!\(key)"
            case .isGreater(let key, let bound): "\(key)>\(bound)"
            case .isLess(let key, let bound): "\(key)<\(bound)"
            }
        }.joined(separator: ",")
    }
}

extension FieldSelector {
    /// The form that `--field-selector` and the query `fieldSelector` take; `\`, `,` and `=` escaped by `\`.
    public var text: String {
        requirements.map { requirement in
            // By scalars, as it is read: a comma and a combining mark behind it are one `Character`, which is no comma.
            var value = String.UnicodeScalarView()
            for scalar in requirement.value.unicodeScalars {
                if scalar == "\\" || scalar == "," || scalar == "=" { value.append("\\") }
                value.append(scalar)
            }
            return requirement.field + (requirement.isEqual ? "=" : "!=") + String(value)
        }.joined(separator: ",")
    }
}
