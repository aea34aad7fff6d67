/// What a driver's description of itself says about a request, before anybody is asked.
extension DriverInfo {
    /// - Throws: `INVALID_ARGUMENT` for an access mode or a volume mode that volumes of this driver cannot have.
    public func checkModes(of volume: VolumeRequest) throws(DriverError) {
        if let mode = volume.accessModes.first(where: { !accessModes.contains($0) }) {
            throw DriverError(
                .invalidArgument,
                "volumes of \(name) have the access modes \(accessModes.joined(separator: ", ")), not \(mode)",
                field: "volume.accessModes")
        }
        if let mode = volume.volumeMode, !volumeModes.contains(mode) {
            throw DriverError(
                .invalidArgument,
                "volumes of \(name) have the volume mode \(volumeModes.joined(separator: " or ")), not \(mode)",
                field: "volume.volumeMode")
        }
    }

    /// The size that a volume of this driver has that is asked for so: up, never down, since a claim gets at least what
    /// it asks for.
    ///
    /// - Throws: `OUT_OF_RANGE`.
    public func capacityBytes(for volume: VolumeRequest) throws(DriverError) -> Int64 {
        let wanted = volume.capacityBytes ?? 0
        let unit = allocationUnitBytes
        let (sum, overflows) = max(wanted, minimumBytes).addingReportingOverflow(unit - 1)
        let rounded = sum / unit * unit
        guard !overflows else {
            throw outOfRange("\(wanted) bytes are more than can be rounded up to a multiple of \(unit)")
        }
        if let limit = volume.limitBytes, rounded > limit {
            if limit < wanted {
                throw outOfRange("the limit of \(limit) bytes is below the \(wanted) bytes that are asked for")
            }
            throw outOfRange(
                "the smallest volume of at least \(wanted) bytes has \(rounded) bytes (least size \(minimumBytes), "
                    + "in steps of \(unit)), above the limit of \(limit)")
        }
        if let maximum = maximumBytes, rounded > maximum {
            throw outOfRange("a volume has at most \(maximum) bytes; \(wanted) are asked for")
        }
        return rounded
    }

    private func outOfRange(_ message: String) -> DriverError {
        DriverError(.outOfRange, message, field: "volume.capacityBytes")
    }
}
