import Logging
import NIOCore
import NIOPosix
import SSHCore
import SSHCrypto
import SSHIdentity
import Synchronization

/// Opens the transport: resolves the host, tries its addresses in turn, and puts a connection on the one that answers.
struct Connector: Sendable {
    let configuration: SSHConfiguration
    let trust: HostTrust
    let eventLoop: any EventLoop
    /// Wait for each answer instead of sending ahead.
    var isPolite = false

    /// One read a wake-up, of a size that holds eight full packets.
    private static let receiveByteCount = 256 * 1024

    func connect() async throws(SSHError) -> SSHConnection {
        let configuration = configuration
        let addresses = try await Blocking.run {
            Result { () throws(SSHError) in
                try PlatformAddresses.resolve(
                    configuration.host, port: configuration.port, family: configuration.addressFamily)
            }
        }.get()
        var failure = SSHError(
            .resolve, .unknownHost, "Could not resolve hostname \(configuration.host): no address of that family")
        for address in addresses {
            if Task.isCancelled { throw SSHConnection.cancelled }
            configuration.logger.debug("connecting to \(address)")
            do throws(SSHError) {
                return try await connect(to: address)
            } catch {
                configuration.logger.debug("\(error)")
                failure = error
            }
        }
        throw failure
    }

    private func connect(to address: SocketAddress) async throws(SSHError) -> SSHConnection {
        let pending = PendingChannel()
        let timeout = configuration.connectTimeout ?? Limits.handshake
        let bootstrap = ClientBootstrap(group: eventLoop)
            .connectTimeout(TimeAmount(timeout))
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.socketOption(.so_keepalive), value: configuration.usesTCPKeepAlive ? 1 : 0)
            .channelOption(.maxMessagesPerRead, value: 1)
            .channelOption(
                .recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.receiveByteCount)
            )
            .channelOption(.writeBufferWaterMark, value: .init(low: 256 * 1024, high: 1024 * 1024))
        do {
            return try await withTaskCancellationHandler {
                try await bootstrap.connect(to: address) { channel in
                    pending.channel.withLock { $0 = channel }
                    return channel.eventLoop.makeCompletedFuture { try attach(to: channel) }
                }
            } onCancel: {
                pending.channel.withLock { $0 }?.close(promise: nil)
            }
        } catch let error as SSHError {
            throw error
        } catch {
            throw Task.isCancelled ? SSHConnection.cancelled : connectFailure(error)
        }
    }

    /// Made on the loop before the first byte can arrive, so that none is lost.
    private func attach(to channel: any NIOCore.Channel) throws -> SSHConnection {
        var algorithms = configuration.algorithms
        algorithms.hostKeys = trust.preferredOrder(of: algorithms.hostKeys)
        var engineConfiguration = EngineConfiguration(user: Array(configuration.user.utf8), algorithms: algorithms)
        engineConfiguration.isPolite = isPolite
        if let timeout = configuration.connectTimeout {
            engineConfiguration.identificationTimeout = timeout
            engineConfiguration.keyExchangeTimeout = max(timeout, Limits.handshake)
        }
        let engine: Engine
        do throws(ProtocolError) {
            engine = try Engine(engineConfiguration, random: .system(), now: SSHConnection.now)
        } catch {
            throw SSHError(error)
        }
        let connection = SSHConnection(configuration, engine: engine, transport: channel)
        try channel.pipeline.syncOperations.addHandler(ConnectionHandler(connection))
        return connection
    }

    private func connectFailure(_ error: any Error) -> SSHError {
        let place = "connect to host \(configuration.host) port \(configuration.port)"
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

/// The channel that is being connected, so that a cancelled task can close it.
private final class PendingChannel: Sendable {
    let channel = Mutex<(any NIOCore.Channel)?>(nil)
}
