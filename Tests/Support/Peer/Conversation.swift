import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// An engine, a scripted peer, and the pipe and the clock between them; no thread, socket or sleep.
package final class Conversation {
    package var engine: Engine
    package let peer: ScriptedPeer
    package var clock = ManualClock()
    package var script: ClientScript
    package internal(set) var record = ConversationRecord()
    /// When the engine last wanted to be told the time.
    package private(set) var nextDeadline: Instant?
    private var pipe: DripPipe
    private var deliveredByteCount = 0

    package init(_ configuration: PeerConfiguration, script: ClientScript = ClientScript(), delivery: Delivery = .whole)
        throws
    {
        peer = ScriptedPeer(configuration)
        self.script = script
        pipe = DripPipe(delivery, seed: script.seed)
        engine = try Engine(script.configuration, random: .seeded(script.seed), now: clock.now)
    }

    /// Lets both sides talk until neither has anything more to say.
    @discardableResult
    package func run() -> Conversation {
        if !record.isStarted {
            record.isStarted = true
            peer.start()
        }
        while turn() {}
        return self
    }

    /// The peer's next words, in the course of a conversation.
    @discardableResult
    package func inject(_ emissions: Emission...) -> Conversation {
        for emission in emissions { peer.inject(emission) }
        return run()
    }

    /// The moment that the engine asked for has come.
    @discardableResult
    package func passDeadline() -> Conversation {
        guard let deadline = engine.deadline else { return self }
        clock.advance(to: deadline)
        attempt { engine, now throws(ProtocolError) in try engine.timeOut(now: now) }
        return run()
    }

    /// One deadline after the other passes, until what a test waits for has happened, nothing more is due, or it is over.
    @discardableResult
    package func passDeadlines(until isDone: (Conversation) -> Bool) -> Conversation {
        for _ in 0..<10_000 where !isDone(self) && !record.isOver && engine.deadline != nil { passDeadline() }
        return self
    }

    @discardableResult
    package func advance(by duration: Duration) -> Conversation {
        clock.advance(by: duration)
        if let deadline = engine.deadline, deadline <= clock.now { return passDeadline() }
        return self
    }

    /// The transport ends, as far as the engine can tell.
    @discardableResult
    package func close() -> Conversation {
        run()
        if let error = engine.transportClosed() { record.errors.append(error) }
        return run()
    }

    @discardableResult
    package func perform(_ command: Command) -> Conversation {
        attempt { engine, now throws(ProtocolError) in try engine.perform(command, now: now) }
        return run()
    }

    /// Whether anything happened.
    private func turn() -> Bool {
        var hasProgressed = false
        while let event = nextEvent() {
            hasProgressed = true
            record.note(event)
            answer(event)
        }
        record.highestOutboundByteCount = max(record.highestOutboundByteCount, engine.outboundByteCount)
        record.highestHeldByteCount = max(record.highestHeldByteCount, engine.heldByteCount)
        record.highestUnearnedByteCount = max(
            record.highestUnearnedByteCount, engine.heldByteCount - 2 * deliveredByteCount)
        if script.sends, let bytes = takeOutbound() {
            hasProgressed = true
            record.clientBytes += Array(bytes.readableBytesView)
            peer.receive(bytes)
        }
        for packet in peer.takeOutbound() { pipe.push(packet) }
        if engine.wantsInput || record.isOver, let bytes = pipe.take() {
            hasProgressed = true
            deliver(bytes)
        }
        return hasProgressed
    }

    /// Bytes from nowhere, whether the engine wants them or not.
    package func deliver(_ bytes: ByteBuffer) {
        var bytes = bytes
        deliveredByteCount += bytes.readableBytes
        attempt { engine, now throws(ProtocolError) in try engine.receive(&bytes, now: now) }
    }

    /// Drops what the peer keeps of its own packets, so that a flood measures the engine.
    package func forget() {
        peer.forgetWire()
    }

    /// Drops all that is kept of both sides, so that a long run measures the engine.
    package func forgetAll() {
        peer.forgetWire()
        peer.forgetReceived()
        record.clientBytes.removeAll(keepingCapacity: true)
        record.agreements.removeAll(keepingCapacity: true)
    }

    /// Whether the engine still has bytes to send.
    package var engineHasOutbound: Bool { engine.outboundByteCount > 0 }

    private func nextEvent() -> Event? {
        var event: Event?
        script.touch { event = engine.nextEvent() }
        return event
    }

    private func takeOutbound() -> ByteBuffer? {
        var bytes: ByteBuffer?
        script.touch { bytes = engine.takeOutbound() }
        return bytes
    }

    package func attempt(_ body: (inout Engine, Instant) throws(ProtocolError) -> Void) {
        var failure: ProtocolError?
        script.touch {
            do throws(ProtocolError) {
                try body(&engine, clock.now)
                // The driver sets its timer after every touch.
                nextDeadline = engine.deadline
            } catch {
                failure = error
            }
        }
        guard let failure else { return }
        // What happened before the error still counts.
        while let event = engine.nextEvent() { record.note(event) }
        record.note(failure)
    }
}
