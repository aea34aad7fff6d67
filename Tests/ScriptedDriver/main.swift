import Glibc
import JSONTree

// A driver that answers as it is told, also wrongly. `BERTH_SCRIPT` in its environment names a file with a plan, as
// ScriptedDriverPlan in TestSupport writes it; without a plan every verb succeeds. `BERTH_FAULT` makes it a whole driver
// that breaks the one rule of the specification that it names, or none.

let verb = CommandLine.arguments.dropFirst().first ?? ""
if let fault = Fault.current {
    let driver = FaultyDriver(fault: fault, isResident: verb == "serve")
    if verb == "serve" {
        FaultySession(driver).run()
    } else {
        driver.runOnce(verb: verb)
    }
} else {
    let plan = Plan.load()
    if verb == "serve" {
        ResidentSession(plan: plan).run()
    } else {
        OnceSession(plan: plan, verb: verb).run()
    }
}
