import DriverProtocol

/// The parameters of a StorageClass.
enum ParameterCases {
    static let all: [ConformanceCase] = [
        ConformanceCase(
            "parameters/unknown", "an unknown parameter is refused, and named", .unknownParameter, needs: [.provision],
            presumes: [.provisionAnswers]
        ) { context in
            guard let schema = context.schema, !schema.allowsUnknown else {
                throw CaseEnd.skip("the driver takes parameters that it does not know")
            }
            let misspelt = schema.definitions.first.map { "\($0.name)X" } ?? "berthCheck"
            guard schema.definition(of: misspelt) == nil else {
                throw CaseEnd.skip("the schema has patterns for names")
            }
            try await expectRefusal(
                context, .unknownParameter, "the unknown parameter \(misspelt)", field: "parameters.\(misspelt)"
            ) { $0[misspelt] = "1" }
        },
        ConformanceCase(
            "parameters/wrong", "a value that the schema does not allow is refused", .wrongParameter,
            needs: [.provision], presumes: [.provisionAnswers]
        ) { context in
            var isTried = false
            for definition in context.schema?.definitions ?? [] {
                guard let value = ParameterValues.wrong(definition, context) else { continue }
                isTried = true
                try await expectRefusal(
                    context, .wrongParameter, "\(definition.name)=\"\(value.prefix(40))\"",
                    field: "parameters.\(definition.name)"
                ) { $0[definition.name] = value }
            }
            if !isTried { throw CaseEnd.skip("the schema allows any value") }
        },
        ConformanceCase(
            "parameters/required", "the absence of a required parameter is refused", .wrongParameter,
            needs: [.provision], presumes: [.provisionAnswers]
        ) { context in
            let required = (context.schema?.definitions ?? []).filter { $0.isRequired && $0.defaultValue == nil }
            if required.isEmpty { throw CaseEnd.skip("no parameter is required") }
            for definition in required {
                try await expectRefusal(context, .wrongParameter, "no \(definition.name)", field: nil) {
                    $0[definition.name] = nil
                }
            }
        },
        ConformanceCase(
            "parameters/listed", "every value that the schema lists, and every default, is known", .listedParameter,
            needs: [.validate], presumes: [.provisionAnswers]
        ) { context in
            for definition in context.schema?.definitions ?? [] {
                let booleans = definition.type == .boolean ? ["true", "false"] : []
                for value in Set(definition.allowedValues + booleans + [definition.defaultValue].compactMap(\.self)) {
                    let exchange = try await context.call(.validate, context.volume()) {
                        $0.parameters[definition.name] = value
                    }
                    // Other codes may be about this machine, or about values that do not go together.
                    guard exchange.code == .invalidArgument,
                        exchange.reply?.error?.field == "parameters.\(definition.name)"
                    else { continue }
                    context.find(
                        .listedParameter, "\(exchange.answer) to \(definition.name)=\(value), which its schema lists",
                        exchange)
                }
            }
        },
    ]

    private static func expectRefusal(
        _ context: CaseContext, _ rule: ConformanceRule, _ what: String, field: String?,
        _ change: (inout [String: String]) -> Void
    ) async throws {
        for verb in [Verb.provision, .validate] where context.info.supports(verb) {
            let exchange = try await context.call(verb, context.volume()) { change(&$0.parameters) }
            context.expectFailure(exchange, .invalidArgument, rule: rule, "\(verb) with \(what)")
            guard exchange.code == .invalidArgument, let field, exchange.reply?.error?.field != field else { continue }
            let named = exchange.reply?.error?.field.map { "\"\($0)\"" } ?? "nothing"
            context.find(
                rule, "\(verb) with \(what) names \(named) as the field, where \"\(field)\" was expected", exchange)
        }
    }
}
