public import DriverHost
import JSONTree
public import KubernetesAPI

/// What drivers have to say about a write before it is made: whether a StorageClass is one of theirs, and in a dry run
/// what would become of a claim.
public struct ProvisioningAdmission: Sendable {
    let cache = ObjectCache()
    private let host: DriverHost
    private let forecast: ClaimForecast

    /// - Parameter configuration: That of the ``ProvisioningService`` which is to be foreseen.
    public init(host: DriverHost, configuration: ProvisioningConfiguration) {
        self.host = host
        forecast = ClaimForecast(host: host, cache: cache, configuration: configuration)
    }

    public var rule: AdmissionRule {
        { request, objects in
            // Every write of every kind comes by here; nearly all go on at once.
            guard request.subresource == nil else { return [] }
            switch (request.kind, request.operation) {
            case (.storageClass, .create): return try review(StorageClass(request.object))
            case (.storageClass, .update): return reviewChange(request)
            case (.persistentVolumeClaim, .create) where request.isDryRun:
                let claim = PersistentVolumeClaim(request.object)
                return ["claim \(claim.key) \(try await forecast.forecast(claim, objects))"]
            default: return []
            }
        }
    }

    /// - Throws: `Invalid`, with everything that is wrong, when the driver is there to tell.
    private func review(_ storageClass: StorageClass) throws(StatusError) -> [String] {
        let review = ClassReview(storageClass, DriverStanding(of: storageClass.provisioner, in: host))
        guard review.faults.isEmpty else { throw .invalid(.storageClass, storageClass.name, review.faults) }
        return review.warnings
    }

    /// A class that exists must stay changeable, whatever its driver says by now: what is wrong cannot be mended.
    private func reviewChange(_ request: AdmissionRequest) -> [String] {
        var (new, old) = (request.object, request.oldObject ?? [:])
        new["metadata"] = nil
        old["metadata"] = nil
        guard new != old else { return [] }
        let storageClass = StorageClass(request.object)
        let review = ClassReview(storageClass, DriverStanding(of: storageClass.provisioner, in: host))
        return review.faults.map(\.text) + review.warnings
    }
}
