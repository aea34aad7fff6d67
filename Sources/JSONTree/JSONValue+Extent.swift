/// The size of a tree.
public struct JSONExtent: Sendable, Hashable {
    /// The value itself and all values in it.
    public var nodes: Int
    /// 0 for a scalar or an empty container, as ``JSONParser`` counts.
    public var depth: Int
    /// A lower bound of its encoded size in bytes: what escapes add is not counted.
    public var bytes: Int
}

extension JSONValue {
    /// Walks the whole tree, but no deeper than `limit`: a deeper tree has the depth `limit + 1`, and what lies below
    /// is not counted. It is therefore safe for a tree of any depth.
    public func extent(toDepth limit: Int = JSONParser.defaultMaximumDepth) -> JSONExtent {
        var extent = JSONExtent(nodes: 0, depth: 0, bytes: 0)
        measure(at: 0, limit, &extent)
        return extent
    }

    private func measure(at depth: Int, _ limit: Int, _ extent: inout JSONExtent) {
        extent.nodes += 1
        extent.depth = max(extent.depth, depth)
        guard depth <= limit else { return }
        switch self {
        case .null, .bool(true): extent.bytes += 4
        case .bool(false): extent.bytes += 5
        case .integer(let value): extent.bytes += value > -10 && value < 10 ? 1 : 2
        case .number(let literal): extent.bytes += literal.utf8.count
        case .string(let text): extent.bytes += text.utf8.count + 2
        case .array(let elements):
            // Brackets, and a comma behind each but the last.
            extent.bytes += max(2, elements.count + 1)
            for element in elements { element.measure(at: depth + 1, limit, &extent) }
        case .object(let object):
            // Of each member also the quotes and the colon.
            extent.bytes += max(2, object.count * 4 + 1)
            for (key, value) in object {
                extent.bytes += key.utf8.count
                value.measure(at: depth + 1, limit, &extent)
            }
        }
    }
}
