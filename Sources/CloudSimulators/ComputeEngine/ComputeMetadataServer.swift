import HTTPTypes
import JSONTree

/// What instances ask at metadata.google.internal: who and where they are, and for tokens.
struct ComputeMetadataServer {
    let configuration: ComputeConfiguration
    let tokens: TokenAuthority

    private static let flavor = HTTPField.Name("Metadata-Flavor")

    func respond(to request: CloudRequest) -> CloudResponse {
        guard request.header("Metadata-Flavor") == "Google" else {
            return text("Missing Metadata-Flavor:Google header.\n", status: 403)
        }
        guard request.method == "GET" else { return text("Method Not Allowed\n", status: 405) }
        let segments = request.segments
        guard segments.count > 1 else { return text("computeMetadata/\n") }
        let path = segments.dropFirst(2).joined(separator: "/")
        let instance = configuration.instances.first { $0.local == true } ?? configuration.instances.first
        switch path {
        case "project/project-id": return text(configuration.project)
        case "project/numeric-project-id": return text(Self.projectNumber)
        case "instance/zone":
            guard let instance else { return notFound(request) }
            return text("projects/\(Self.projectNumber)/zones/\(instance.zone)")
        case "instance/name":
            guard let name = instance?.name else { return notFound(request) }
            return text(name)
        case "instance/id":
            guard let instance else { return notFound(request) }
            let name = ComputeResource(configuration.project, .zone(instance.zone), .instances, instance.name ?? "")
            return text(String(ComputeModel.id(of: name)))
        case "universe/universe-domain": return text("googleapis.com")
        case "instance/service-accounts": return text("default/\n\(email)/\n")
        default: return account(path, request)
        }
    }

    private var email: String { configuration.credentials.metadataEmail }
    private static let projectNumber = "123456789012"
    private static let scope = "https://www.googleapis.com/auth/cloud-platform"

    private func account(_ path: String, _ request: CloudRequest) -> CloudResponse {
        for name in ["default", email] {
            switch path {
            case "instance/service-accounts/\(name)/token": return json(tokens.answer(for: email))
            case "instance/service-accounts/\(name)/email": return text(email)
            case "instance/service-accounts/\(name)/scopes": return text("\(Self.scope)\n")
            case "instance/service-accounts/\(name)":
                guard request.query("recursive") == "true" else { return text("aliases\nemail\nscopes\ntoken\n") }
                return json(["aliases": ["default"], "email": .string(email), "scopes": [.string(Self.scope)]])
            default: continue
            }
        }
        return notFound(request)
    }

    private func notFound(_ request: CloudRequest) -> CloudResponse {
        text("The requested URL \(request.path) was not found on this server.\n", status: 404)
    }

    private func json(_ value: JSONValue) -> CloudResponse {
        var response = CloudResponse.json(value)
        if let flavor = Self.flavor { response.headers[flavor] = "Google" }
        return response
    }

    private func text(_ text: String, status: Int = 200) -> CloudResponse {
        var headers: HTTPFields = [.contentType: "application/text"]
        if let flavor = Self.flavor { headers[flavor] = "Google" }
        return CloudResponse(status: status, headers: headers, body: Array(text.utf8))
    }
}
