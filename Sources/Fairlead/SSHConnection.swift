import Logging
public import NIOCore
import SSHCore
import SSHIdentity
import SSHWire

/// A session's number on our side.
typealias SessionID = ChannelID

/// One SSH connection. Its executor is its event loop, so that the engine in it is touched by one thread, without locks.
///
/// Get one from `withSSHConnection`; it is closed when that returns.
public actor SSHConnection {
    /// The loop that this connection runs on.
    public nonisolated let eventLoop: any EventLoop
    /// The loop's own executor.
    public nonisolated var unownedExecutor: UnownedSerialExecutor {
        // The reference is not owned, but the loop outlives the connection that stores it.
        unsafe eventLoop.executor.asUnownedSerialExecutor()
    }

    /// What has been agreed on so far, and the counters as they stand.
    public var info: ConnectionInfo {
        var info = facts
        info.read(engine)
        return info
    }

    /// What the engine told once, for `info`.
    var facts = ConnectionInfo()
    let configuration: SSHConfiguration
    var engine: Engine
    var transport: (any NIOCore.Channel)?
    var sessions: [SessionID: Session] = [:]
    /// Those that got something since the last time that they wrote.
    var filledPumps: [DescriptorPump] = []
    /// Questions of the login that wait for whoever drives it.
    var loginSteps: [LoginStep] = []
    /// What the login has tried and has left; another connection can go on with it.
    var chooser: CredentialChooser?
    /// Opened along with the login, and waiting for whoever wants a session first.
    var earlySession: SessionID?
    /// How it went, once it has.
    var thisLogin: RememberedLogin?
    /// The host's key is not the one on record.
    var restrictsAuthentication = false
    /// The answer to the last question for proofs.
    var provenHostKeys: [PublicKey]?
    /// Proven, and waiting for a person to agree.
    var heldUpdate: HostKeyUpdate?
    /// Why the connection is over; set once.
    private(set) var failure: SSHError?
    /// The same, while what happened before is still being told.
    private var reason: SSHError?
    /// Whether starting over would cost nobody anything: no person was asked, and no password was sent.
    var isRepeatable = true
    /// The server hung up before it answered what was sent ahead.
    private var wasHungUpOnEarly = false
    var deservesAnotherTry: Bool { isRepeatable && (wasHungUpOnEarly || wasHungUpOnSession) }
    /// The same for a session that was opened along with the login.
    var wasHungUpOnSession: Bool {
        guard engine.hasUnansweredEarlySession else { return false }
        return switch failure?.kind {
        case .closed, .disconnected, .system: true
        default: false
        }
    }
    /// When a byte last moved on any session.
    var lastActivity = Instant(sinceStart: .zero)
    private var waiting = WaitingTasks()
    private var deadlineTimer: Scheduled<Void>?
    private var scheduledDeadline: Instant?
    private var isReading = true

    init(
        _ configuration: SSHConfiguration, engine: consuming Engine, transport: any NIOCore.Channel,
        started: Instant = SSHConnection.now
    ) {
        facts.begin(at: started)
        facts.mark(.resolve)
        self.configuration = configuration
        self.engine = engine
        self.transport = transport
        eventLoop = transport.eventLoop
    }

    nonisolated var now: Instant { Self.now }

    static var now: Instant {
        Instant(sinceStart: .nanoseconds(Int64(clamping: NIODeadline.now().uptimeNanoseconds)))
    }

    // MARK: What the transport reports

    /// The transport is up: our identification leaves.
    func transportOpened() {
        facts.mark(.connect)
        facts.remoteAddress = transport?.remoteAddress
        facts.localAddress = transport?.localAddress
        settle()
    }

    func received(_ bytes: inout ByteBuffer) {
        do throws(ProtocolError) {
            try engine.receive(&bytes, now: now)
            settle()
        } catch {
            end(SSHError(error))
        }
    }

    func transportWritable() {
        settle()
        for id in sessions.keys { sessionIsWritable(id) }
    }

    func transportClosed(_ cause: SSHError?) {
        let reason = engine.transportClosed()
        let early: [ProtocolError] = [.closed(.identification), .closed(.keyExchange), .closed(.serviceRequest)]
        wasHungUpOnEarly = reason.map(early.contains) ?? false
        let error = reason.map(SSHError.init)
        settle()
        fail(Self.ending(error, cause))
        transport = nil
        wake(.closure)
    }

    /// The engine knows how far the connection had come and what the peer had said; the system knows why it ended.
    private static func ending(_ error: SSHError?, _ cause: SSHError?) -> SSHError {
        guard let error else { return cause ?? SSHError(.lost, .closed, "Connection closed") }
        guard let cause, error.kind == .closed else { return error }
        return SSHError(error.stage, cause.kind, cause.message)
    }

    // MARK: Driving the engine

    func perform(_ command: Command) throws(SSHError) {
        if let failure { throw failure }
        do throws(ProtocolError) {
            try engine.perform(command, now: now)
            settle()
        } catch {
            let sshError = SSHError(error)
            if case .misuse = error { throw sshError }
            end(sshError)
            throw sshError
        }
    }

    /// The engine has failed: what happened before is told first.
    ///
    /// On the way the transport may end by itself, as one that the peer resets after its lie: that is not why.
    func end(_ error: SSHError) {
        if reason == nil { reason = error }
        settle()
        fail(error)
    }

    /// After every touch of the engine: pass on what happened, send what is ready, and set the clock.
    func settle() {
        while let event = engine.nextEvent() { handle(event) }
        if !filledPumps.isEmpty {
            let pumps = filledPumps
            filledPumps.removeAll(keepingCapacity: true)
            for pump in pumps { pump.flush() }
        }
        flush(isForced: false)
        updateReading()
        updateDeadline()
        guard let onMessage = configuration.onMessage else { return }
        for record in engine.takeRecords() { onMessage(MessageRecord(record)) }
    }

    /// Ends the connection for good; the first reason counts.
    func fail(_ error: SSHError) {
        guard failure == nil else { return }
        failure = reason ?? error
        flush(isForced: true)
        deadlineTimer?.cancel()
        transport?.close(promise: nil)
        for id in sessions.keys { sessionEnded(id) }
        waiting.wakeAll()
    }

    /// Says goodbye and waits until the transport is gone.
    func close() async {
        dropEarlySession()
        if failure == nil {
            try? perform(.disconnect(.byApplication, text: "disconnected by user"))
            fail(SSHError(.lost, .closed, "The connection was closed"))
        }
        while transport != nil { await wait(with: ticket(for: .closure), isCancellable: false) }
    }

    private func flush(isForced: Bool) {
        // While the socket is full, sealed bytes stay in the engine, where they count against its bound.
        guard let transport, transport.isWritable || isForced, let bytes = engine.takeOutbound() else { return }
        transport.writeAndFlush(bytes, promise: nil)
    }

    private func updateReading() {
        let wantsInput = engine.wantsInput
        guard wantsInput != isReading, let transport else { return }
        isReading = wantsInput
        // Fails only on a closed channel, where it does not matter.
        try? transport.syncOptions?.setOption(.autoRead, value: wantsInput)
    }

    private func updateDeadline() {
        let deadline = failure == nil ? Self.earlier(engine.deadline, idleDeadline) : nil
        guard let deadline else {
            deadlineTimer?.cancel()
            return scheduledDeadline = nil
        }
        // A timer that comes early looks again; most deadlines move back with every packet.
        if let scheduledDeadline, scheduledDeadline <= deadline { return }
        scheduledDeadline = deadline
        deadlineTimer?.cancel()
        let delay = max(.zero, deadline - now)
        deadlineTimer = eventLoop.scheduleTask(in: TimeAmount(delay)) { [weak self] in
            self?.assumeIsolated { $0.deadlinePassed() }
        }
    }

    private func deadlinePassed() {
        scheduledDeadline = nil
        do throws(ProtocolError) {
            // One that was moved back is not due yet.
            if let deadline = engine.deadline, deadline <= now { try engine.timeOut(now: now) }
            closeIdleSessions()
            settle()
        } catch {
            // Word for word as in ssh.
            let silence = SSHError(.lost, .timeout, "Timeout, server \(configuration.host) not responding.")
            end(error == .timeout(.session) ? silence : SSHError(error))
        }
    }

    // MARK: Waiting

    /// Suspends until the ticket's topic is woken or the task is cancelled; whoever waits looks again at what it waits for.
    func wait(with ticket: WaitingTasks.Ticket, isCancellable: Bool = true) async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                waiting.add(continuation, for: ticket)
                if isCancellable, Task.isCancelled { waiting.wake(ticket) }
            }
        } onCancel: {
            guard isCancellable else { return }
            eventLoop.execute { self.assumeIsolated { $0.waiting.wake(ticket) } }
        }
    }

    /// Drawn right after looking at what is to be waited for.
    func ticket(for topic: WaitingTasks.Topic) -> WaitingTasks.Ticket { waiting.ticket(for: topic) }

    func wake(_ topic: WaitingTasks.Topic) {
        waiting.wake(topic)
    }

    static let cancelled = SSHError(.lost, .cancelled, "The task was cancelled")
}
