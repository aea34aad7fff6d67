/// Names that are reserved for the host, on objects of every kind. They decide what drivers are told to create and
/// delete, so only the host may write them (``WriteOptions/isHost``).
public enum ReservedNames {
    /// Of labels, annotations and finalizers.
    public static let prefix = "berth.dev/"
    /// An annotation of a PersistentVolume: the driver's id for it. Since only the host writes it, it distinguishes
    /// volumes that the host provisioned from those that somebody created by hand.
    public static let volumeID = "berth.dev/volume-id"

    public static func contains(_ name: String) -> Bool { name.utf8.starts(with: prefix.utf8) }
}
