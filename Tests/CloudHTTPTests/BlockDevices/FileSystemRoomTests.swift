import BlockDevices
import Glibc
import Testing

@Suite("The room of a file system")
struct FileSystemRoomTests {
    @Test("is told in bytes")
    func usual() {
        var status = statvfs()
        (status.f_frsize, status.f_blocks, status.f_bfree, status.f_bavail) = (4096, 100, 40, 30)
        (status.f_files, status.f_ffree, status.f_favail) = (10, 4, 3)
        let room = FileSystemRoom(status)
        #expect(room.totalBytes == 409_600)
        #expect(room.usedBytes == 60 * 4096)
        #expect(room.availableBytes == 30 * 4096)
        #expect(room.usedFiles == 6)
    }

    @Test("that makes no sense ends nothing: more free than there is, and more than can be counted")
    func nonsense() {
        var status = statvfs()
        (status.f_frsize, status.f_blocks, status.f_bfree, status.f_bavail) = (1 << 20, 1, .max, .max)
        (status.f_files, status.f_ffree, status.f_favail) = (0, 5, .max)
        let room = FileSystemRoom(status)
        #expect(room.usedBytes == 0)
        #expect(room.availableBytes == .max)
        #expect(room.usedFiles == 0)
        #expect(room.availableFiles == .max)
    }
}
