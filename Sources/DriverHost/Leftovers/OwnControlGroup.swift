/// The control group of version 2 in which this process is.
enum OwnControlGroup {
    static func path() -> String? {
        guard let groups = ProcessFile.bytes("/proc/self/cgroup"),
            let mounts = ProcessFile.bytes("/proc/self/mountinfo")
        else { return nil }
        return path(groups: String(decoding: groups, as: UTF8.self), mounts: String(decoding: mounts, as: UTF8.self))
    }

    /// - Parameters:
    ///   - groups: `/proc/self/cgroup`, see cgroups(7).
    ///   - mounts: `/proc/self/mountinfo`, see proc(5).
    static func path(groups: String, mounts: String) -> String? {
        // 0::/system.slice/berth.service
        let line = groups.split(separator: "\n").first { $0.hasPrefix("0::/") }
        guard let group = line?.dropFirst(3), !group.hasPrefix("/.."), !group.hasSuffix(" (deleted)") else {
            return nil
        }
        for mount in MountTable.entries(mounts) where mount.type == "cgroup2" {
            let root = mount.root == "/" ? "" : mount.root
            guard group == root || group.hasPrefix(root + "/") else { continue }
            let rest = group.dropFirst(root.count)
            return rest == "/" ? mount.mountPoint : mount.mountPoint + rest
        }
        return nil
    }
}
