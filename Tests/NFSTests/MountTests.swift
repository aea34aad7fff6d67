import DriverProtocol
import StorageDriverKit
import Testing

@testable import NFSDriver

@Suite("Mounting an NFS volume", .withServer)
struct MountTests {
    @Test("is offered where the kernel can, and otherwise not supported, with the reason", arguments: versions)
    func offered(version: String) throws {
        let scene = try Scene(version: version)
        try scene.provision()
        let info = try #require(try scene.call(scene.request(.initialize, nil)).info)
        #expect(info.supports(.mount) == (KernelClient.obstacle == nil))
        #expect(info.supports(.unmount) == info.supports(.mount))
        guard let obstacle = KernelClient.obstacle else { return }
        for verb in [Verb.mount, .unmount] {
            var request = scene.request(verb)
            request.target = scene.data + "/mounted"
            let reply = try scene.call(request)
            #expect(reply.status == .notSupported)
            #expect(reply.message?.contains(obstacle) == true, "\(reply.message ?? "")")
        }
    }

    @Test("a kernel has the client built in, or as a module")
    func kernels() {
        #expect(KernelClient.lists("nodev\tproc\nnodev\tnfs\n\text4\n", "nfs"))
        #expect(!KernelClient.lists("nodev\tproc\nnodev\tnfsd\n\text4\n", "nfs"))
        #expect(KernelClient.hasModule("kernel/fs/ext4/ext4.ko.xz:\nkernel/fs/nfs/nfs.ko.xz: kernel/net/sunrpc.ko\n"))
        #expect(!KernelClient.hasModule("kernel/fs/nfsd/nfsd.ko.xz: kernel/fs/nfs/nfs.ko.xz\n"))
    }

    @Test("what is mounted where is told by the last line for a path")
    func table() {
        let table = MountTable(
            """
            25 1 252:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
            90 25 0:50 / /mnt/a\\040b rw,relatime shared:40 - nfs4 10.0.0.7:/export/pvc-1 rw,vers=4.2
            91 90 0:51 / /mnt/a\\040b rw - tmpfs tmpfs rw
            no mount
            """)
        #expect(table.mount(at: "/") == MountTable.Mount(source: "/dev/vda1", type: "ext4"))
        #expect(table.mount(at: "/mnt/a b") == MountTable.Mount(source: "tmpfs", type: "tmpfs"))
        #expect(table.mount(at: "/mnt") == nil)
        #expect(MountTable.current.mount(at: "/proc")?.type == "proc")
    }

    @Test("the class's options come first, and what they leave open is as the driver speaks to the server")
    func options() throws {
        let export = try Export(server: "fd00::7", share: "/export", port: 12049, mountPort: 12050)
        #expect(MountArguments.source(export, try VolumePath("a/pvc-1")) == "[fd00::7]:/export/a/pvc-1")
        #expect(
            MountArguments.options(export, mountOptions: [], readOnly: false)
                == "vers=3,port=12049,mountport=12050,retry=0")
        #expect(
            MountArguments.options(export, mountOptions: ["nfsvers=4.1,hard", "port=2049"], readOnly: true)
                == "nfsvers=4.1,hard,port=2049,mountport=12050,retry=0,ro")
    }
}
