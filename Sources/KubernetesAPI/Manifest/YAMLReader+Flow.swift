import JSONTree

/// Nodes in YAML's flow style (`[a, b]`, `{a: b}`), and scalars and aliases wherever they stand.
extension YAMLReader {
    enum Flow { case sequence, mapping }

    /// Reads a node that is neither a block collection nor a block scalar.
    ///
    /// - Parameters:
    ///   - flow: The flow collection that it stands in.
    ///   - parent: Outside of flow collections: further lines of a plain scalar stand deeper than this.
    mutating func inlineNode(
        _ properties: Properties, flow: Flow?, parent: Int, depth: Int
    ) throws(Fault) -> JSONValue {
        guard depth <= maximumDepth else { throw tooDeep }
        if flow != nil { try count() }
        switch bytes[position] {
        case UInt8(ascii: "*"):
            guard properties.isEmpty else { throw fault("an alias may have neither anchor nor tag") }
            return try alias(depth: depth)
        case UInt8(ascii: "["): return try finish(try flowSequence(depth: depth), properties)
        case UInt8(ascii: "{"): return try finish(try flowMapping(depth: depth), properties)
        case UInt8(ascii: "\""): return try finish(.quoted(try doubleQuoted()), properties)
        case UInt8(ascii: "'"): return try finish(.quoted(try singleQuoted()), properties)
        default: return try finish(.plain(try plainScalar(inFlow: flow != nil, parent: parent)), properties)
        }
    }

    /// A node in a flow collection; null when the collection goes on or ends at once.
    private mutating func flowNode(_ flow: Flow, depth: Int) throws(Fault) -> JSONValue {
        try skipToContent(inFlow: true)
        var properties = Properties()
        if !atEnd, bytes[position] == UInt8(ascii: "&") || bytes[position] == UInt8(ascii: "!") {
            properties = try self.properties()
            try skipToContent(inFlow: true)
        }
        guard !atEnd else { throw unclosed(flow) }
        switch bytes[position] {
        case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"): return try finish(.plain(""), properties)
        case UInt8(ascii: ":") where isFlowValueIndicator: return try finish(.plain(""), properties)
        default: return try inlineNode(properties, flow: flow, parent: -1, depth: depth)
        }
    }

    private mutating func flowSequence(depth: Int) throws(Fault) -> JSONValue {
        take(1)
        var elements: [JSONValue] = []
        while true {
            try skipToContent(inFlow: true)
            guard !atEnd else { throw unclosed(.sequence) }
            if accept(UInt8(ascii: "]")) { return .array(elements) }
            guard bytes[position] != UInt8(ascii: ",") else { throw unexpected("where an element is expected") }
            let offset = position
            let isQuoted = bytes[position] == UInt8(ascii: "\"") || bytes[position] == UInt8(ascii: "'")
            places?.enter(elements.count, offset)
            defer { places?.leave() }
            let element = try flowNode(.sequence, depth: depth + 1)
            try skipToContent(inFlow: true)
            if !atEnd, bytes[position] == UInt8(ascii: ":"), isQuoted || isFlowValueIndicator {
                // An object of one pair may stand in a list without its braces.
                take(1)
                var pair = YAMLMapping()
                let value = try flowNode(.sequence, depth: depth + 2)
                try insert(value, YAMLScalar.key(element), offset, into: &pair)
                elements.append(.object(pair.object))
            } else {
                elements.append(element)
            }
            try endOfEntry(.sequence)
        }
    }

    private mutating func flowMapping(depth: Int) throws(Fault) -> JSONValue {
        take(1)
        var mapping = YAMLMapping()
        while true {
            try skipToContent(inFlow: true)
            guard !atEnd else { throw unclosed(.mapping) }
            if accept(UInt8(ascii: "}")) { return .object(mapping.object) }
            if isIndicator(UInt8(ascii: "?")) {
                take(1)
                try skipToContent(inFlow: true)
            }
            guard !atEnd, bytes[position] != UInt8(ascii: ",") else { throw unexpected("where a key is expected") }
            let offset = position
            let isMerge = bytes[position...].starts(with: "<<".utf8)
            let key = try flowNode(.mapping, depth: depth + 1)
            try skipToContent(inFlow: true)
            var value = JSONValue.null
            places?.enter(key, offset)
            defer { places?.leave() }
            if !atEnd, bytes[position] == UInt8(ascii: ":") {
                take(1)
                value = try flowNode(.mapping, depth: depth + 1)
            }
            if isMerge, key == "<<" {
                guard mapping.merge(value) else { throw badMerge(offset) }
            } else {
                try insert(value, YAMLScalar.key(key), offset, into: &mapping)
            }
            try endOfEntry(.mapping)
        }
    }

    private mutating func endOfEntry(_ flow: Flow) throws(Fault) {
        try skipToContent(inFlow: true)
        guard !atEnd else { throw unclosed(flow) }
        if accept(UInt8(ascii: ",")) { return }
        let close = flow == .sequence ? UInt8(ascii: "]") : UInt8(ascii: "}")
        guard bytes[position] == close else {
            throw unexpected("in \(flow.name): a comma or \(Character(Unicode.Scalar(close))) is expected")
        }
    }

    private func unclosed(_ flow: Flow) -> Fault {
        fault("the document ends within \(flow.name)")
    }

    /// A colon that ends a plain key in a flow collection.
    var isFlowValueIndicator: Bool {
        guard bytes[position] == UInt8(ascii: ":") else { return false }
        guard position + 1 < end else { return true }
        return isBlankOrBreak(bytes[position + 1]) || isFlowIndicator(bytes[position + 1])
    }
}

extension YAMLReader.Flow {
    fileprivate var name: String { self == .sequence ? "a list" : "an object" }
}
