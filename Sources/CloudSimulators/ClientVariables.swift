import JSONTree

/// The environment variables that make a cloud's own clients, and Berth's drivers, speak to a simulated one.
enum ClientVariables {
    /// - Parameter section: The cloud's section of the configuration.
    static func all(
        _ cloud: Cloud, at address: CloudSimulatorOptions.Address, _ section: JSONValue
    ) -> [(name: String, value: String)] {
        let url = address.url
        switch cloud {
        case .aws:
            var variables = [
                ("AWS_ENDPOINT_URL_EC2", url), ("AWS_ENDPOINT_URL_STS", url),
                // Credentials come from there, where the environment has none.
                ("AWS_EC2_METADATA_SERVICE_ENDPOINT", url),
            ]
            if let region = section["region"]?.stringValue {
                // Version 1 of the command line reads the second only.
                variables += [("AWS_REGION", region), ("AWS_DEFAULT_REGION", region)]
            }
            return variables
        case .gce:
            var variables = [
                ("CLOUDSDK_API_ENDPOINT_OVERRIDES_COMPUTE", url + "/compute/v1/"),
                ("GCE_METADATA_HOST", String(url.dropFirst("http://".count))),
            ]
            if let project = section["project"]?.stringValue { variables.append(("GOOGLE_CLOUD_PROJECT", project)) }
            return variables
        case .azure:
            return [
                ("AZURE_RESOURCE_MANAGER_ENDPOINT", url), ("AZURE_AUTHORITY_HOST", url),
                ("AZURE_POD_IDENTITY_AUTHORITY_HOST", url),
            ]
        }
    }
}
