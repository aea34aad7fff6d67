import APIServer
public import ArgumentParser
import DriverHost
import Foundation
import KubernetesAPI
public import Logging
import ObjectStore
import Provisioning
import ServiceLifecycle
import UnixSignals

struct Serve: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Serve the Kubernetes API and provision the claims made there.",
        discussion: """
            Writes DIR/kubeconfig when it is ready. Ends with Ctrl-C or SIGTERM; what was stored is there at the next start.

            EXAMPLES
              berth serve
              berth serve --data-dir /srv/berth --drivers /etc/berth/drivers.json
              KUBECONFIG=/var/lib/berth/kubeconfig kubectl get pvc -A
            """)

    @Option(
        help:
            "Where the database, the certificate and, by default, the volumes lie. Default: $BERTH_DATA_DIR, else /var/lib/berth for root and ~/.local/share/berth for others."
    )
    var dataDir: String?
    @Option(help: "HOST:PORT; port 0 for any free one.") var listen = ListenAddress(host: "127.0.0.1", port: 7443)
    @Option(
        help:
            "The registry of drivers. Default: $BERTH_DRIVERS, else ./drivers.json (not for root), else the one in the data directory."
    )
    var drivers: String?
    @Option(help: "The name under which Pods and volumes know this machine. Default: its host name.") var nodeName:
        String?
    @Option(
        help:
            "Health-check interval in seconds for volumes that request it (NFS: softQuota); 0 disables."
    )
    var volumeCheckInterval = 60
    @Flag(
        help:
            "Start even if acknowledged writes are missing from the database, and continue without them. Use once; not for unit files."
    )
    var acceptDataLoss = false
    @Flag(help: "Serve plain HTTP instead of TLS, for a laboratory; on a loopback address only.") var insecureHTTP =
        false
    @Option(help: "trace, debug, info, notice, warning, error or critical.") var logLevel = Logger.Level.info

    func run() async throws {
        // A driver or a client that goes away must not end the server.
        signal(SIGPIPE, SIG_IGN)
        FileDescriptorLimit.raise()
        // Nobody else may write the server's files, whatever umask the shell has set.
        umask(0o022)
        let directory = dataDir.map(Locations.absolute) ?? Locations.dataDirectory()
        let driversFile = drivers.map(Locations.absolute) ?? Locations.driversFile(dataDirectory: directory)
        let logger = Self.logger(level: logLevel)
        if drivers == nil, let notice = Locations.unreadDriversFile { logger.warning("\(notice)") }

        try DataDirectory.prepare(directory)
        let access = try ClientAccess.load(in: directory)
        let identity = insecureHTTP ? nil : try ServingIdentity.load(in: directory, host: listen.host)
        var address = try APIServerConfiguration(
            host: listen.host, port: listen.port, security: identity.map { .tls($0) } ?? .insecure,
            token: access.token)

        // The order of the start: the store holds the host's identity, drivers need that, and admission needs the
        // drivers.
        let driversSay = LateAdmission()
        var storing = ObjectStore.Configuration()
        storing.admission = [driversSay.rule]
        storing.acceptsDataLoss = acceptDataLoss
        let store = try await ObjectStore.open(directory: directory, configuration: storing, logger: logger)
        let owner: String
        do {
            owner = try HostIdentity.load(in: directory, store, logger: logger)
        } catch {
            try await store.close()
            throw error
        }
        let host = DriverHost(
            configuration: DriverHostConfiguration(driversFile: driversFile, dataDirectory: directory, owner: owner),
            logger: logger)
        let configuration = ProvisioningConfiguration(
            nodeName: nodeName ?? ProcessInfo.processInfo.hostName,
            volumeCheckInterval: volumeCheckInterval > 0 ? .seconds(volumeCheckInterval) : nil)
        let admission = ProvisioningAdmission(host: host, configuration: configuration)
        driversSay.set(admission.rule)
        let provisioning = ProvisioningService(
            client: store, host: host, configuration: configuration, admission: admission, logger: logger)
        var extensions = APIServer.Extensions()
        extensions.serve(host)
        extensions.unreadiness = {
            if let reason = await store.unreadiness() { return reason }
            return provisioning.startProblem
        }
        extensions.serve(OrphanReport(client: store, host: host, logger: logger))
        extensions.onReady = { bound in
            try access.writeKubeconfig(for: bound, identity: identity)
            logger.notice(
                "serving", metadata: ["url": "\(bound.url)", "kubeconfig": "\(access.kubeconfigPath)"])
        }
        address.limits.shutdown = .milliseconds(500)
        let server = APIServer(configuration: address, client: store, extensions: extensions, logger: logger)

        // Ended from the last to the first: no requests, then no new calls, then no drivers, then no store.
        var services = ServiceGroupConfiguration(
            services: ([store, host, provisioning, server] as [any Service]).map { .init(service: $0) },
            gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
        services.maximumGracefulShutdownDuration = .milliseconds(1200)
        do {
            try await ServiceGroup(configuration: services).run()
        } catch {
            try await store.close()
            throw error
        }
        try await store.close()
    }

    private static func logger(level: Logger.Level) -> Logger {
        var logger = Logger(label: "berth") { StreamLogHandler.standardError(label: $0) }
        logger.logLevel = level
        return logger
    }
}

extension Logger.Level: @retroactive ExpressibleByArgument {}

/// `HOST:PORT`, `:PORT`, or `[IPv6]:PORT`.
struct ListenAddress: ExpressibleByArgument {
    var host: String
    var port: Int

    init(host: String, port: Int) {
        self.host = host
        self.port = port
    }

    init?(argument: String) {
        guard let colon = argument.lastIndex(of: ":"), let port = UInt16(argument[argument.index(after: colon)...])
        else {
            return nil
        }
        var host = String(argument[..<colon])
        if host.hasPrefix("["), host.hasSuffix("]") { host = String(host.dropFirst().dropLast()) }
        self.init(host: host.isEmpty ? "0.0.0.0" : host, port: Int(port))
    }

    var defaultValueDescription: String { "\(host):\(port)" }
}
