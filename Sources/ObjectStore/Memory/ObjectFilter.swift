import KubernetesAPI

/// Which objects a list or a watch is about.
struct ObjectFilter: Sendable {
    /// `nil`: all.
    let namespace: String?
    /// When the field selector asks for just one name.
    let exactName: String?
    private let isNamespaced: Bool
    private let labels: LabelSelector
    private let fields: FieldSelector

    /// - Throws: `BadRequest` for a field by which this kind cannot be selected.
    init(
        _ kind: ResourceKind, namespace: String?, labels: LabelSelector, fields: FieldSelector
    ) throws(StatusError) {
        try fields.check(for: kind)
        var namespace = namespace
        var exactName: String?
        for requirement in fields.requirements where requirement.isEqual {
            switch requirement.field {
            case "metadata.name": exactName = requirement.value
            // The requirement stays in `fields`, so that a contradiction selects nothing.
            case "metadata.namespace" where namespace == nil && kind.isNamespaced: namespace = requirement.value
            default: break
            }
        }
        self.namespace = namespace
        self.exactName = exactName
        isNamespaced = kind.isNamespaced
        self.labels = labels
        self.fields = fields
    }

    /// Whether it leaves out more than other namespaces.
    var isSelective: Bool { !labels.requirements.isEmpty || !fields.requirements.isEmpty }

    /// Where what matches can be: one object, a namespace, or all.
    func range(in objects: OrderedObjects) -> Range<OrderedObjects.Index> {
        guard let exactName, namespace != nil || !isNamespaced else { return objects.range(of: namespace) }
        return objects.range(of: ObjectKey(namespace: namespace, name: exactName))
    }

    /// Whether an object of this key may match: all that can be said without looking at it.
    func concerns(_ key: ObjectKey) -> Bool {
        if let exactName, exactName != key.name { return false }
        return namespace == nil || namespace == key.namespace
    }

    func matches(_ object: StoredObject) -> Bool {
        concerns(object.key) && labels.matches(object.labels) && fields.matches(object)
    }
}
