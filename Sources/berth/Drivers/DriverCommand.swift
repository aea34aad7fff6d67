import ArgumentParser

struct DriverCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "driver",
        abstract: "Register storage drivers, look at them, and call them alone.",
        subcommands: [
            DriverList.self, DriverDescribe.self, DriverNew.self, DriverCheck.self, DriverRegister.self,
            DriverUnregister.self, DriverCallCommand.self, DriverCalls.self, DriverReplay.self,
        ])
}

/// Which registry of drivers.
struct DriversFileOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The registry of drivers.",
            discussion:
                "Default: $BERTH_DRIVERS, else ./drivers.json (not for root), else the one in the data directory."))
    var drivers: String?

    /// Tells root on standard error that the drivers.json of the current directory is ignored.
    func validate() {
        if drivers == nil, let notice = Locations.unreadDriversFile { Output.error(notice) }
    }

    var path: String {
        drivers.map(Locations.absolute) ?? Locations.driversFile(dataDirectory: Locations.dataDirectory())
    }
}
