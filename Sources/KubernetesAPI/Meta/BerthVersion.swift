/// Which Berth this is.
public enum BerthVersion {
    public static let current = "0.1.0"
}
