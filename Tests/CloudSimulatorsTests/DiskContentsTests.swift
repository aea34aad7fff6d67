import Foundation
import TestSupport
import Testing

@testable import CloudSimulators

@Suite(
    "The bytes of simulated disks",
    .enabled(
        if: geteuid() == 0 && access("/dev/loop-control", R_OK | W_OK) == 0,
        "loop devices need root and /dev/loop-control"))
struct DiskContentsTests {
    private func withContents(_ body: (DiskContents, String) async throws -> Void) async throws {
        try await withTemporaryDirectory { directory in
            let contents = try DiskContents(directory: directory + "/aws", devices: directory + "/devices")
            do {
                try await body(contents, directory)
            } catch {
                for id in ["vol-1", "vol-2", "snap-1"] { try await contents.remove(id) }
                throw error
            }
            for id in ["vol-1", "vol-2", "snap-1"] { for _ in 1...2 { try await contents.remove(id) } }
            #expect(try FileManager.default.contentsOfDirectory(atPath: directory + "/aws").isEmpty)
        }
    }

    private func write(_ text: String, to path: String) throws {
        let file = try #require(FileHandle(forWritingAtPath: path), "\(path)")
        try file.write(contentsOf: Data(text.utf8))
        try file.synchronize()
        try file.close()
    }

    private func read(_ path: String, count: Int) throws -> String {
        let file = try #require(FileHandle(forReadingAtPath: path), "\(path)")
        defer { try? file.close() }  // only read
        return String(decoding: try file.read(upToCount: count) ?? Data(), as: UTF8.self)
    }

    @Test("a disk keeps what is written through its device, over detaching, copying and a new process")
    func life() async throws {
        try await withContents { contents, directory in
            for _ in 1...2 { try await contents.create("vol-1", bytes: 8 << 20) }
            let device = try await contents.attach("vol-1", links: ["by-id/disk-1"])
            let same = try await contents.attach("vol-1", links: ["by-id/disk-1"])
            #expect(same == device)
            let link = directory + "/devices/by-id/disk-1"
            try write("kept", to: link)
            for _ in 1...2 { try await contents.detach("vol-1") }
            #expect(!FileManager.default.fileExists(atPath: link))
            try await contents.create("snap-1", bytes: 8 << 20, from: "vol-1")

            // Another process finds it all.
            let again = try DiskContents(directory: directory + "/aws", devices: directory + "/devices")
            try await again.create("vol-2", bytes: 16 << 20, from: "snap-1")
            let restored = try await again.attach("vol-2", links: ["by-id/disk-2"])
            #expect(try read(restored, count: 4) == "kept")
            try await again.resize("vol-2", bytes: 32 << 20)
            let size = try String(contentsOfFile: "/sys/class/block/\(restored.dropFirst(5))/size", encoding: .utf8)
            #expect(Int(size.split(separator: "\n").first ?? "") == (32 << 20) / 512)
        }
    }

    @Test("what has no content cannot be copied, and leaves nothing")
    func noSource() async throws {
        try await withContents { contents, directory in
            await #expect(throws: DiskContentFailure.self) {
                try await contents.create("vol-1", bytes: 1 << 20, from: "snap-9")
            }
            let left = try FileManager.default.contentsOfDirectory(atPath: directory + "/aws")
            #expect(left.isEmpty)
        }
    }

    @Test("disks are sparse: a large one takes no room")
    func sparse() async throws {
        try await withContents { contents, directory in
            try await contents.create("vol-1", bytes: 64 << 30)
            try await contents.create("vol-2", bytes: 64 << 30, from: "vol-1")
            var status = stat()
            #expect(stat(directory + "/aws/vol-2", &status) == 0 && status.st_blocks < 64)
        }
    }
}
