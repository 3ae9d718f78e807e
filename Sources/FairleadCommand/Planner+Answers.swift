import Fairlead
import SSHConfig

/// What the configuration comes to for a host, told without a connection.
extension Planner {
    /// Nil where nothing of the kind was asked.
    ///
    /// Values are as they are: for programs, not for terminals.
    func answer() throws -> ConfigText? {
        if invocation.showsConfiguration {
            return ConfigText(try options.dump(lists: algorithms()).flatMap { Self.line($0.key, $0.value) })
        }
        guard let name = invocation.questionedKeyword else { return nil }
        guard let sources = options.sources(of: name) else {
            throw UsageError(message: "there is no option \(ConfigText(name))")
        }
        let values = try options.dump(lists: algorithms()).filter { $0.key == name.lowercased() }
        let places = sources.isEmpty ? ["by default"] : sources.map { "by \($0)" }
        return ConfigText(
            values.flatMap { Self.line(name, $0.value) } + places.flatMap { Self.line("set", ConfigText($0)) })
    }

    private static func line(_ key: String, _ value: ConfigText) -> [UInt8] {
        Array(key.utf8) + [0x20] + value.bytes + [0x0A]
    }

    /// The lists as they would be offered.
    private func algorithms() throws -> [ConfigKeyword: ConfigText] {
        let configuration = try configuration()
        var lists: [ConfigKeyword: ConfigText] = [:]
        for slot in SSHConfiguration.AlgorithmSlot.allCases {
            guard let keyword = ConfigKeyword.allCases.first(where: { $0.name == slot.rawValue }) else { continue }
            lists[keyword] = ConfigText(configuration.offers(slot).joined(separator: ","))
        }
        lists[.hostbasedAcceptedAlgorithms] = lists[.hostKeyAlgorithms]
        return lists
    }
}
