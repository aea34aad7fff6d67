import Foundation
import Glibc
import Synchronization

/// libFuzzer's loop (compiler-rt, FuzzerInterface.h). It has no module; C and Swift pass pointers and integers alike.
@_silgen_name("LLVMFuzzerRunDriver")
private func runDriver(
    _ argumentCount: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ testOneInput: @convention(c) (UnsafePointer<UInt8>?, Int) -> CInt
) -> CInt

/// `berth-fuzz`: gives the target of `BERTH_FUZZ_TARGET` to libFuzzer, whose options its own are
/// (https://llvm.org/docs/LibFuzzer.html). `berth-fuzz targets` lists them, `berth-fuzz dictionary` prints the target's
/// words as libFuzzer reads them.
@main
struct FuzzRunner {
    private static let target = ProcessInfo.processInfo.environment["BERTH_FUZZ_TARGET"].flatMap { name in
        FuzzTarget.all.first { $0.name == name }
    }

    static func main() {
        if CommandLine.arguments.dropFirst() == ["targets"] {
            for target in FuzzTarget.all { print(target) }
            return
        }
        guard let target else {
            say("BERTH_FUZZ_TARGET names no target; there are: \(FuzzTarget.all.map(\.name).joined(separator: " "))")
            exit(64)
        }
        if CommandLine.arguments.dropFirst() == ["dictionary"] {
            for word in target.dictionary { print(quoted(word)) }
            return
        }
        var count = CommandLine.argc
        var arguments = CommandLine.unsafeArgv
        exit(
            runDriver(&count, &arguments) { input, count in
                FuzzRunner.run(Array(UnsafeBufferPointer(start: input, count: count)))
                return 0
            })
    }

    /// What violates a property ends the process, as a trap does: libFuzzer keeps the input.
    private static func run(_ input: [UInt8]) {
        do {
            switch target?.body {
            case .immediate(let body): try body(input)
            case .asynchronous(let body): try wait { try await body(input) }
            case nil: break
            }
        } catch {
            say("\(error)")
            abort()
        }
    }

    /// libFuzzer calls, and waits, on the main thread, which is none of Swift's pool.
    private static func wait(for body: @escaping @Sendable () async throws -> Void) throws {
        let outcome = Mutex(Result<Void, any Error>.success(()))
        let end = DispatchSemaphore(value: 0)
        Task.detached {
            do {
                try await body()
            } catch {
                outcome.withLock { $0 = .failure(error) }
            }
            end.signal()
        }
        end.wait()
        try outcome.withLock { $0 }.get()
    }

    private static func quoted(_ word: String) -> String {
        let bytes = word.utf8.map { byte in
            byte < 0x20 || byte >= 0x7F || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\")
                ? "\\x" + (byte < 16 ? "0" : "") + String(byte, radix: 16)
                : String(UnicodeScalar(byte))
        }
        return "\"\(bytes.joined())\""
    }

    private static func say(_ line: String) {
        FileHandle.standardError.write(Data((line + "\n").utf8))
    }
}
