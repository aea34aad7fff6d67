import CExpat

/// An XML document as a tree, read with expat. Namespaces are not looked at: names are as they stand.
///
/// A document type declaration is refused, and with it entities of its own: no cloud's API sends one.
public struct XMLElement: Sendable, Hashable {
    public let name: String
    public fileprivate(set) var attributes: [String: String] = [:]
    public fileprivate(set) var children: [XMLElement] = []
    /// Its own, without its children's; not trimmed.
    public fileprivate(set) var text = ""

    fileprivate init(_ name: String) { self.name = name }

    /// The first child of this name.
    public subscript(name: String) -> XMLElement? { children.first { $0.name == name } }

    /// All children of this name, as `item` of a `volumeSet`.
    public func all(_ name: String) -> [XMLElement] { children.filter { $0.name == name } }

    /// The element at a path of names.
    public func at(_ path: String...) -> XMLElement? {
        var element = self
        for name in path {
            guard let next = element[name] else { return nil }
            element = next
        }
        return element
    }

    /// The text of the element at a path of names, without space at its ends.
    public func string(_ path: String...) -> String? {
        var element = self
        for name in path {
            guard let next = element[name] else { return nil }
            element = next
        }
        return element.text.trimmedOfSpace
    }

    public func integer(_ name: String) -> Int64? { string(name).flatMap(Int64.init) }

    /// `true` or `false`; `nil` for anything else.
    public func bool(_ name: String) -> Bool? { string(name).flatMap(Bool.init) }
}

/// Why a document could not be read.
public struct XMLParseError: Error, Sendable, CustomStringConvertible {
    public let line: Int
    public let message: String
    public var description: String { "line \(line): \(message)" }
}

extension XMLElement {
    /// - Parameters:
    ///   - maximumBytes: A longer document is refused.
    ///   - maximumDepth: Of elements within elements.
    public static func parse(
        _ document: [UInt8], maximumBytes: Int = 16 * 1024 * 1024, maximumDepth: Int = 64
    ) throws(XMLParseError) -> XMLElement {
        guard document.count <= min(maximumBytes, Int(Int32.max)) else {
            throw XMLParseError(line: 1, message: "the document has more than \(maximumBytes) bytes")
        }
        guard let parser = XML_ParserCreate(nil) else { throw XMLParseError(line: 1, message: "no memory left") }
        defer { XML_ParserFree(parser) }
        let builder = XMLTreeBuilder(parser, maximumDepth: maximumDepth)
        builder.register()
        let status = withExtendedLifetime(builder) {
            document.withUnsafeBytes {
                XML_Parse(
                    parser, $0.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(document.count), 1)
            }
        }
        guard status == XML_STATUS_OK, let root = builder.root else {
            let reason = XML_ErrorString(XML_GetErrorCode(parser)).map { String(cString: $0) } ?? "no XML"
            throw XMLParseError(
                line: Int(XML_GetCurrentLineNumber(parser)), message: builder.refusal ?? reason)
        }
        return root
    }
}

private final class XMLTreeBuilder {
    private let parser: XML_Parser
    private let maximumDepth: Int
    /// From the root to the element that is open.
    private var open: [XMLElement] = []
    var root: XMLElement?
    var refusal: String?

    init(_ parser: XML_Parser, maximumDepth: Int) {
        self.parser = parser
        self.maximumDepth = maximumDepth
    }

    func register() {
        XML_SetUserData(parser, Unmanaged.passUnretained(self).toOpaque())
        XML_SetElementHandler(
            parser,
            { context, name, attributes in
                guard let builder = XMLTreeBuilder.from(context), let name else { return }
                builder.begin(String(cString: name), attributes)
            },
            { context, _ in XMLTreeBuilder.from(context)?.end() })
        XML_SetCharacterDataHandler(parser) { context, text, count in
            guard let builder = XMLTreeBuilder.from(context), let text else { return }
            builder.append(UnsafeRawBufferPointer(start: text, count: Int(count)))
        }
        XML_SetStartDoctypeDeclHandler(parser) { context, _, _, _, _ in
            XMLTreeBuilder.from(context)?.refuse("document type declarations are refused")
        }
    }

    private static func from(_ context: UnsafeMutableRawPointer?) -> XMLTreeBuilder? {
        context.map { Unmanaged<XMLTreeBuilder>.fromOpaque($0).takeUnretainedValue() }
    }

    private func begin(_ name: String, _ attributes: UnsafeMutablePointer<UnsafePointer<XML_Char>?>?) {
        guard open.count < maximumDepth else {
            refuse("elements are nested deeper than \(maximumDepth) levels")
            return
        }
        var element = XMLElement(name)
        var position = 0
        while let attributes, let key = attributes[position], let value = attributes[position + 1] {
            element.attributes[String(cString: key)] = String(cString: value)
            position += 2
        }
        open.append(element)
    }

    private func end() {
        guard let element = open.popLast() else { return }
        if open.isEmpty { root = element } else { open[open.count - 1].children.append(element) }
    }

    private func append(_ bytes: UnsafeRawBufferPointer) {
        if !open.isEmpty { open[open.count - 1].text += String(decoding: bytes, as: UTF8.self) }
    }

    private func refuse(_ reason: String) {
        if refusal == nil { refusal = reason }
        XML_StopParser(parser, XML_Bool(XML_FALSE))
    }
}
