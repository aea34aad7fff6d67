import KubernetesAPI

/// The file by which kubectl finds the server, trusts it and is let in: one cluster, one user, one context, all named
/// `berth`.
struct Kubeconfig {
    let server: String
    /// In PEM; `nil` for plain HTTP.
    let certificateAuthority: String?
    let token: BearerToken

    /// YAML; every value is one that needs no quotes, or base 64, or stands in quotes.
    var text: String {
        let authority =
            certificateAuthority.map { "    certificate-authority-data: \(Base64.encode(Array($0.utf8)))\n" } ?? ""
        return """
            apiVersion: v1
            kind: Config
            clusters:
            - name: berth
              cluster:
                server: "\(server)"
            \(authority)users:
            - name: berth
              user:
                token: "\(token.text)"
            contexts:
            - name: berth
              context:
                cluster: berth
                user: berth
                namespace: default
            current-context: berth

            """
    }
}
