import KubernetesAPI

extension StatusError {
    static func tooOldResourceVersion(_ version: UInt64, oldest: UInt64) -> StatusError {
        .expired("too old resource version: \(version) (\(oldest))")
    }

    /// Kubernetes' answer (apimachinery NewTooLargeResourceVersionError): the client is ahead of this server, for
    /// example because the data directory was put back from a backup.
    static func tooLargeResourceVersion(_ version: UInt64, current: UInt64) -> StatusError {
        StatusError(
            code: 504, reason: .timeout,
            message: "Timeout: Too large resource version: \(version), current: \(current)",
            causes: [
                Cause(reason: "ResourceVersionTooLarge", message: "Too large resource version", field: "")
            ],
            retryAfterSeconds: 1)
    }
}
