import Fairlead
import SSHConfig

/// What the configuration comes to for a host, told without a connection.
extension Planner {
    /// Nil where nothing of the kind was asked.
    func answer() throws -> String? {
        if invocation.showsConfiguration {
            return options.dump(lists: try algorithms()).map { $0.key + " " + $0.value.raw + "\n" }.joined()
        }
        guard let name = invocation.questionedKeyword else { return nil }
        guard let sources = options.sources(of: name) else {
            throw UsageError(message: "there is no option \(ConfigText(name))")
        }
        let values = try options.dump(lists: algorithms()).filter { $0.key == name.lowercased() }.map(\.value.raw)
        let places = sources.isEmpty ? ["by default"] : sources.map { "by \($0)" }
        return values.map { "\(ConfigText(name)) \($0)\n" }.joined() + places.map { "set \($0)\n" }.joined()
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

extension ConfigText {
    /// As it is: for programs, not for terminals.
    fileprivate var raw: String { String(decoding: bytes, as: UTF8.self) }
}
