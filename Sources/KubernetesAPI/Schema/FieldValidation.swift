/// What happens to fields that the schema does not know, and to keys that stand twice (`fieldValidation`).
public enum FieldValidation: String, Sendable, Hashable {
    /// They are dropped.
    case ignore = "Ignore"
    /// They are dropped, and the writer gets a warning for each.
    case warn = "Warn"
    /// The write is refused.
    case strict = "Strict"
}
