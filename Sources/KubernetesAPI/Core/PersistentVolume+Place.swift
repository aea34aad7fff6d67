import JSONTree

extension PersistentVolume {
    /// How large it is and where it lies, for people: `8Gi at /srv/volumes/data`.
    public var sizeAndPlace: String {
        let size = capacity.map { "\($0)" } ?? "?"
        return source.map { "\(size) \($0.place)" } ?? size
    }
}

extension PersistentVolume.Source {
    /// Where a volume lies, for people: `at /srv/volumes/data`, `at nfs 10.0.0.7:/export/v1`, or what the source says
    /// as JSON.
    public var place: String {
        if type == "hostPath" || type == "local", let path = value["path"]?.stringValue { return "at \(path)" }
        if type == "nfs", let server = value["server"]?.stringValue, let path = value["path"]?.stringValue {
            return "at nfs \(server):\(path)"
        }
        return "in \(type) \(String(decoding: value.encoded, as: UTF8.self))"
    }
}
