import Logging
import NIOCore
import NIOPosix
import SSHCrypto
import SSHIdentity
import SSHWire

/// Asks an agent one question on a connection made for it, which is told its host first.
struct AgentClient: Sendable {
    private enum Fault: Error { case tooLate, notASocket, foreign(owner: UInt32) }

    let agent: SSHAgent

    /// With a notice, the answer may wait for a person, who is told so.
    func ask(_ request: AgentRequest, notice: String? = nil) async throws(SSHError) -> AgentReply {
        var message = Self.message(request)
        var channel: (any Channel)?
        let outcome: Result<AgentReply, any Error>
        do {
            let deadline = NIODeadline.now() + TimeAmount(agent.answerLimit)
            try await checkSocket(for: request)
            let opened = try await connect()
            channel = opened
            // What the path leads to may have changed since it was looked at.
            if let owner = await PlatformStreams.peerOwner(opened) { try check(owner, for: request) }
            outcome = .success(try await converse(message, on: opened, deadline, notice))
        } catch {
            outcome = .failure(error)
        }
        // Nothing holds the message once the channel is closed: it can be wiped.
        try? await channel?.close()
        message.wipe()
        switch outcome {
        case .success(let reply): return reply
        case .failure(let error): throw failure(error)
        }
    }

    private static func message(_ request: AgentRequest) -> ByteBuffer {
        var message = ByteBuffer()
        message.reserveCapacity(AgentRequest.keyByteCount)
        request.encode(into: &message)
        return message
    }

    /// The host's turn first; an agent that does not bind still signs with the keys that need no binding.
    private func converse(
        _ message: ByteBuffer, on channel: any Channel, _ deadline: NIODeadline, _ notice: String?
    ) async throws -> AgentReply {
        if let binding = agent.binding,
            try await exchange(Self.message(binding), on: channel, until: deadline) != .done
        {
            agent.logger.debug("agent \(agent.path): it does not bind its keys to hosts")
        }
        guard let notice else { return try await exchange(message, on: channel, until: deadline) }
        let logger = agent.logger
        let reminder = channel.eventLoop.scheduleTask(in: TimeAmount(agent.noticeDelay)) { logger.notice("\(notice)") }
        defer { reminder.cancel() }
        return try await exchange(message, on: channel, until: .now() + TimeAmount(agent.signingLimit))
    }

    private func exchange(
        _ message: ByteBuffer, on channel: any Channel, until deadline: NIODeadline
    ) async throws -> AgentReply {
        try Task.checkCancellation()
        let answer = channel.eventLoop.makePromise(of: AgentReply.self)
        let timer = channel.eventLoop.scheduleTask(deadline: deadline) { answer.fail(Fault.tooLate) }
        defer { timer.cancel() }
        return try await withTaskCancellationHandler {
            // The agent may be gone by now, and with it the handler that would say so.
            channel.writeAndFlush(AgentQuestion(message: message, answer: answer)).cascadeFailure(to: answer)
            return try await answer.futureResult.get()
        } onCancel: {
            answer.fail(CancellationError())
        }
    }

    private func connect() async throws -> any Channel {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(TimeAmount(agent.answerLimit))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    PlatformStreams.keep(channel)
                    try channel.pipeline.syncOperations.addHandler(AgentHandler())
                }
            }
            .connect(unixDomainSocketPath: agent.path).get()
    }

    /// What a plain `connect` would say less clearly, and whether the agent is one to be trusted.
    private func checkSocket(for request: AgentRequest) async throws {
        _ = try SocketAddress(unixDomainSocketPath: agent.path)
        let path = agent.path
        guard let owner = try await Blocking.run({ try PlatformFiles.socketOwner(path) }) else {
            throw Fault.notASocket
        }
        try check(owner, for: request)
    }

    private func check(_ owner: UInt32, for request: AgentRequest) throws(Fault) {
        guard Self.trusts(owner: owner, user: PlatformFiles.user, withKeys: request.givesKey) else {
            throw .foreign(owner: owner)
        }
    }

    /// Root may use the agent of who called `sudo`, as with ssh; but nobody's keys go to another user's agent.
    static func trusts(owner: UInt32, user: UInt32, withKeys: Bool) -> Bool {
        owner == user || owner == 0 || user == 0 && !withKeys
    }

    private func failure(_ error: any Error) -> SSHError {
        let (kind, text): (SSHError.Kind, String) =
            switch error {
            case Fault.tooLate, ChannelError.connectTimeout: (.timeout, "no answer in time")
            case Fault.notASocket: (.file, "not a socket")
            case Fault.foreign(let owner): (.file, "the socket belongs to another user (\(owner))")
            case SocketAddressError.unixDomainSocketPathTooLong: (.misuse, "too long for the path of a socket")
            case let error as PlatformFiles.Failure: (.file, error.text)
            case let error as IOError where PlatformStreams.isDeparture(error.errnoCode):
                (.closed, "it ended the connection")
            case let error as IOError: (.system(errno: error.errnoCode), PlatformFiles.errorText(error.errnoCode))
            case let error as WireError: (.protocolViolation, "a malformed answer (\(error))")
            case is CancellationError: (.cancelled, "cancelled")
            default: (.closed, "it ended the connection")
            }
        return SSHError(.authentication, kind, "agent \(agent.path): \(text)")
    }
}

private struct AgentQuestion: Sendable {
    let message: ByteBuffer
    let answer: EventLoopPromise<AgentReply>
}

/// Sends one question at a time and puts its answer together; what comes unasked or malformed ends the connection.
private final class AgentHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = AgentQuestion
    typealias OutboundOut = ByteBuffer

    private var received = ByteBuffer()
    private var answer: EventLoopPromise<AgentReply>?

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let question = unwrapOutboundIn(data)
        answer = question.answer
        let unasked = received.readableBytes
        guard context.channel.isActive, unasked == 0 else {
            let error: any Error = unasked == 0 ? ChannelError.eof : WireError.trailingBytes(count: unasked)
            promise?.fail(error)
            return fail(context, error)
        }
        context.write(wrapOutboundOut(question.message), promise: promise)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        do throws(WireError) {
            guard answer != nil else { throw .trailingBytes(count: received.readableBytes) }
            guard let reply = try AgentReply(from: &received) else { return }
            answer?.succeed(reply)
            answer = nil
        } catch {
            fail(context, error)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        fail(context, ChannelError.eof)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(context, error)
    }

    private func fail(_ context: ChannelHandlerContext, _ error: any Error) {
        answer?.fail(error)
        answer = nil
        context.close(promise: nil)
    }
}
