import KubernetesAPI

/// The finalizer and the annotations that are Berth's own, and that only Berth may write (`ReservedNames`). Kubernetes'
/// are in `WellKnownAnnotation` and `WellKnownFinalizer`.
public enum BerthFinalizer {
    /// On a claim, set before its driver is called: a volume may exist of which no PersistentVolume tells yet. The
    /// claim stays until that is settled.
    public static let provisioning = "berth.dev/provisioning"
}

public enum BerthAnnotation {
    /// On a claim of an older Berth: the arguments of the driver's call. Ignored, since whoever created the claim may
    /// have written it; it is removed together with the finalizer.
    public static let formerIntent = "berth.dev/provisioning-intent"
    /// On a claim: how far a driver is that takes long, as `40% copying`.
    public static let provisioningProgress = "berth.dev/provisioning-progress"

    /// On a volume: the driver's own name for it.
    public static let volumeID = ReservedNames.volumeID
    /// On a volume: what the driver returned at `provision`, a JSON object of strings, given back on every call.
    public static let volumeContext = "berth.dev/volume-context"
    /// On a volume: the parameters of the class as it was then, a JSON object of strings. The class may be gone when
    /// the volume is deleted.
    public static let classParameters = "berth.dev/class-parameters"
}
