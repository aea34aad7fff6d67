/// What volumes of one type can be, and what the account may have of them.
struct VolumeTypeLimits: Sendable {
    struct IOPS: Sendable {
        var minimum: Int
        var maximum: Int
        var perGiB: Int
        /// `nil`: a request must say. A volume of any size may have the default, whatever `perGiB` says.
        var `default`: Int?
    }

    /// In MiB/s.
    struct Throughput: Sendable {
        var minimum: Int
        var maximum: Int
        var perIOPS: Double
        var `default`: Int
    }

    /// Operations a second that follow from the size, and cannot be chosen.
    struct Baseline: Sendable {
        var perGiB: Int
        var minimum: Int
        var maximum: Int
    }

    var minimumGiB: Int
    var maximumGiB: Int
    var iops: IOPS?
    var throughput: Throughput?
    var baseline: Baseline?
    var multiAttach: Bool?
    var quotaTiB: Int?
    var quotaIOPS: Int?

    init(_ settings: SettingsReader) throws(SettingsError) {
        func integer(_ settings: SettingsReader, _ name: String) throws(SettingsError) -> Int {
            Int(try settings.integer(name, in: 0...Int64(Int32.max)))
        }
        func integer(ifSet settings: SettingsReader, _ name: String) throws(SettingsError) -> Int? {
            try settings.integer(ifSet: name, in: 0...Int64(Int32.max)).map { Int($0) }
        }
        minimumGiB = try integer(settings, "minimumGiB")
        maximumGiB = try integer(settings, "maximumGiB")
        guard minimumGiB <= maximumGiB else { throw settings.error("minimumGiB", "is larger than maximumGiB") }
        if let iops = try settings.table(ifSet: "iops") {
            self.iops = IOPS(
                minimum: try integer(iops, "minimum"), maximum: try integer(iops, "maximum"),
                perGiB: try integer(iops, "perGiB"), default: try integer(ifSet: iops, "default"))
        }
        if let throughput = try settings.table(ifSet: "throughput") {
            self.throughput = Throughput(
                minimum: try integer(throughput, "minimum"), maximum: try integer(throughput, "maximum"),
                perIOPS: try throughput.number("perIOPS"), default: try integer(throughput, "default"))
        }
        if let baseline = try settings.table(ifSet: "baseline") {
            self.baseline = Baseline(
                perGiB: try integer(baseline, "perGiB"), minimum: try integer(baseline, "minimum"),
                maximum: try integer(baseline, "maximum"))
        }
        multiAttach = try settings.bool(ifSet: "multiAttach")
        quotaTiB = try integer(ifSet: settings, "quotaTiB")
        quotaIOPS = try integer(ifSet: settings, "quotaIOPS")
    }
}

/// What a volume is made to be: what can be chosen, and modified.
struct VolumeSpecification: Codable, Hashable, Sendable {
    var type: String
    var sizeGiB: Int
    /// `nil` for types that do not say.
    var iops: Int?
    /// In MiB/s.
    var throughput: Int?
    var multiAttach: Bool
}

extension VolumeTypeLimits {
    /// A specification within the limits, complete with what follows from it.
    ///
    /// - Parameters:
    ///   - iops: As the request gives it.
    ///   - throughput: As the request gives it, in MiB/s.
    func specification(
        type: String, sizeGiB: Int, iops: Int?, throughput: Int?, multiAttach: Bool
    ) throws(EC2Error) -> VolumeSpecification {
        guard sizeGiB >= minimumGiB else {
            throw .invalidValue("Volume of \(sizeGiB)GiB is too small; minimum is \(minimumGiB)GiB.")
        }
        guard sizeGiB <= maximumGiB else {
            throw .invalidValue(
                "Volume of \(sizeGiB)GiB is too large for volume type \(type); maximum is \(maximumGiB)GiB.")
        }
        if multiAttach, self.multiAttach != true {
            throw .invalidCombination("The parameter MultiAttachEnabled is not supported for \(type) volumes.")
        }
        let checkedIOPS = try checked(iops: iops, type, sizeGiB)
        return VolumeSpecification(
            type: type, sizeGiB: sizeGiB, iops: checkedIOPS,
            throughput: try checked(throughput: throughput, type, iops: checkedIOPS), multiAttach: multiAttach)
    }

    private func checked(iops: Int?, _ type: String, _ sizeGiB: Int) throws(EC2Error) -> Int? {
        guard let limits = self.iops else {
            guard iops == nil else {
                throw .invalidCombination("The parameter iops is not supported for \(type) volumes.")
            }
            return baseline.map { min(max($0.minimum, $0.perGiB * sizeGiB), $0.maximum) }
        }
        guard let wanted = iops ?? limits.default else {
            throw EC2Error("MissingParameter", "The parameter iops must be specified for \(type) volumes.")
        }
        guard wanted >= limits.minimum else {
            throw .invalidValue("Volume iops of \(wanted) is too low; minimum is \(limits.minimum).")
        }
        guard wanted <= limits.maximum else {
            throw .invalidValue("Volume iops of \(wanted) is too high; maximum is \(limits.maximum).")
        }
        guard wanted <= max(limits.default ?? 0, limits.perGiB * sizeGiB) else {
            throw .invalidValue(
                "Iops to volume size ratio of \(Double(wanted) / Double(sizeGiB)) is too high; maximum is \(limits.perGiB)."
            )
        }
        return wanted
    }

    private func checked(throughput: Int?, _ type: String, iops: Int?) throws(EC2Error) -> Int? {
        guard let limits = self.throughput else {
            guard throughput == nil else {
                throw .invalidCombination("The parameter throughput is not supported for \(type) volumes.")
            }
            return nil
        }
        let wanted = throughput ?? limits.default
        guard wanted >= limits.minimum else {
            throw .invalidValue("Throughput (MiBps) of \(wanted) is too low; minimum is \(limits.minimum).")
        }
        guard wanted <= limits.maximum else {
            throw .invalidValue("Throughput (MiBps) of \(wanted) is too high; maximum is \(limits.maximum).")
        }
        let ratio = Double(wanted) / Double(iops ?? 1)
        guard wanted <= limits.default || ratio <= limits.perIOPS else {
            throw .invalidValue(
                "Throughput (MiBps) to iops ratio of \(ratio) is too high; maximum is \(limits.perIOPS) MiBps per iops."
            )
        }
        return wanted
    }
}
