import ArgumentParser
import KubernetesAPI

@main
struct Berth: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "berth",
        abstract: "Storage behind a StorageClass, from drivers that are executables.",
        discussion: """
            berth serve runs a Kubernetes API with an embedded store, and provisions the claims made there through the \
            drivers that drivers.json names. kubectl works against it; the other commands are for machines without it.

            EXAMPLES
              berth serve --drivers drivers.json
              berth apply -f Examples/quickstart.yaml
              berth get pvc -A
              berth provision --class berth-hostpath --size 8Gi --wait
              berth driver register ./my-driver --name mine --provisioner example.com/mine
            """,
        version: BerthVersion.current,
        subcommands: [
            Serve.self, Apply.self, Get.self, Describe.self, Delete.self, Provision.self, DriverCommand.self,
            Orphans.self, CloudCommand.self,
        ])
}
