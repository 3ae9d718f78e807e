import Logging
import NIOCore
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity
import Synchronization

/// Opens the transport: finds the host's addresses, and puts a connection on the first that answers.
struct Connector: Sendable {
    var configuration: SSHConfiguration
    var trust: HostTrust
    let eventLoop: any EventLoop
    /// Wait for each answer instead of sending ahead.
    var isPolite = false

    /// One read, of a size that holds eight full packets.
    static let receiveByteCount = 256 * 1024
    /// Between two rounds over all addresses, as in ssh.
    private static let roundInterval = Duration.seconds(1)

    /// An address of the host, and the local one to use for it.
    private struct Target: Sendable {
        let address: SocketAddress
        var source: SocketAddress?
    }

    func connect() async throws(SSHError) -> SSHConnection {
        let started = SSHConnection.now
        let targets = try await targets()
        var failure = SSHError(
            .resolve, .unknownHost, "Could not resolve hostname \(configuration.host): no address of that family")
        for round in 1...max(1, configuration.connectionAttempts) {
            if round > 1 { try? await Task.sleep(for: Self.roundInterval) }
            if Task.isCancelled { throw SSHConnection.cancelled }
            let winner = RaceWinner()
            let result = await AddressRace.run(targets, limit: configuration.connectTimeout ?? Limits.handshake) {
                target in
                do throws(SSHError) {
                    return .success(try await connect(to: target, winner, started))
                } catch {
                    // Who was merely slower has nothing to report.
                    if error.kind != .cancelled { configuration.logger.debug("\(target.address): \(error)") }
                    return .failure(error)
                }
            }
            switch result {
            case .success(let connection): return connection
            case .failure(let error): failure = error
            case nil: throw failure
            }
        }
        throw Task.isCancelled ? SSHConnection.cancelled : failure
    }

    /// Where to connect to: a socket of this machine, or what the system finds for the name.
    private func targets() async throws(SSHError) -> [Target] {
        let configuration = configuration
        if let path = configuration.socketPath {
            guard let address = try? SocketAddress(unixDomainSocketPath: path) else {
                throw SSHError(.usage, .misuse, "\(path) is no path that a socket can have")
            }
            return [Target(address: address)]
        }
        do {
            return try await Blocking.runOrLeave(on: eventLoop) {
                let addresses = try configuration.resolve(
                    configuration.host, configuration.port, configuration.addressFamily)
                let first = addresses.first?.protocol
                let ordered = AddressRace.interleaved(addresses) { $0.protocol == first }
                guard let sources = try configuration.sources() else { return ordered.map { Target(address: $0) } }
                let pairs = ordered.compactMap { address in
                    sources.first { $0.protocol == address.protocol }.map { Target(address: address, source: $0) }
                }
                guard !pairs.isEmpty || ordered.isEmpty else {
                    let source = configuration.bindAddress ?? configuration.bindInterface ?? ""
                    throw SSHError(
                        .connect, .misuse, "\(configuration.host) has no address of the kind that \(source) is")
                }
                return pairs
            }
        } catch let error as SSHError {
            throw error
        } catch {
            throw SSHConnection.cancelled
        }
    }

    private func connect(
        to target: Target, _ winner: RaceWinner, _ started: Instant
    ) async throws(SSHError) -> SSHConnection {
        configuration.logger.debug("connecting to \(target.address)")
        let pending = PendingChannel()
        let bootstrap = bootstrap(for: target)
        do {
            let connection = try await withTaskCancellationHandler {
                try await bootstrap.connect(to: target.address) { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try pending.begin(channel)
                        PlatformStreams.keep(channel)
                        mark(channel, to: target)
                        return try attach(to: channel, winner, started)
                    }
                }
            } onCancel: {
                pending.cancel()
            }
            guard winner.accepts(connection) else { throw SSHConnection.cancelled }
            return connection
        } catch let error as SSHError {
            throw error
        } catch {
            throw Task.isCancelled ? SSHConnection.cancelled : connectFailure(error)
        }
    }

    private func bootstrap(for target: Target) -> ClientBootstrap {
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(configuration.connectTimeout ?? Limits.handshake))
            .channelOption(.socketOption(.so_keepalive), value: configuration.usesTCPKeepAlive ? 1 : 0)
            .channelOption(.maxMessagesPerRead, value: 4)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.receiveByteCount)
            )
            .channelOption(.writeBufferWaterMark, value: .init(low: 128 * 1024, high: 256 * 1024))
        if let source = target.source { return bootstrap.bind(to: source).withoutDelay }
        return target.address.protocol == .local ? bootstrap : bootstrap.withoutDelay
    }

    /// Marks what will be sent with the traffic class; a system that refuses that keeps nobody from connecting.
    private func mark(_ channel: any NIOCore.Channel, to target: Target) {
        guard let trafficClass = configuration.trafficClass, target.address.protocol != .local else { return }
        let option = PlatformAddresses.trafficClassOption(isIPv6: target.address.protocol == .inet6)
        channel.setOption(option, value: SocketOptionValue(trafficClass)).whenFailure {
            configuration.logger.debug("the traffic class cannot be set: \($0)")
        }
    }

    /// Made on the loop before the first byte can arrive, so that none is lost.
    ///
    /// The clock of the identification begins here, before TCP connects: a `ConnectTimeout` is for both together.
    private func attach(
        to channel: any NIOCore.Channel, _ winner: RaceWinner, _ started: Instant
    ) throws -> SSHConnection {
        let engine: Engine
        do throws(ProtocolError) {
            engine = try Engine(
                configuration.engineConfiguration(trust, isPolite: isPolite), random: .system(), now: SSHConnection.now)
        } catch {
            throw SSHError(error)
        }
        let connection = SSHConnection(configuration, engine: engine, transport: channel, started: started)
        try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection, winner))
        return connection
    }

    private func connectFailure(_ error: any Error) -> SSHError {
        let place =
            configuration.socketPath.map { "connect to \($0)" }
            ?? "connect to host \(configuration.host) port \(configuration.port)"
        switch error {
        case let error as IOError:
            return SSHError(
                .connect, .system(errno: error.errnoCode), "\(place): \(PlatformFiles.errorText(error.errnoCode))")
        case ChannelError.connectTimeout:
            return SSHError(.connect, .timeout, "\(place): Connection timed out")
        default:
            return SSHError(.connect, .closed, "\(place): \(error)")
        }
    }
}

extension ClientBootstrap {
    fileprivate var withoutDelay: ClientBootstrap { channelOption(.tcpOption(.tcp_nodelay), value: 1) }
}

extension SSHConfiguration {
    /// The socket of this machine that a host `unix/PATH` names; as elsewhere, a path that does not begin with a dot
    /// begins at the root.
    var socketPath: String? {
        guard host.hasPrefix("unix/") else { return nil }
        let path = String(host.dropFirst(5))
        return path.hasPrefix("/") || path.hasPrefix(".") ? path : "/" + path
    }

    /// What the engine is told of all this.
    func engineConfiguration(_ trust: HostTrust, isPolite: Bool) -> EngineConfiguration {
        var algorithms = offer
        algorithms.hostKeys = trust.preferredOrder(of: algorithms.hostKeys)
        var engine = EngineConfiguration(user: Array(user.utf8), algorithms: algorithms)
        engine.identificationComments = versionAddendum.map { Array($0.utf8) }
        engine.isPolite = isPolite
        // Right where both sides put the same first; nothing is put first for its sake (ruling 5).
        engine.guesses =
            remembered.map {
                ($0.keyExchange, $0.hostKey) == (algorithms.keyExchanges.first, algorithms.hostKeys.first)
            } ?? false
        engine.bindsLogins = bindsLogins
        engine.recordsMessages = onMessage != nil
        if let connectTimeout {
            engine.identificationTimeout = connectTimeout
            engine.keyExchangeTimeout = max(connectTimeout, Limits.handshake)
        }
        engine.minimumRSABitCount = minimumRSABitCount
        if let rekeyByteCount { engine.rekeyLimit.byteCount = rekeyByteCount }
        engine.rekeyLimit.interval = rekeyInterval
        engine.maximumWindowByteCount = UInt32(clamping: maximumWindowByteCount)
        engine.keepAlive.interval = serverAliveInterval
        engine.keepAlive.countMax = serverAliveCountMax
        return engine
    }

    /// The local addresses that may be used; nil leaves them to the system.
    fileprivate func sources() throws -> [SocketAddress]? {
        if let bindAddress { return try resolve(bindAddress, 0, addressFamily) }
        guard let bindInterface else { return nil }
        let addresses = try System.enumerateDevices().filter { $0.name == bindInterface }.compactMap(\.address)
        guard !addresses.isEmpty else { throw SSHError(.connect, .misuse, "\(bindInterface): no such interface") }
        // The addresses of the link itself reach nothing beyond it.
        let isLinkLocal = { (address: SocketAddress) in address.ipAddress?.hasPrefix("fe80:") == true }
        return addresses.filter { !isLinkLocal($0) } + addresses.filter(isLinkLocal)
    }
}

/// The channel that is being connected, so that a cancelled task can close it.
private final class PendingChannel: Sendable {
    private let state = Mutex<(channel: (any NIOCore.Channel)?, isCancelled: Bool)>((nil, false))

    func begin(_ channel: any NIOCore.Channel) throws {
        try state.withLock {
            guard !$0.isCancelled else { throw CancellationError() }
            $0.channel = channel
        }
    }

    func cancel() {
        let channel = state.withLock {
            $0.isCancelled = true
            return $0.channel
        }
        channel?.close(promise: nil)
    }
}
