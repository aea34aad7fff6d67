import DriverProtocol
import JSONTree
import KubernetesAPI
import Testing

@testable import Provisioning

@Suite("A StorageClass against its driver's schema")
struct ClassReviewTests {
    private static let schema: JSONValue = [
        "type": "object", "required": ["pool"],
        "properties": [
            "pool": ["type": "string", "description": "where volumes are made"],
            "copies": ["type": "integer", "minimum": 1, "maximum": 3],
            "onDelete": ["type": "string", "enum": ["delete", "retain"]],
            "thin": ["type": "boolean"],
        ],
    ]

    private static func review(
        _ parameters: [String: String], schema: JSONValue? = Self.schema,
        capabilities: [Capability] = [.init(.provision), .init(.delete)],
        _ change: (inout StorageClass) -> Void = { _ in }
    ) -> ClassReview {
        let info = DriverInfo(name: "shelf", version: "1", capabilities: capabilities, parameters: schema)
        return ClassReview(
            Objects.storageClass(parameters: parameters, change), .known(driver: "shelf", info))
    }

    @Test("right parameters have no fault and no warning")
    func right() {
        let parameters = [
            "pool": "p", "copies": "3", "onDelete": "retain", "thin": "true", "csi.storage.k8s.io/fstype": "xfs",
            "csi.storage.k8s.io/provisioner-secret-name": "${pvc.name}-${pvc.annotations['team']}",
            "csi.storage.k8s.io/provisioner-secret-namespace": "${pvc.namespace}",
        ]
        #expect(
            Self.review(parameters)
                == ClassReview(
                    Objects.storageClass(provisioner: "x/y"),
                    .known(
                        driver: "shelf",
                        DriverInfo(name: "s", version: "1", capabilities: [.init(.provision), .init(.delete)]))))
    }

    @Test(
        "each fault has its field, its reason, and what would be right",
        arguments: [
            (
                ["pool": "p", "onDelet": "delete"], "parameters[onDelet]", "FieldValueNotSupported",
                "Unsupported value: driver shelf: \"onDelet\" is unknown; did you mean \"onDelete\"?"
            ),
            (
                ["pool": "p", "copies": "4"], "parameters[copies]", "FieldValueInvalid",
                "Invalid value: driver shelf: \"copies\" must be an integer from 1 to 3"
            ),
            (
                ["pool": "p", "copies": "many"], "parameters[copies]", "FieldValueInvalid",
                "Invalid value: driver shelf: \"copies\" must be an integer from 1 to 3"
            ),
            (
                ["pool": "p", "thin": "yes"], "parameters[thin]", "FieldValueInvalid",
                "Invalid value: driver shelf: \"thin\" must be \"true\" or \"false\""
            ),
            (
                ["pool": "p", "onDelete": "retian"], "parameters[onDelete]", "FieldValueInvalid",
                "Invalid value: driver shelf: \"onDelete\" must be \"delete\" or \"retain\"; did you mean \"retain\"?"
            ),
            (
                [:], "parameters[pool]", "FieldValueRequired",
                "Required value: driver shelf: \"pool\" (where volumes are made) must be given"
            ),
            (
                ["pool": "p", "fsType": "ext4"], "parameters[fsType]", "FieldValueNotSupported",
                "Unsupported value: driver shelf: \"fsType\" is unknown; the driver takes pool, copies, onDelete, thin; "
                    + "for every driver there is csi.storage.k8s.io/fstype"
            ),
            (
                ["pool": "p", "csi.storage.k8s.io/fstyp": "ext4"], "parameters[csi.storage.k8s.io/fstyp]",
                "FieldValueInvalid",
                "Invalid value: no such key. csi.storage.k8s.io/ is reserved; did you mean "
                    + "\"csi.storage.k8s.io/fstype\"?"
            ),
            (
                ["pool": "p", "csi.storage.k8s.io/secret-name": "s"], "parameters[csi.storage.k8s.io/secret-name]",
                "FieldValueInvalid", "Invalid value: needs csi.storage.k8s.io/secret-namespace beside it"
            ),
        ] as [([String: String], String, String, String)])
    func faults(parameters: [String: String], field: String, reason: String, message: String) {
        let review = Self.review(parameters)
        #expect(review.faults == [StatusError.Cause(reason: reason, message: message, field: field)])
    }

    @Test("a secret's template with a token that does not exist is a fault of the class")
    func secretTokens() {
        let review = Self.review([
            "pool": "p", "csi.storage.k8s.io/secret-name": "${pvc.nam}",
            "csi.storage.k8s.io/secret-namespace": "default",
        ])
        #expect(review.faults.map(\.field) == ["parameters[csi.storage.k8s.io/secret-name]"])
        #expect(review.faults.first?.message.contains("${pvc.nam} cannot be resolved. Known here: ${pv.name}") == true)
    }

    @Test("all faults are found at once, the reserved keys' too")
    func several() {
        let review = Self.review(["pol": "p", "copies": "0", "csi.storage.k8s.io/x": "y"])
        #expect(
            review.faults.map(\.field) == [
                "parameters[csi.storage.k8s.io/x]", "parameters[copies]", "parameters[pol]", "parameters[pool]",
            ])
    }

    @Test("a fault never shows a parameter's value")
    func values() {
        let review = Self.review([
            "pool": "p", "copies": "s3cret", "onDelete": "s3cret", "thin": "s3cret", "x": "s3cret",
        ])
        #expect(review.faults.count == 4)
        #expect(!review.faults.contains { $0.message.contains("s3cret") })
    }

    @Test("a driver without a schema takes any parameters; one whose schema is wrong is said to have it")
    func schemas() {
        #expect(Self.review(["x": "y"], schema: nil).faults.isEmpty)
        let wrong = Self.review(["x": "y"], schema: ["properties": ["x": ["type": "colour"]]])
        #expect(wrong.faults.isEmpty)
        #expect(
            wrong.warnings.first?.hasPrefix("the parameters could not be checked: the schema that driver shelf") == true
        )
    }

    @Test("what the class asks for and the driver cannot do is a warning")
    func capabilities() {
        let parameters = ["pool": "p"]
        #expect(
            Self.review(parameters) { $0.json["allowVolumeExpansion"] = true }.warnings
                .map { $0.prefix { $0 != ":" } } == ["allowVolumeExpansion"])
        #expect(
            Self.review(parameters) {
                $0.json["allowedTopologies"] = [["matchLabelExpressions": [["key": "zone", "values": ["a"]]]]]
            }.warnings.map { $0.prefix { $0 != ":" } } == ["allowedTopologies"])
        #expect(
            Self.review(parameters, capabilities: [.init(.provision)]).warnings.map { $0.prefix { $0 != ":" } }
                == ["reclaimPolicy"])
        #expect(
            Self.review(parameters, capabilities: [.init(.provision)]) { $0.json["reclaimPolicy"] = "Retain" }
                .warnings.isEmpty)
        #expect(Self.review(parameters, capabilities: []).warnings.map { $0.prefix { $0 != ":" } } == ["provisioner"])
        let able: [Capability] = [.init(.provision), .init(.delete), .init(.expandVolume), .topology]
        #expect(
            Self.review(parameters, capabilities: able) {
                $0.json["allowVolumeExpansion"] = true
                $0.json["allowedTopologies"] = [["matchLabelExpressions": [["key": "zone", "values": ["a"]]]]]
            }.warnings.isEmpty)
    }

    @Test("a driver that is not there, or cannot be asked, makes a warning and no fault")
    func standings() {
        let wrong = Objects.storageClass(provisioner: "example.com/shelff", parameters: ["csi.storage.k8s.io/x": "y"])
        for (standing, words) in [
            (
                .missing(others: ["berth.dev/nfs", "example.com/shelf"]),
                "(did you mean \"example.com/shelf\"?); there are"
            ),
            (
                .missing(others: ["example.com/shelter"]),
                "\"example.com/shelff\"; there are drivers for: example.com/shelter"
            ),
            (.missing(others: []), "there are no drivers here"),
            (.starting(driver: "shelf"), "driver shelf is just starting"),
            (.broken(driver: "shelf", reason: "it is not executable"), "cannot be called: it is not executable"),
        ] as [(DriverStanding, String)] {
            let review = ClassReview(wrong, standing)
            #expect(review.faults.isEmpty)
            #expect(review.warnings.count == 1 && review.warnings[0].contains(words), "\(review.warnings)")
        }
    }

    @Test("a class without a provisioner is left alone")
    func noProvisioner() {
        let byHand = Objects.storageClass(provisioner: StorageClass.noProvisioner, parameters: ["x": "y"])
        let review = ClassReview(byHand, .missing(others: []))
        #expect(review.faults.isEmpty && review.warnings.isEmpty)
    }
}
