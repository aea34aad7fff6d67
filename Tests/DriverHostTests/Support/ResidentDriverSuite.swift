import DriverProtocol
import JSONTree
import TestSupport

@testable import DriverHost

/// Tests of a scripted driver that is resident.
protocol ResidentDriverSuite {
    var bench: DriverBench { get }
}

extension ResidentDriverSuite {
    func entry(_ build: (inout ScriptedDriverPlan) -> Void = { _ in }) throws -> JSONValue {
        try bench.entry(mode: "resident") { plan in
            plan.info["resident"] = true
            build(&plan)
        }
    }

    func provisionFailure(
        timeout: Duration = .seconds(30), _ actions: ScriptedDriverPlan.Action...
    ) async throws -> DriverCallError {
        try await bench.withHost(try entry { $0.scripts["provision"] = [actions] }) { host in
            try await failure { () throws(DriverCallError) in
                try await host.call(driver: "x", .provision(timeout: timeout))
            }
        }
    }

    func processes() throws -> Set<JSONValue> { Set(try bench.log(verb: "serve").compactMap { $0["pid"] }) }
}
