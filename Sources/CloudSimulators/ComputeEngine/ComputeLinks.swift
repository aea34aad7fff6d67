/// URLs in answers: they begin as the request did, so a client finds its way back to the simulator.
struct ComputeLinks {
    /// `http://127.0.0.1:4570/compute/v1`
    var base: String

    init(origin: String, prefix: String) { base = origin + prefix }

    var isV1: Bool { base.hasSuffix("/v1") }

    func url(_ resource: ComputeResource) -> String { "\(base)/\(resource.path)" }
    func zone(_ name: String, _ project: String) -> String { "\(base)/projects/\(project)/zones/\(name)" }
    func region(_ name: String, _ project: String) -> String { "\(base)/projects/\(project)/regions/\(name)" }
}
