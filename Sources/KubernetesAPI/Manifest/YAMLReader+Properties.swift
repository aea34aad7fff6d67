import JSONTree

/// Anchors, tags and aliases.
extension YAMLReader {
    mutating func properties() throws(Fault) -> Properties {
        var properties = Properties(offset: position)
        while !atEnd {
            let offset = position
            if bytes[position] == UInt8(ascii: "&"), properties.anchor == nil {
                position += 1
                properties.anchor = name()
                guard properties.anchor?.isEmpty == false else { throw fault("an anchor has no name") }
            } else if bytes[position] == UInt8(ascii: "!"), properties.tag == nil {
                let text = tagText()
                guard let tag = YAMLScalar.Tag(text) else {
                    throw Fault(offset: offset, message: "the tag \(text) is not known")
                }
                properties.tag = tag
            } else {
                break
            }
            tokenEnd = position
            guard atEnd || isBlankOrBreak(bytes[position]) || isFlowIndicator(bytes[position]) else {
                throw unexpected("after an anchor or a tag")
            }
            skipBlanks()
        }
        return properties
    }

    private mutating func name() -> String {
        let start = position
        while !atEnd, !isBlankOrBreak(bytes[position]), !isFlowIndicator(bytes[position]) { position += 1 }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func tagText() -> String {
        let start = position
        let isVerbatim = position + 1 < end && bytes[position + 1] == UInt8(ascii: "<")
        while !atEnd, !isBlankOrBreak(bytes[position]), isVerbatim || !isFlowIndicator(bytes[position]) {
            position += 1
            if isVerbatim, bytes[position - 1] == UInt8(ascii: ">") { break }
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    /// Reads `*name`.
    mutating func alias(depth: Int) throws(Fault) -> JSONValue {
        let offset = position
        position += 1
        let name = name()
        tokenEnd = position
        guard let anchored = anchors[name] else {
            throw Fault(offset: offset, message: "no anchor &\(name) stands before the alias *\(name)")
        }
        aliasedNodes += anchored.extent.nodes
        guard aliasedNodes <= Self.maximumAliasedNodes else {
            throw Fault(
                offset: offset, message: "the aliases repeat more than \(Self.maximumAliasedNodes) values")
        }
        aliasedBytes += anchored.extent.bytes
        guard aliasedBytes <= Self.maximumAliasedBytes else {
            throw Fault(offset: offset, message: "the aliases repeat more than \(Self.maximumAliasedBytes) bytes")
        }
        guard depth + anchored.extent.depth <= maximumDepth else {
            throw Fault(offset: offset, message: tooDeep.message)
        }
        return anchored.value
    }

    mutating func finish(_ scalar: YAMLScalar, _ properties: Properties) throws(Fault) -> JSONValue {
        let value: JSONValue
        do throws(YAMLScalar.Mismatch) {
            value = try scalar.value(tag: properties.tag)
        } catch {
            throw Fault(offset: properties.offset, message: error.message)
        }
        try remember(value, properties)
        return value
    }

    mutating func finish(_ collection: JSONValue, _ properties: Properties) throws(Fault) -> JSONValue {
        if let tag = properties.tag, !tag.allows(collection) {
            throw Fault(offset: properties.offset, message: "the tag does not fit: this is \(collection.typeName)")
        }
        try remember(collection, properties)
        return collection
    }

    private mutating func remember(_ value: JSONValue, _ properties: Properties) throws(Fault) {
        guard let anchor = properties.anchor else { return }
        guard anchors.count < Self.maximumAnchors else {
            throw fault("the document has more than \(Self.maximumAnchors) anchors")
        }
        anchors[anchor] = Anchored(value: value, extent: value.extent(toDepth: maximumDepth))
    }
}
