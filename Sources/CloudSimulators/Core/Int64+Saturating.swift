extension Int64 {
    /// The nearest whole number towards zero; the largest or smallest one for what is beyond them, 0 for what is no
    /// number. What a configuration or a request multiplies may be any of these.
    init(saturating value: Double) {
        self = Int64(exactly: value.rounded(.towardZero)) ?? (value > 0 ? .max : value < 0 ? .min : 0)
    }
}
