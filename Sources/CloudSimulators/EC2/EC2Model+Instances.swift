// Instances: they come with the configuration.

extension EC2Model {
    func describeInstances(
        _ parameters: inout EC2Parameters, at now: SimulatorClock.Milliseconds
    ) throws(EC2Error) -> Answer {
        let ids = parameters.list("InstanceId")
        let filters = try parameters.filters()
        let page = try EC2Page(&parameters, hasIDs: !ids.isEmpty, idName: "instancesSet")
        _ = try parameters.boolean("IncludeManagedResources")
        try parameters.finish()
        var found: [EC2Configuration.Instance] = []
        for id in ids { found.append(try instance(id)) }
        if ids.isEmpty { found = configuration.instances }
        var passing: [VisibleInstance] = []
        for instance in found.sorted(by: { $0.id < $1.id }) {
            let visible = VisibleInstance(
                instance: instance, tags: instanceTags[instance.id] ?? EC2Tags(),
                attachments: attachments(to: instance.id, at: now), now: now)
            if try visible.passes(filters) { passing.append(visible) }
        }
        let (items, next) = page.cut(passing, id: \.instance.id)
        let reservations = items.map { item in
            [
                XMLElement("reservationId", "r-" + item.instance.id.dropFirst(2)),
                XMLElement("ownerId", configuration.accountID), XMLElement.set("groupSet", []),
                XMLElement.set("instancesSet", [item.element]),
            ]
        }
        return [.set("reservationSet", reservations)] + (next.map { [XMLElement("nextToken", $0)] } ?? [])
    }
}

/// An instance as the filters of DescribeInstances see it.
struct VisibleInstance: EC2Filterable {
    var instance: EC2Configuration.Instance
    var tags: EC2Tags
    var attachments: [(volumeID: String, attachment: EC2Volume.Attachment)]
    var now: SimulatorClock.Milliseconds

    func values(ofFilter name: String) -> [String]? {
        switch name {
        case "instance-id": [instance.id]
        case "instance-type": [instance.type]
        case "availability-zone": [instance.zone]
        case "private-dns-name": [instance.privateDNSName]
        case "instance-state-name": ["running"]
        case "instance-state-code": ["16"]
        case "root-device-name": [EC2Model.rootDevice]
        case "root-device-type": ["ebs"]
        case "hypervisor": ["xen"]
        case "virtualization-type": ["hvm"]
        case "architecture": ["x86_64"]
        case "block-device-mapping.device-name": attachments.map(\.attachment.device)
        case "block-device-mapping.volume-id": attachments.map(\.volumeID)
        case "block-device-mapping.status": attachments.map { $0.attachment.state(at: now).rawValue }
        case "block-device-mapping.attach-time": attachments.map { SimulatorClock.text($0.attachment.time) }
        default: nil
        }
    }

    var element: [XMLElement] {
        let mappings = attachments.map { item in
            [
                XMLElement("deviceName", item.attachment.device),
                XMLElement(
                    "ebs",
                    [
                        XMLElement("volumeId", item.volumeID),
                        XMLElement("status", item.attachment.state(at: now).rawValue),
                        XMLElement("attachTime", time: item.attachment.time),
                        XMLElement("deleteOnTermination", false),
                    ]),
            ]
        }
        var elements = [
            XMLElement("instanceId", instance.id),
            XMLElement("imageId", "ami-0123456789abcdef0"),
            XMLElement("instanceState", [XMLElement("code", 16), XMLElement("name", "running")]),
            XMLElement("privateDnsName", instance.privateDNSName),
            XMLElement("instanceType", instance.type),
            XMLElement(
                "placement",
                [XMLElement("availabilityZone", instance.zone), XMLElement("tenancy", "default")]),
            XMLElement("monitoring", [XMLElement("state", "disabled")]),
            XMLElement("architecture", "x86_64"), XMLElement("rootDeviceType", "ebs"),
            XMLElement("rootDeviceName", EC2Model.rootDevice),
            XMLElement.set("blockDeviceMapping", mappings),
            XMLElement("virtualizationType", "hvm"), XMLElement("hypervisor", "xen"),
        ]
        if !tags.values.isEmpty { elements.append(tags.element) }
        return elements
    }
}
