import JSONTree

/// Reads YAML into JSON trees: all of YAML's notations, as far as they mean something that JSON can say.
///
/// Written for input from strangers, which libyaml's users are not safe from: nesting is bounded also through aliases,
/// and what aliases repeat is counted, so that neither the stack nor memory nor time can be used up. Source: the YAML
/// 1.2 specification; YAML 1.1 and go-yaml for what plain scalars mean (``YAMLScalar``).
///
/// Not read, with an error that says so: lists and objects as keys, and tags of an application's own.
struct YAMLReader {
    /// Why and where reading failed.
    struct Fault: Error {
        var offset: Int
        var message: String
    }

    struct Document {
        var value: JSONValue
        /// Where its content begins.
        var offset: Int
    }

    struct Properties {
        var anchor: String?
        var tag: YAMLScalar.Tag?
        var offset = 0

        var isEmpty: Bool { anchor == nil && tag == nil }
    }

    struct Anchored {
        var value: JSONValue
        var extent: JSONExtent
    }

    /// How many values all aliases of a file may repeat.
    static let maximumAliasedNodes = 100_000
    /// And how many bytes: a string of a megabyte is one value.
    static let maximumAliasedBytes = ObjectLimits.bytes

    /// Each keeps its value, beside the one that stands in the document.
    static let maximumAnchors = 10_000

    /// The text, and a zero behind it, which stands nowhere in a text: what looks at the next byte need not ask
    /// whether there is one.
    let bytes: [UInt8]
    let end: Int
    let maximumDepth: Int
    let maximumValues: Int
    var values = 0
    var position = 0
    /// Where the line begins that `position` is on.
    var lineStart = 0
    /// Where the last token ended: what begins on a later line is first on its line.
    var tokenEnd = 0
    var anchors: [String: Anchored] = [:]
    var aliasedNodes = 0
    var aliasedBytes = 0
    /// Where the values stand, when somebody wants to know.
    var places: ManifestPlaces.Recording?

    /// - Parameter bytes: UTF-8, with `\n` for every line break, and without control characters.
    /// - Parameter maximumValues: Of all documents; what aliases repeat is counted apart.
    init(_ bytes: [UInt8], maximumDepth: Int = JSONParser.defaultMaximumDepth, maximumValues: Int = .max) {
        self.bytes = bytes + [0]
        self.end = bytes.count
        self.maximumDepth = maximumDepth
        self.maximumValues = maximumValues
    }

    // MARK: - The stream

    /// The documents that hold something.
    mutating func documents() throws(Fault) -> [Document] {
        var documents: [Document] = []
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) {
            position = 3
            lineStart = 3
            tokenEnd = 3
        }
        while true {
            try skipDirectives()
            var isMarked = false
            if atMarker(UInt8(ascii: "-")) {
                isMarked = true
                take(3)
            }
            try skipToContent()
            let offset = position
            if !atEnd, !atMarker {
                let value = try blockNode(parent: -1, nests: !isMarked, depth: 0)
                documents.append(Document(value: value, offset: offset))
                try skipToContent()
                guard atEnd || atMarker else { throw unexpected("after the end of the document") }
            } else if atEnd {
                return documents
            }
            anchors.removeAll()
            while atMarker(UInt8(ascii: ".")) {
                take(3)
                try skipToContent()
            }
        }
    }

    private mutating func skipDirectives() throws(Fault) {
        try skipToContent()
        while !atEnd, bytes[position] == UInt8(ascii: "%"), position == lineStart {
            while !atEnd, bytes[position] != UInt8(ascii: "\n") { position += 1 }
            tokenEnd = position
            try skipToContent()
        }
    }

    // MARK: - Block nodes

    /// Reads the node that stands deeper than `parent`; null when there is none.
    ///
    /// - Parameters:
    ///   - nests: Whether an object or a list may begin on the current line.
    ///   - allowsSequenceAtParent: Whether the dashes of a list may stand as far left as the key that it belongs to.
    mutating func blockNode(
        parent: Int, nests: Bool, allowsSequenceAtParent: Bool = false, depth: Int
    ) throws(Fault) -> JSONValue {
        guard depth <= maximumDepth else { throw tooDeep }
        try count()
        try skipToContent()
        var properties = Properties()
        var nests = nests || isFirstOnLine
        var mappingColumn = column
        func isSequenceAtParent(_ reader: YAMLReader) -> Bool {
            allowsSequenceAtParent && reader.isFirstOnLine && reader.column == parent
                && reader.isIndicator(UInt8(ascii: "-"))
        }
        guard !atEnd, !atMarker, column > parent || isSequenceAtParent(self) else { return .null }

        if bytes[position] == UInt8(ascii: "&") || bytes[position] == UInt8(ascii: "!") {
            properties = try self.properties()
            try skipToContent()
            if isFirstOnLine {
                guard !atEnd, !atMarker, column > parent || isSequenceAtParent(self) else {
                    return try finish(.plain(""), properties)
                }
                nests = true
                mappingColumn = column
            } else if !atEnd, try isImplicitKeyAhead() {
                guard nests else { throw misplacedKey }
                return try blockMapping(column: mappingColumn, firstKey: properties, depth: depth)
            }
        }

        switch bytes[position] {
        case UInt8(ascii: "-") where isIndicator(UInt8(ascii: "-")):
            guard nests, properties.isEmpty || isFirstOnLine else {
                throw fault("a list may not begin on the line of its key: put the dash on a line of its own")
            }
            return try finish(try blockSequence(column: column, depth: depth), properties)
        case UInt8(ascii: "?") where isIndicator(UInt8(ascii: "?")):
            guard nests else { throw misplacedKey }
            return try finish(try blockMapping(column: column, firstKey: Properties(), depth: depth), properties)
        case UInt8(ascii: "|"), UInt8(ascii: ">"):
            return try finish(.quoted(try blockScalar(parent: parent)), properties)
        default: break
        }
        if try isImplicitKeyAhead() {
            guard nests else { throw misplacedKey }
            return try finish(
                try blockMapping(column: mappingColumn, firstKey: Properties(), depth: depth), properties)
        }
        let node = try inlineNode(properties, flow: nil, parent: parent, depth: depth)
        skipBlanks()
        if !atEnd, isIndicator(UInt8(ascii: ":")), !isFirstOnLine {
            throw fault("a list, an object or an alias cannot be a key here")
        }
        return node
    }

    private mutating func blockSequence(column: Int, depth: Int) throws(Fault) -> JSONValue {
        var elements: [JSONValue] = []
        while true {
            places?.enter(elements.count, position)
            take(1)
            elements.append(try blockNode(parent: column, nests: true, depth: depth + 1))
            places?.leave()
            guard try atNextItem(column), isIndicator(UInt8(ascii: "-")) else { return .array(elements) }
        }
    }

    private mutating func blockMapping(
        column: Int, firstKey: Properties, depth: Int
    ) throws(Fault) -> JSONValue {
        var mapping = YAMLMapping()
        var keyProperties = firstKey
        while true {
            if keyProperties.isEmpty, bytes[position] == UInt8(ascii: "&") || bytes[position] == UInt8(ascii: "!") {
                keyProperties = try properties()
                skipBlanks()
            }
            let offset = position
            if isIndicator(UInt8(ascii: "?")) {
                take(1)
                let key = try blockNode(parent: column, nests: true, depth: depth + 1)
                var value = JSONValue.null
                places?.enter(key, offset)
                defer { places?.leave() }
                if try atNextItem(column), isIndicator(UInt8(ascii: ":")) {
                    take(1)
                    value = try blockNode(
                        parent: column, nests: true, allowsSequenceAtParent: true, depth: depth + 1)
                }
                try insert(value, YAMLScalar.key(key), offset, into: &mapping)
            } else {
                let scalar = try implicitKey()
                let key = try finish(scalar, keyProperties)
                take(1)
                places?.enter(key, offset)
                defer { places?.leave() }
                let value = try blockNode(
                    parent: column, nests: false, allowsSequenceAtParent: true, depth: depth + 1)
                if scalar.isMergeKey, keyProperties.isEmpty {
                    guard mapping.merge(value) else { throw badMerge(offset) }
                } else {
                    try insert(value, YAMLScalar.key(key), offset, into: &mapping)
                }
            }
            keyProperties = Properties()
            guard try atNextItem(column) else { return .object(mapping.object) }
            guard !isIndicator(UInt8(ascii: "-")) else { throw fault("a list's item stands where a key is expected") }
            let mayBeKey =
                isIndicator(UInt8(ascii: "?")) || bytes[position] == UInt8(ascii: "&")
                || bytes[position] == UInt8(ascii: "!")
            let isKey = try isImplicitKeyAhead()
            guard mayBeKey || isKey else {
                throw fault("a key and a colon are expected; quote a text that goes on over several lines")
            }
        }
    }

    /// Whether another item of the collection at `column` follows; faults when what follows belongs to nothing.
    private mutating func atNextItem(_ column: Int) throws(Fault) -> Bool {
        try skipToContent()
        guard !atEnd, !atMarker else { return false }
        guard isFirstOnLine else { throw unexpected("after a value") }
        guard self.column <= column else {
            throw fault(
                "the indentation fits nothing above: column \(column + 1) or less is expected")
        }
        return self.column == column
    }

    func insert(
        _ value: JSONValue, _ key: String?, _ offset: Int, into mapping: inout YAMLMapping
    ) throws(Fault) {
        guard let key else {
            throw Fault(offset: offset, message: "a key must be a string, a number or a boolean")
        }
        guard mapping.insert(value, key) else {
            throw Fault(offset: offset, message: "the key \"\(key)\" stands twice in the same object")
        }
    }

    func badMerge(_ offset: Int) -> Fault {
        Fault(offset: offset, message: "<< takes an object or a list of objects")
    }
}
