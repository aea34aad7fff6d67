extension Int64 {
    /// The value truncated towards zero and clamped to the range of `Int64`; 0 for NaN. Products of numbers from a
    /// configuration or a request can be any of these.
    init(saturating value: Double) {
        self = Int64(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }
}
