import DriverProtocol
import StorageDriverKit

/// The marks of a share's volumes, found by name, so that nothing costs more with more volumes.
struct VolumeMarks {
    /// No volume's name has a tilde.
    private static let replacementSuffix = "~new"

    let session: Session

    private var files: any FileService { session.files }

    /// `nil` where there is no such volume.
    ///
    /// - Throws: ``DriverError`` `DATA_LOSS`: something else has the mark's name.
    func read(_ name: String) throws -> VolumeMark? {
        guard let places = try session.existingPlaces(),
            let entry = try files.readEntry(EntryName(name), in: places.volumes)
        else { return nil }
        guard case .symbolicLink(let text) = entry, let mark = VolumeMark(text, name: name) else {
            throw DriverError(
                .dataLoss, "'\(VolumePath.reserved)/volumes/\(name)' in \(session.export) is no mark of this driver",
                outcome: .final)
        }
        return mark
    }

    /// - Returns: false where there is one already.
    func create(_ mark: VolumeMark) throws -> Bool {
        try files.makeSymbolicLink(EntryName(mark.name), in: session.places().volumes, to: mark.text())
    }

    /// Puts a mark in the place of the one with its name, at once.
    func replace(_ mark: VolumeMark) throws {
        let places = try session.places()
        let new = EntryName(mark.name + Self.replacementSuffix)
        // Of an earlier call that was killed.
        try files.removeFile(new, in: places.volumes)
        guard try files.makeSymbolicLink(new, in: places.volumes, to: mark.text()) else {
            throw beingChanged(mark.name)
        }
        do {
            try files.rename(new, in: places.volumes, to: EntryName(mark.name), in: places.volumes)
        } catch let error as NFSError where error.status == .noEntry {
            // By another machine's call, which does not see this one's lock and took it for left over as well.
            throw beingChanged(mark.name)
        }
    }

    private func beingChanged(_ name: String) -> DriverError {
        DriverError(.aborted, "volume \(name) is being changed by another call; ask again later", outcome: .unknown)
    }

    func remove(_ name: String) throws {
        let places = try session.places()
        try files.removeFile(EntryName(name + Self.replacementSuffix), in: places.volumes)
        try files.removeFile(EntryName(name), in: places.volumes)
    }
}
