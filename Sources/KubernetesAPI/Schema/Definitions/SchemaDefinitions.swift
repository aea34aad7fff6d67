/// The fields of all kinds, as ``SchemaParser`` reads them. Names, types and merge rules are those of Kubernetes 1.32;
/// the descriptions are Berth's own.
enum SchemaDefinitions {
    static let all = [
        meta, storage, volumeSources, persistentVolumeSources, pod, container, podStatus, podVolumes, scheduling, node,
        configuration, workloads, coordination,
    ]
}
