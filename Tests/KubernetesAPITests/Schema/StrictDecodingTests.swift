import JSONTree
import KubernetesAPI
import Testing

@Suite("Strict decoding")
struct StrictDecodingTests {
    private func decoded(
        _ text: String, as kind: ResourceKind = .persistentVolumeClaim, version: String? = nil,
        duplicates: [String] = [], _ validation: FieldValidation = .strict
    ) throws -> StrictDecoding.Decoded {
        try StrictDecoding.decode(
            try json(text), as: kind, version: version, duplicates: duplicates, validation: validation)
    }

    private func message(_ text: String, as kind: ResourceKind = .persistentVolumeClaim) throws -> String? {
        let error = #expect(throws: StatusError.self) { try decoded(text, as: kind) }
        #expect(error?.code == 400)
        #expect(error?.reason == .badRequest)
        return error?.message
    }

    @Test("unknown fields are named with their paths, in Kubernetes' words")
    func unknownFields() throws {
        #expect(
            try message(#"{"spec": {"foo": 1, "bar": {"x": 2}}, "top": true}"#)
                == "PersistentVolumeClaim in version \"v1\" cannot be handled as a PersistentVolumeClaim: "
                + "strict decoding error: unknown field \"spec.foo\", unknown field \"spec.bar\", unknown field \"top\""
        )
        #expect(
            try message(#"{"spec": {"containers": [{"name": "a"}, {"name": "b", "imge": "x"}]}}"#, as: .pod)?
                .hasSuffix("unknown field \"spec.containers[1].imge\"") == true)
    }

    @Test("a hundred thousand unknown fields are dropped in a moment, and a hundred of them named")
    func manyUnknownFields() throws {
        var spec = JSONObject([("volumeName", "pv1")])
        for number in 0..<100_000 { spec["x\(number)"] = 1 }
        let decoded = try StrictDecoding.decode(
            ["spec": .object(spec)], as: .persistentVolumeClaim, validation: .warn)
        #expect(decoded.object["spec"] == ["volumeName": "pv1"])
        #expect(decoded.warnings.count == 100)
    }

    @Test("duplicate keys of the text are faults like unknown fields")
    func duplicates() throws {
        let error = #expect(throws: StatusError.self) { try decoded("{}", duplicates: ["spec.size"]) }
        #expect(error?.message.hasSuffix("strict decoding error: duplicate field \"spec.size\"") == true)
        #expect(try decoded("{}", duplicates: ["spec.size"], .warn).warnings == ["duplicate field \"spec.size\""])
    }

    @Test("Warn drops unknown fields and says so, Ignore drops them")
    func lenient() throws {
        let text = #"{"spec": {"foo": 1, "volumeName": "pv1"}}"#
        let warned = try decoded(text, .warn)
        #expect(warned.warnings == ["unknown field \"spec.foo\""])
        #expect(warned.object["spec"] == ["volumeName": "pv1"])
        let ignored = try decoded(text, .ignore)
        #expect(ignored.warnings.isEmpty)
        #expect(ignored.object["spec"] == ["volumeName": "pv1"])
    }

    @Test("fields that Kubernetes knows survive, whether Berth uses them or not")
    func knownFieldsSurvive() throws {
        let spec = #"{"containers": [{"name": "a", "resizePolicy": [{"resourceName": "cpu", "restartPolicy": "x"}]}]}"#
        #expect(try decoded(#"{"spec": \#(spec)}"#, as: .pod).object["spec"] == json(spec))
    }

    @Test(
        "a wrong type is always an error that names field, expected and found",
        arguments: [
            (
                #"{"spec": {"storageClassName": 5}}"#,
                "json: cannot unmarshal number into Go struct field PersistentVolumeClaimSpec.spec.storageClassName of "
                    + "type string"
            ),
            (
                #"{"spec": []}"#,
                "json: cannot unmarshal array into Go struct field PersistentVolumeClaim.spec of type "
                    + "v1.PersistentVolumeClaimSpec"
            ),
            (
                #"{"spec": {"accessModes": "ReadWriteOnce"}}"#,
                "json: cannot unmarshal string into Go struct field PersistentVolumeClaimSpec.spec.accessModes of type "
                    + "[]string"
            ),
            (
                #"{"metadata": {"labels": {"a": 1}}}"#,
                "json: cannot unmarshal number into Go struct field ObjectMeta.metadata.labels.a of type string"
            ),
            (
                #"{"metadata": {"generation": 1.5}}"#,
                "json: cannot unmarshal number 1.5 into Go struct field ObjectMeta.metadata.generation of type int64"
            ),
            (
                #"{"metadata": {"name": true}}"#,
                "json: cannot unmarshal bool into Go struct field ObjectMeta.metadata.name of type string"
            ),
            (
                #"{"spec": {"resources": {"requests": {"storage": "8Gb"}}}}"#,
                "json: cannot unmarshal string into Go struct field "
                    + "VolumeResourceRequirements.spec.resources.requests.storage of type resource.Quantity: "
            ),
            (
                #"{"metadata": {"creationTimestamp": "yesterday"}}"#,
                "json: cannot unmarshal string into Go struct field ObjectMeta.metadata.creationTimestamp of type v1.Time"
            ),
        ])
    func wrongTypes(text: String, expected: String) throws {
        for validation in [FieldValidation.ignore, .warn, .strict] {
            let error = #expect(throws: StatusError.self) { try decoded(text, validation) }
            #expect(
                error?.message.hasPrefix(
                    "PersistentVolumeClaim in version \"v1\" cannot be handled as a PersistentVolumeClaim: \(expected)")
                    == true, "\(error?.message ?? "")")
        }
    }

    @Test("numbers that do not fit their width are refused")
    func integerWidth() throws {
        #expect(
            try message(#"{"spec": {"replicas": 3000000000}}"#, as: .statefulSet)?
                .contains("cannot unmarshal number 3000000000 into Go struct field StatefulSetSpec.spec.replicas")
                == true)
    }

    @Test("a secret's data must be Base64")
    func base64() throws {
        #expect(try message(#"{"data": {"password": "%%%%"}}"#, as: .secret)?.contains("data.password") == true)
        #expect(try decoded(#"{"data": {"password": "c2VjcmV0"}}"#, as: .secret).warnings.isEmpty)
    }

    @Test("no message repeats a secret's value")
    func secretsAreNotRepeated() throws {
        #expect(try message(#"{"data": {"password": "hunter2!"}}"#, as: .secret)?.contains("hunter2") == false)
    }

    @Test("null is as if the field were absent")
    func nulls() throws {
        let object = try decoded(
            #"{"metadata": {"name": "a", "creationTimestamp": null}, "spec": null, "status": {}}"#
        ).object
        #expect(object["metadata"] == ["name": "a"])
        #expect(object["spec"] == nil)
    }

    @Test("quantities become canonical strings")
    func quantities() throws {
        func storage(_ value: String) throws -> JSONValue? {
            try decoded(#"{"spec": {"resources": {"requests": {"storage": \#(value)}}}}"#).object
                .at("spec", "resources", "requests", "storage")
        }
        #expect(try storage("1024") == "1024")
        #expect(try storage(#""1024Mi""#) == "1Gi")
        #expect(try storage(#""8Gi""#) == "8Gi")
    }

    @Test("apiVersion and kind are filled in, and must fit when they are given")
    func typeMeta() throws {
        let object = try decoded("{}").object
        #expect(object["kind"] == "PersistentVolumeClaim")
        #expect(object["apiVersion"] == "v1")
        #expect(
            try message(#"{"kind": "Pod"}"#)
                == "the kind in the data (Pod) does not match the expected kind (PersistentVolumeClaim)")
        #expect(
            try message(#"{"apiVersion": "v2"}"#)
                == "the API version in the data (v2) does not match the expected API version (v1)")
        #expect(try message("[]")?.contains("must be of type PersistentVolumeClaim") == true)
    }

    @Test("a StatefulSet in apps/v1beta1 becomes one in apps/v1, its selector taken from the template")
    func olderVersion() throws {
        let object = try decoded(
            """
            {"apiVersion": "apps/v1beta1", "kind": "StatefulSet", "metadata": {"name": "web"},
             "spec": {"serviceName": "nginx", "replicas": 2, "template": {"metadata": {"labels": {"app": "nginx"}}}}}
            """, as: .statefulSet, version: "v1beta1"
        ).object
        #expect(object["apiVersion"] == "apps/v1")
        #expect(object.at("spec", "selector") == ["matchLabels": ["app": "nginx"]])
        #expect(object.at("spec", "updateStrategy") == ["type": "OnDelete"])
    }
}
