/// Reads the schema's definitions: a line for a package, for a type, and for each of its fields.
///
/// ```
/// package io.k8s.api.core.v1
/// kind PersistentVolumeClaim: What a user asks for.
///   spec PersistentVolumeClaimSpec: What is wanted.
/// type PersistentVolumeClaimSpec: …
///   accessModes [string] atomic: …
///   volumeName string: …
/// ```
/// - `kind` is a `type` that also gets `apiVersion`, `kind` and `metadata`, and a list type beside it.
/// - A type is a scalar (`string bool int32 int64 double bytes Quantity Time MicroTime IntOrString any`), a type's name,
///   `{T}` for a map and `[T]` for a list. A name stands for the type in the same package, else in any.
/// - `name!` is required. Flags: `atomic`, `granular`, `set`, `map(key,key=default)`, `merge` or `merge(key)` for what
///   strategic merge patches do, and `retainKeys`.
///
/// The text is part of the program: a mistake in it ends the process, at the first test.
struct SchemaParser {
    private struct FieldDeclaration {
        var name: String
        var type: String
        var flags: [String]
        var isRequired: Bool
        var description: String
    }

    private struct TypeDeclaration {
        var package: String
        var name: String
        var description: String
        var isAtomic: Bool
        var fields: [FieldDeclaration]

        var qualifiedName: String { "\(package).\(name)" }
    }

    private var package = ""
    private var declarations: [TypeDeclaration] = []
    private var byQualifiedName: [String: Int] = [:]
    private var byName: [String: Int] = [:]
    private var resolvedTypes: [Int: ObjectType] = [:]

    mutating func read(_ text: String) {
        var text = text
        text.withUTF8 { bytes in
            for line in bytes.split(separator: UInt8(ascii: "\n")) {
                readLine(UnsafeBufferPointer(rebasing: line))
            }
        }
    }

    private mutating func readLine(_ line: UnsafeBufferPointer<UInt8>) {
        let colon = line.firstIndex(of: UInt8(ascii: ":")) ?? line.endIndex
        let words = line[..<colon].split(separator: UInt8(ascii: " ")).map { String(decoding: $0, as: UTF8.self) }
        let rest = line[colon...].drop { $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: " ") }
        let description = String(decoding: rest, as: UTF8.self)
        guard words.count >= 2 else { preconditionFailure("schema: \(String(decoding: line, as: UTF8.self))") }
        if line.first == UInt8(ascii: " ") {
            readField(words, description)
        } else {
            readDeclaration(words, description)
        }
    }

    private mutating func readDeclaration(_ words: [String], _ description: String) {
        let name = words[1]
        switch words[0] {
        case "package":
            package = name
        case "type":
            declare(name, description, isAtomic: words.dropFirst(2).contains("atomic"), [])
        case "kind":
            declareList(of: name)
            declare(
                name, description, isAtomic: false,
                Self.typeMeta + [
                    FieldDeclaration(
                        name: "metadata", type: "ObjectMeta", flags: [],
                        isRequired: words.dropFirst(2).contains("metadata!"),
                        description: "Name, labels, annotations and what else every object has.")
                ])
        default: preconditionFailure("schema: \(words.joined(separator: " "))")
        }
    }

    private static let typeMeta = [
        FieldDeclaration(
            name: "apiVersion", type: "string", flags: [], isRequired: false,
            description: "Group and version of the object's schema, such as v1 or storage.k8s.io/v1."),
        FieldDeclaration(
            name: "kind", type: "string", flags: [], isRequired: false,
            description: "What the object is; cannot be changed."),
    ]

    private mutating func declareList(of kind: String) {
        declare(
            "\(kind)List", "Several objects of kind \(kind).", isAtomic: false,
            Self.typeMeta + [
                FieldDeclaration(
                    name: "items", type: "[\(kind)]", flags: [], isRequired: true, description: "The objects."),
                FieldDeclaration(
                    name: "metadata", type: "ListMeta", flags: [], isRequired: false,
                    description: "The version of the list, and where to go on when it was cut."),
            ])
    }

    private mutating func declare(
        _ name: String, _ description: String, isAtomic: Bool, _ fields: [FieldDeclaration]
    ) {
        let declaration = TypeDeclaration(
            package: package, name: name, description: description, isAtomic: isAtomic, fields: fields)
        let position = declarations.count
        precondition(byQualifiedName[declaration.qualifiedName] == nil, "schema: \(name) is declared twice")
        byQualifiedName[declaration.qualifiedName] = position
        if byName[name] == nil { byName[name] = position }
        declarations.append(declaration)
    }

    private mutating func readField(_ words: [String], _ description: String) {
        precondition(!declarations.isEmpty, "schema: the field \(words[0]) belongs to no type")
        let isRequired = words[0].utf8.last == UInt8(ascii: "!")
        declarations[declarations.count - 1].fields.append(
            FieldDeclaration(
                name: isRequired ? String(words[0].dropLast()) : words[0], type: words[1],
                flags: Array(words.dropFirst(2)), isRequired: isRequired, description: description))
    }

    /// All types, their references resolved.
    mutating func resolved() -> [ObjectType] {
        declarations.indices.map { resolve($0) }
    }

    private mutating func resolve(_ position: Int) -> ObjectType {
        if let type = resolvedTypes[position] { return type }
        let declaration = declarations[position]
        let fields = declaration.fields.map { field(from: $0, of: declaration) }
        let type = ObjectType(
            qualifiedName: declaration.qualifiedName, description: declaration.description,
            isAtomic: declaration.isAtomic, fields: fields)
        resolvedTypes[position] = type
        return type
    }

    private mutating func field(from declaration: FieldDeclaration, of owner: TypeDeclaration) -> Field {
        var keys: [ListType.Key] = []
        var listType = ListType.atomic
        var isAtomic: Bool?
        var merges = false
        var mergeKey: String?
        var retainsKeys = false
        for flag in declaration.flags {
            let name = flag.prefix { $0 != "(" }
            let arguments = flag.dropFirst(name.count + 1).dropLast().split(separator: ",")
            switch name {
            case "atomic": isAtomic = true
            case "granular": isAtomic = false
            case "set": listType = .set
            case "map":
                keys = arguments.map { argument in
                    let parts = argument.split(separator: "=")
                    return ListType.Key(
                        name: String(parts[0]), defaultValue: parts.count > 1 ? String(parts[1]) : nil)
                }
                listType = .map(keys: keys)
            case "merge":
                merges = true
                mergeKey = arguments.first.map { String($0) }
            case "retainKeys": retainsKeys = true
            default: preconditionFailure("schema: unknown flag \(flag) at \(owner.name).\(declaration.name)")
            }
        }
        return Field(
            name: declaration.name,
            type: type(named: Substring(declaration.type), in: owner, listType: listType, isAtomic: isAtomic),
            isRequired: declaration.isRequired, description: declaration.description,
            patchStrategy: merges
                ? PatchStrategy(mergeKey: mergeKey ?? keys.first?.name, retainsKeys: retainsKeys) : nil,
            pathElement: "f:" + declaration.name)
    }

    private mutating func type(
        named name: Substring, in owner: TypeDeclaration, listType: ListType = .atomic, isAtomic: Bool? = nil
    ) -> FieldType {
        switch name {
        case "string": return .string
        case "bool": return .bool
        case "int32": return .int32
        case "int64": return .int64
        case "double": return .double
        case "bytes": return .bytes
        case "Quantity": return .quantity
        case "Time": return .time
        case "MicroTime": return .microTime
        case "IntOrString": return .intOrString
        case "any": return .any
        default: break
        }
        if name.utf8.first == UInt8(ascii: "[") {
            return .list(type(named: name.dropFirst().dropLast(), in: owner), listType)
        }
        if name.utf8.first == UInt8(ascii: "{") {
            return .map(type(named: name.dropFirst().dropLast(), in: owner), isAtomic: isAtomic ?? false)
        }
        guard let position = byQualifiedName["\(owner.package).\(name)"] ?? byName[String(name)] else {
            preconditionFailure("schema: \(owner.name) refers to \(name), which is not declared")
        }
        let object = resolve(position)
        return .object(object, isAtomic: isAtomic ?? object.isAtomic)
    }
}
