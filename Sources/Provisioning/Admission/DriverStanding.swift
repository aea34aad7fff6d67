import DriverHost
import DriverProtocol

/// What is known of a provisioner's driver, as it is now: nobody is asked, and nobody is waited for.
enum DriverStanding: Sendable, Hashable {
    /// No driver is registered for the provisioner; these provisioners have one.
    case missing(others: [String])
    /// It has not said yet what it can do. It will have in a moment, or be broken.
    case starting(driver: String)
    /// It cannot be called as it is, so that what it once said counts for nothing.
    case broken(driver: String, reason: String)
    case known(driver: String, DriverInfo)

    init(of provisioner: String, in host: DriverHost) {
        guard let driver = host.driver(serving: provisioner) else {
            self = .missing(others: host.provisioners())
            return
        }
        switch (driver.state, driver.info) {
        case (.broken(let reason), _): self = .broken(driver: driver.name, reason: reason)
        case (.resting(_, let reason), nil), (.restarting(_, let reason), nil):
            self = .broken(driver: driver.name, reason: reason)
        // The file may have been replaced: the answer of the old one may be wrong for the new one.
        case (.starting, _), (.ready, nil): self = .starting(driver: driver.name)
        // It rests, but is the one that answered.
        case (.ready, let info?), (.resting, let info?), (.restarting, let info?):
            self = .known(driver: driver.name, info)
        }
    }

    /// What those are told who use a provisioner that has no driver.
    static func nobodyServes(_ provisioner: String, others: [String]) -> String {
        let there =
            others.isEmpty ? "there are no drivers here" : "there are drivers for: \(others.joined(separator: ", "))"
        // Such names have much in common by themselves: the domain.
        let guess =
            EditDistance.nearest(to: provisioner, among: others, limit: 2).map { " (did you mean \"\($0)\"?)" } ?? ""
        return "no driver serves provisioner \"\(provisioner)\"\(guess); \(there). Register one "
            + "(berth driver register EXE --name NAME --provisioner \(provisioner)), or correct the class"
    }
}
