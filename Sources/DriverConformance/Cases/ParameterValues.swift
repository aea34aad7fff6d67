import DriverProtocol
import JSONTree

/// Values for parameters, right and wrong ones, from what a schema says.
enum ParameterValues {
    /// Another value than the present one for some parameter, which the driver takes.
    static func change(in context: CaseContext) async throws -> (name: String, value: String)? {
        for definition in context.schema?.definitions ?? [] {
            let present = context.parameters[definition.name] ?? definition.defaultValue
            for value in others(definition) where value != present {
                guard isAllowed(definition.name, value, context) else { continue }
                guard context.info.supports(.validate) else { return (definition.name, value) }
                let exchange = try await context.call(.validate, context.volume()) {
                    $0.parameters[definition.name] = value
                }
                if exchange.succeeded { return (definition.name, value) }
            }
        }
        return nil
    }

    private static func others(_ definition: ParameterDefinition) -> [String] {
        if !definition.allowedValues.isEmpty { return definition.allowedValues }
        switch definition.type {
        case .boolean: return ["true", "false"]
        case .integer, .number:
            let base = definition.defaultValue.flatMap(Double.init) ?? definition.minimum ?? definition.maximum
            guard let base else { return [] }
            return [base + 1, base - 1].compactMap { Int64(exactly: $0).map { String($0) } }
        case .string: return []
        }
    }

    /// A value that the schema does not allow, where one can be thought of.
    static func wrong(_ definition: ParameterDefinition, _ context: CaseContext) -> String? {
        let outside = [definition.maximum.map { $0 + 1 }, definition.minimum.map { $0 - 1 }]
            .compactMap { $0.flatMap { Int64(exactly: $0) }.map { String($0) } }
        let candidates = outside + ["maybe", "not-a-value", "-", "", " ", "!!", String(repeating: "x", count: 2000)]
        return candidates.first { !isAllowed(definition.name, $0, context) }
    }

    private static func isAllowed(_ name: String, _ value: String, _ context: CaseContext) -> Bool {
        guard let schema = context.schema else { return true }
        do {
            _ = try schema.validate(context.parameters.merging([name: value]) { $1 })
            return true
        } catch {
            return false
        }
    }
}
