/// Entries of a volume's `context` that mean something to the host as well.
public enum WellKnownContext {
    /// `berth.dev/check`: with the value `stats` the host calls `stats` of this volume now and then, and tells its claim
    /// when the answer says that it is abnormal.
    public static let check = "berth.dev/check"
    /// The value of ``check``.
    public static let stats = "stats"
}
