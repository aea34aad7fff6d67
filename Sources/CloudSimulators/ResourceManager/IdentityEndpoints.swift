import Foundation
import JSONTree

/// The token endpoints: Entra ID as msal asks it, and the instance metadata service.
struct IdentityEndpoints: Sendable {
    let settings: ResourceManagerSettings
    let tokens: AccessTokens
    let clock: SimulatorClock

    private static let anyTenant: Set<String> = ["common", "organizations"]
    /// What a token for Azure Resource Manager may be for.
    static let managementAudiences = [
        "https://management.azure.com", "https://management.core.windows.net", "https://management.azure.com/.default",
    ]

    /// Behind a proxy that ends TLS, links say https, as msal demands.
    private static func origin(_ request: CloudRequest) -> String {
        request.header("X-Forwarded-Proto") == "https" ? "https://\(request.authority)" : request.origin
    }

    func openIDConfiguration(_ request: CloudRequest, tenant: String) -> CloudResponse {
        let base = "\(Self.origin(request))/\(tenant)"
        return .json([
            "token_endpoint": .string("\(base)/oauth2/v2.0/token"),
            "token_endpoint_auth_methods_supported": ["client_secret_post", "client_secret_basic"],
            "jwks_uri": .string("\(base)/discovery/v2.0/keys"), "issuer": .string("\(base)/v2.0"),
            "authorization_endpoint": .string("\(base)/oauth2/v2.0/authorize"),
            "device_authorization_endpoint": .string("\(base)/oauth2/v2.0/devicecode"),
            "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
            "subject_types_supported": ["pairwise"], "id_token_signing_alg_values_supported": ["RS256"],
            "scopes_supported": ["openid", "profile", "email", "offline_access"], "tenant_region_scope": .null,
        ])
    }

    func instanceDiscovery(_ request: CloudRequest) -> CloudResponse {
        let asked = request.query("authorization_endpoint").flatMap { URLComponents(string: $0) }
        let tenant = asked?.path.split(separator: "/").first.map(String.init) ?? "common"
        let host = asked?.host.map { host in asked?.port.map { "\(host):\($0)" } ?? host } ?? request.authority
        return .json([
            "tenant_discovery_endpoint": .string(
                "\(Self.origin(request))/\(tenant)/v2.0/.well-known/openid-configuration"),
            "api-version": "1.1",
            "metadata": [
                ["preferred_network": .string(host), "preferred_cache": .string(host), "aliases": [.string(host)]]
            ],
        ])
    }

    /// `grant_type=client_credentials`
    func token(_ request: CloudRequest, tenant: String) -> CloudResponse {
        guard let items = PercentEncoding.items(String(decoding: request.body, as: UTF8.self)) else {
            return refusal("invalid_request", 900144, "The request body is no form.")
        }
        var form: [String: String] = [:]
        for item in items { form[item.name] = item.value }
        guard let grant = form["grant_type"] else {
            return refusal(
                "invalid_request", 900144, "The request body must contain the following parameter: 'grant_type'.")
        }
        guard grant == "client_credentials" else {
            return refusal("unsupported_grant_type", 70003, "The app requested an unsupported grant type '\(grant)'.")
        }
        guard let client = form["client_id"], !client.isEmpty, let secret = form["client_secret"], !secret.isEmpty
        else {
            return refusal(
                "invalid_client", 7_000_218,
                "The request body must contain the following parameters: 'client_id' and 'client_secret'.", status: 401)
        }
        guard let scope = form["scope"], scope.hasSuffix("/.default") else {
            return refusal(
                "invalid_scope", 1_002_012,
                "The provided value for scope is not valid. Client credential flows must have a scope value with /.default "
                    + "suffixed to the resource identifier (application ID URI).")
        }
        if !settings.clients.isEmpty {
            guard
                let known = settings.clients.first(where: {
                    $0.id.lowercased() == client.lowercased()
                        && ($0.tenant.lowercased() == tenant.lowercased() || Self.anyTenant.contains(tenant))
                })
            else {
                return refusal(
                    "unauthorized_client", 700016,
                    "Application with identifier '\(client)' was not found in the directory '\(tenant)'.")
            }
            guard known.secret == secret else {
                return refusal(
                    "invalid_client", 7_000_215,
                    "Invalid client secret provided. Ensure the secret being sent in the request is the client secret "
                        + "value, not the client secret ID, for a secret added to app '\(client)'.", status: 401)
            }
        }
        let token = tokens.issue(
            audience: AccessTokens.withoutSlash(String(scope.dropLast("/.default".count))), tenant: tenant,
            subject: client, now: clock.now, seconds: settings.tokenSeconds)
        return .json([
            "token_type": "Bearer", "expires_in": .integer(settings.tokenSeconds),
            "ext_expires_in": .integer(settings.tokenSeconds), "access_token": .string(token),
        ])
    }

    private func refusal(_ error: String, _ code: Int64, _ text: String, status: Int = 400) -> CloudResponse {
        let (trace, correlation) = (UUID().uuidString.lowercased(), UUID().uuidString.lowercased())
        let time = SimulatorClock.text(clock.now)
        return .json(
            [
                "error": .string(error),
                "error_description": .string(
                    "AADSTS\(code): \(text) Trace ID: \(trace) Correlation ID: \(correlation) Timestamp: \(time)"),
                "error_codes": [.integer(code)], "timestamp": .string(time), "trace_id": .string(trace),
                "correlation_id": .string(correlation),
            ], status: status)
    }

    /// The token of the machine's managed identity.
    func metadataToken(_ request: CloudRequest) -> CloudResponse {
        if let refusal = checkMetadata(request) { return refusal }
        guard let resource = request.query("resource"), !resource.isEmpty else {
            return metadataRefusal("invalid_request", "Required audience parameter not specified")
        }
        let now = clock.now / 1000
        let client = request.query("client_id") ?? "00000000-0000-0000-0000-0000000000ff"
        let token = tokens.issue(
            audience: AccessTokens.withoutSlash(resource), tenant: settings.clients.first?.tenant ?? "simulated",
            subject: client, now: clock.now, seconds: settings.tokenSeconds)
        return .json([
            "access_token": .string(token), "client_id": .string(client),
            "expires_in": .string(String(settings.tokenSeconds)),
            "expires_on": .string(String(now + settings.tokenSeconds)),
            "ext_expires_in": .string(String(settings.tokenSeconds)), "not_before": .string(String(now)),
            "resource": .string(resource), "token_type": "Bearer",
        ])
    }

    /// What the local machine is told of itself.
    func metadataInstance(_ request: CloudRequest) -> CloudResponse {
        if let refusal = checkMetadata(request) { return refusal }
        guard let machine = settings.machines.first(where: \.isLocal) ?? settings.machines.first else {
            return metadataRefusal("not_found", "The configuration has no virtual machine.", status: 404)
        }
        return .json([
            "compute": [
                "azEnvironment": "AzurePublicCloud", "location": .string(machine.location),
                "name": .string(machine.name.name), "osType": "Linux",
                "resourceGroupName": .string(machine.name.group), "resourceId": .string(machine.name.id),
                "subscriptionId": .string(machine.name.subscription),
                "vmScaleSetName": .string(machine.name.parent ?? ""), "vmSize": .string(machine.size),
                "zone": .string(machine.zone ?? ""),
            ]
        ])
    }

    private func checkMetadata(_ request: CloudRequest) -> CloudResponse? {
        guard request.header("Metadata")?.lowercased() == "true" else {
            return metadataRefusal("invalid_request", "Required metadata header not specified")
        }
        guard request.query("api-version") != nil else {
            return metadataRefusal("invalid_request", "Required query variable 'api-version' is missing")
        }
        return nil
    }

    private func metadataRefusal(_ error: String, _ text: String, status: Int = 400) -> CloudResponse {
        .json(["error": .string(error), "error_description": .string(text)], status: status)
    }
}
