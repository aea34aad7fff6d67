import DriverProtocol
import Glibc

/// Mounting what a restart of the machine left unmounted.
enum ImageMounting {
    static func mountAll(in base: BaseDirectory) throws {
        do {
            let listing = try DirectoryListing(base.images)
            while let entry = try listing.next() {
                let suffix = ImageVolume.fileName("")
                guard entry.name.hasSuffix(suffix) else { continue }
                try Task.checkCancellation()
                guard case .mark(let mark) = try VolumeMarks(base: base).read(String(entry.name.dropLast(suffix.count)))
                else { continue }
                let parameters = try ClassParameters(mark.parameters)
                do {
                    try ImageVolume(base: base, mark: mark, parameters: parameters).mountAgain()
                } catch {
                    // Deleted by another call since it was listed.
                    guard try base.images.status(of: entry.name) != nil else { continue }
                    throw error
                }
            }
        } catch let error as SystemError {
            throw error.driverError("the images in \(base.path) could not be mounted", outcome: .final)
        }
    }
}
