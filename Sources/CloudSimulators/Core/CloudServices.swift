/// The services that ship, by cloud.
enum CloudServices {
    typealias Factory = @Sendable (SimulatorContext) throws -> any CloudService

    static var all: [Cloud: Factory] {
        var all: [Cloud: Factory] = [:]

        // EC2 with its instance metadata and security tokens.
        all[.aws] = { try EC2Service($0) }

        // Compute Engine with its metadata server and tokens.
        all[.gce] = { try ComputeEngineService($0) }

        // Azure Resource Manager with its instance metadata and tokens.
        all[.azure] = { try ResourceManagerService($0) }

        return all
    }
}
