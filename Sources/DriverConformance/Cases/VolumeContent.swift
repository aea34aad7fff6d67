import DriverProtocol
import Glibc
import JSONTree

/// What stands in a volume, where this machine can reach it: through the driver's own `mount`, or because the volume is
/// a directory here.
struct VolumeContent: Sendable {
    private enum Way: Sendable {
        case directory(String)
        case mounting(target: String)
    }

    private let way: Way
    private let volume: MadeVolume
    private let context: CaseContext
    private static let fileName = "berth-check"

    /// - Returns: `nil` where the content cannot be reached.
    static func of(_ volume: MadeVolume, _ context: CaseContext) async throws -> VolumeContent? {
        guard volume.wanted.volumeMode ?? "Filesystem" == "Filesystem" else { return nil }
        if context.info.supports(.mount), context.info.supports(.unmount) {
            if context.info.supports(.attach) || context.info.supports(.mountDevice) {
                guard geteuid() == 0, try await canBeStaged(volume, context) else { return nil }
            }
            let target = try context.scratch.directory("mount-\(context.driver.number())")
            return VolumeContent(way: .mounting(target: target), volume: volume, context: context)
        }
        let source = volume.made.volumeSource
        let path = (source?["hostPath"] ?? source?["local"])?["path"]?.stringValue
        guard let path, path.hasPrefix("/"), isDirectory(path), access(path, W_OK) == 0 else { return nil }
        return VolumeContent(way: .directory(path), volume: volume, context: context)
    }

    /// With `text` written into it.
    ///
    /// - Returns: `nil` also where the volume does not keep it: what a mount loses, which is found elsewhere, cannot tell
    ///   what became of it in a copy.
    static func of(
        _ volume: MadeVolume, holding text: String, _ context: CaseContext
    ) async throws -> VolumeContent? {
        guard let content = try await of(volume, context) else { return nil }
        try await content.write(text)
        guard !content.isLeftBehind else { return nil }
        return try await content.read() == text ? content : nil
    }

    /// Whether what was written stands at the target while nothing is mounted there.
    private var isLeftBehind: Bool {
        if case .mounting(let target) = way { access("\(target)/\(Self.fileName)", F_OK) == 0 } else { false }
    }

    private static func canBeStaged(_ volume: MadeVolume, _ context: CaseContext) async throws -> Bool {
        do {
            try await Staging.staged(context, volume) { _ in }
            return true
        } catch CaseEnd.skip {
            return false
        }
    }

    func write(_ text: String) async throws {
        try await withDirectory { try FileContent.write(text, to: "\($0)/\(Self.fileName)") }
    }

    /// - Returns: `nil` when there is no such file.
    func read() async throws -> String? {
        try await withDirectory { directory in
            let path = "\(directory)/\(Self.fileName)"
            return access(path, F_OK) == 0 ? try FileContent.text(path) : nil
        }
    }

    private func withDirectory<Answer>(_ body: (String) throws -> Answer) async throws -> Answer {
        switch way {
        case .directory(let path): return try body(path)
        case .mounting(let target):
            var answer: Result<Answer, any Error>?
            try await Staging.staged(context, volume) { stage in
                try await call(.mount, target, stage)
                answer = Result { try body(target) }
                try await call(.unmount, target, stage)
            }
            guard let answer else { throw CaseEnd.skip("the volume's content is out of reach") }
            return try answer.get()
        }
    }

    private func call(_ verb: Verb, _ target: String, _ stage: Staging) async throws {
        let exchange = try await context.call(verb, volume.reference) {
            stage.write(into: &$0)
            $0.target = target
        }
        guard exchange.succeeded else {
            throw CaseEnd.skip("the volume's content is out of reach: \(exchange.answer) to \(verb)")
        }
    }

    private static func isDirectory(_ path: String) -> Bool {
        var status = stat()
        return stat(path, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR
    }
}
