import DriverProtocol
import Glibc
import JSONTree

/// `<driver> <verb>`: one request from standard input to its end, one reply.
struct SingleCall {
    let table: VerbTable
    let verb: Verb
    let input: Int32

    /// Carries out the call on this thread.
    func reply() -> DriverReply {
        let request: DriverRequest
        do {
            request = try readRequest()
        } catch {
            return .failure(error)
        }
        guard request.verb == verb else {
            return .failure(
                DriverError(
                    .invalidArgument, "the argument says \(verb), the request says \(request.verb)", field: "verb"),
                callID: request.callID)
        }
        let call = CallInProgress(request)
        let watch = DeadlineWatch()
        watch.add(call)
        defer { watch.remove(call) }
        let answer = Monitor(DriverReply?.none)
        CallThread().run(started: call.began) { [table] in
            let reply = await table.reply(to: request) { call.interruptionError() }
            answer.withLock { $0 = reply }
        }
        return answer.wait { $0 }
    }

    private func readRequest() throws(DriverError) -> DriverRequest {
        let bytes = try readToEnd()
        guard !bytes.isEmpty else {
            throw DriverError(
                .invalidArgument, "standard input is empty where a request, a JSON object, is expected", outcome: .final
            )
        }
        do {
            return try DriverRequest(json: try JSONParser.parse(bytes))
        } catch let error as JSONParseError {
            throw DriverError(.invalidArgument, "the request is no JSON: \(error)")
        } catch let error as ProtocolError {
            throw DriverError(.invalidArgument, "the request is wrong: \(error)", field: error.path)
        } catch {
            throw DriverError(.internal, "the request cannot be read: \(error)", outcome: .final)
        }
    }

    private func readToEnd() throws(DriverError) -> [UInt8] {
        var bytes: [UInt8] = []
        var block = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = read(input, &block, block.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw DriverError(.internal, "standard input cannot be read: errno \(errno)", outcome: .final)
            }
            bytes.append(contentsOf: block.prefix(count))
            guard bytes.count <= DriverProcess.requestLimit else {
                throw DriverError(
                    .invalidArgument, "the request has more than \(DriverProcess.requestLimit) bytes", outcome: .final)
            }
        }
    }
}
