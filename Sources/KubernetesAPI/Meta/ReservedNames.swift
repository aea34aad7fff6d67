/// The names that are the host's own, on objects of every kind. They decide what drivers are told to make and to delete,
/// so that nobody but the host writes them (``WriteOptions/isHost``).
public enum ReservedNames {
    /// Of labels, annotations and finalizers.
    public static let prefix = "berth.dev/"
    /// An annotation of a PersistentVolume: the driver's own name for it. Since only the host writes it, it tells the
    /// volumes that the host had made from those that somebody wrote by hand.
    public static let volumeID = "berth.dev/volume-id"

    public static func contains(_ name: String) -> Bool { name.hasPrefix(prefix) }
}
