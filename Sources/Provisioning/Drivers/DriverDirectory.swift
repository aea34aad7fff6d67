import DriverHost
import Glibc
import JSONTree
import Synchronization

/// Which driver serves which provisioner, and whether it is still the one it was: when it changes, what failed with the
/// old one says nothing about the new one.
final class DriverDirectory: Sendable {
    struct Driver: Sendable, Hashable {
        var name: String
        /// Another number means another driver, or the same one changed.
        var generation: Int
        /// The driver's `config` in drivers.json.
        var config: JSONObject
        /// Why it cannot be called at all; `nil` when it can.
        var problem: String?
    }

    /// What a driver is, without how it does.
    private struct Identity: Hashable {
        var name: String
        var provisioners: [String]
        /// `nil` when what drivers.json says is wrong.
        var entry: DriverEntry?
        var file: FileStamp?
        /// It cannot be called as it is; when it can be again, that is a change.
        var isBroken: Bool

        init(_ driver: DriverDescription) {
            name = driver.name
            provisioners = driver.provisioners
            entry = driver.entry
            file = FileStamp(driver.executable)
            isBroken = if case .broken = driver.state { true } else { false }
        }
    }

    /// Tells a replaced executable from the one before, and from one that was not allowed to run: between two looks a
    /// driver may break and be mended.
    private struct FileStamp: Hashable {
        var inode: UInt
        var seconds: Int
        var nanoseconds: Int
        var changeSeconds: Int
        var changeNanoseconds: Int
        var size: Int

        init?(_ path: String) {
            var status = stat()
            guard stat(path, &status) == 0 else { return nil }
            inode = UInt(status.st_ino)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
            changeSeconds = status.st_ctim.tv_sec
            changeNanoseconds = status.st_ctim.tv_nsec
            size = Int(status.st_size)
        }
    }

    private struct State {
        var identities: [String: Identity] = [:]
        var generations: [String: Int] = [:]
        var problems: [String: String] = [:]
        var byProvisioner: [String: String] = [:]
        var nextGeneration = 1
        /// A change was seen, by whoever looked, and whoever follows has not been told.
        var isNews = false
    }

    /// The host looks at drivers.json about once a second; so often its findings are looked at here.
    private static let interval = Duration.milliseconds(500)

    private let host: DriverHost
    private let state = Mutex(State())

    init(host: DriverHost) {
        self.host = host
        refresh()
        // What was there at the start is no change.
        _ = takeNews()
    }

    /// `nil` when nobody serves the provisioner.
    func driver(serving provisioner: String) -> Driver? {
        find { $0.byProvisioner[provisioner] }
    }

    /// `nil` when drivers.json has no driver of this name.
    func driver(named name: String) -> Driver? {
        find { _ in name }
    }

    var provisioners: [String] { host.provisioners() }

    /// In the order of drivers.json.
    var driverNames: [String] { host.descriptions().map(\.name) }

    /// Runs `body` after each change, until the task is cancelled.
    func follow(_ body: () async -> Void) async {
        while true {
            do {
                try await Task.sleep(for: Self.interval)
            } catch {
                return
            }
            refresh()
            if takeNews() { await body() }
        }
    }

    private func takeNews() -> Bool {
        state.withLock { state in
            defer { state.isNews = false }
            return state.isNews
        }
    }

    private func refresh() {
        let descriptions = host.descriptions()
        let drivers = descriptions.map(Identity.init)
        state.withLock { state in
            state.problems = [:]
            for driver in descriptions {
                if case .broken(let reason) = driver.state { state.problems[driver.name] = reason }
            }
            let identities = Dictionary(drivers.map { ($0.name, $0) }) { first, _ in first }
            guard identities != state.identities else { return }
            for (name, identity) in identities where state.identities[name] != identity {
                state.generations[name] = state.nextGeneration
                state.nextGeneration += 1
            }
            state.identities = identities
            state.byProvisioner = [:]
            for driver in drivers {
                for provisioner in driver.provisioners where state.byProvisioner[provisioner] == nil {
                    state.byProvisioner[provisioner] = driver.name
                }
            }
            state.isNews = true
        }
    }

    private func find(_ name: (State) -> String?) -> Driver? {
        if let driver = known(name) { return driver }
        // It may just have come.
        refresh()
        return known(name)
    }

    private func known(_ name: (State) -> String?) -> Driver? {
        state.withLock { state in
            guard let name = name(state), let identity = state.identities[name],
                let generation = state.generations[name]
            else { return nil }
            return Driver(
                name: name, generation: generation, config: identity.entry?.config ?? [:],
                problem: state.problems[name])
        }
    }
}
