import Fairlead
import SSHConfig

/// What the configuration says of the connection itself: algorithms, keys' age, windows, signs of life.
extension Planner {
    func setTransport(_ configuration: inout SSHConfiguration) {
        configuration.profile = options.algorithmProfile.flatMap { AlgorithmProfile(rawValue: $0.value) } ?? .standard
        configuration.requiredRSASize = options.requiredRSASize?.value
        configuration.prefersCompression = options.compression?.value == true
        // Zero is the default, and none, as in ssh.
        configuration.rekeyByteCount = options.rekeyByteCount.flatMap { $0.value > 0 ? UInt64($0.value) : nil }
        configuration.rekeyInterval = options.rekeyIntervalSeconds.flatMap { $0.value > 0 ? .seconds($0.value) : nil }
        // As Debian's ssh: nobody watches a batch job, so its server is asked.
        let aliveSeconds = options.serverAliveIntervalSeconds?.value ?? (options.batchMode?.value == true ? 300 : 0)
        configuration.serverAliveInterval = aliveSeconds > 0 ? .seconds(aliveSeconds) : nil
        let timeouts = options.channelTimeouts?.value ?? []
        // The first pattern that fits counts, and the last word on all channels together, as in ssh.
        let pattern = timeouts.first { NamePattern.matches($0.type.string ?? "", "session") }
        configuration.sessionIdleTimeout = pattern?.duration
        configuration.idleTimeout = timeouts.last { $0.type == "global" }?.duration
        configuration.serverAliveCountMax = options.serverAliveCountMax?.value ?? 3
    }

    func setWindow(_ configuration: inout SSHConfiguration) throws {
        guard let window = invocation.window.map({ ConfigText($0) }) else { return }
        guard let byteCount = window.byteCount, (65_536...1 << 30).contains(byteCount) else {
            throw UsageError(message: "--window: \(window): not a number of bytes from 64K to 1G")
        }
        configuration.maximumWindowByteCount = byteCount
    }

    func selectAlgorithms(_ configuration: inout SSHConfiguration) throws {
        try select(options.ciphers, .cipher, in: &configuration)
        try select(options.macs, .mac, in: &configuration)
        try select(options.kexAlgorithms, .keyExchange, in: &configuration)
        try select(options.hostKeyAlgorithms, .hostKey, in: &configuration)
        try select(options.text(.caSignatureAlgorithms), .authority, in: &configuration)
        try select(options.pubkeyAcceptedAlgorithms, .login, in: &configuration)
    }

    private func select(
        _ setting: Setting<ConfigText>?, _ slot: SSHConfiguration.AlgorithmSlot,
        in configuration: inout SSHConfiguration
    ) throws {
        guard let setting else { return }
        do {
            try configuration.select(try text(setting.value), for: slot)
        } catch let error as SSHError {
            throw UsageError(message: "\(setting.source): \(error)")
        }
    }
}

extension ChannelTimeout {
    fileprivate var duration: Duration? { seconds > 0 ? .seconds(seconds) : nil }
}
