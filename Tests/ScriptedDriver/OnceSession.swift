import Glibc
import JSONTree

/// One call, and the end.
struct OnceSession {
    let plan: Plan
    let verb: String

    func run() -> Never {
        // A script that begins with closing stdin must not have read it; its call is logged without a request.
        let peeked = plan.script(of: verb, call: 0)
        let closesInput = peeked?.first?["do"]?.stringValue == "closeInput"
        let request = closesInput ? nil : readToEnd(0)
        let number = plan.recordCall(verb: verb, request: request)
        let json = request.flatMap { try? JSONParser.parse($0) }
        let actions = Actions(
            plan: plan, verb: verb, callID: json?["callID"]?.stringValue ?? "", isResident: false,
            isCancelled: { false })
        exit(actions.run(plan.script(of: verb, call: number) ?? [["do": "succeed"]]))
    }
}
