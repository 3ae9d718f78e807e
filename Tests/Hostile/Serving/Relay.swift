import Foundation
import HostileRows
import NIOCore
import PeerSupport
import SSHWire

/// Carries bytes between a client's socket and the peer that plays a row, and lets the peer act once both fell silent.
final class Relay {
    /// Silence of this length is meant: nobody is still computing.
    private static let silence = Duration.milliseconds(400)
    /// A client that is not told to wait, and does, is left after so long.
    private static let courtesy = Duration.seconds(3)
    private static let floodBatch = 2000

    let peer: ScriptedPeer
    private(set) var canaries = CanaryWatch()
    private(set) var hasConnected = false
    /// The peer had to end what the client should have.
    private(set) var hasGivenUp = false

    private let row: HostileRow
    private let listener: Int32
    private var socket: Int32 = -1
    private var pipe: DripPipe
    private var unsent = ByteBuffer()
    private var echo = ByteBuffer()
    private var lastSign = ContinuousClock.now
    private var lastWritten = ContinuousClock.now
    private var hasActed = false
    private var floodLeft = 0
    private var reads = true

    /// Takes over the listening socket.
    init(_ served: ServedRow, _ delivery: Delivery, listener: Int32) {
        row = served.row
        peer = ScriptedPeer(served.configuration)
        pipe = DripPipe(delivery, seed: 11)
        self.listener = listener
    }

    deinit {
        close(listener)
        end()
    }

    private var now: ContinuousClock.Instant { .now }

    /// A little of everything; to be called until the client is gone.
    func turn() {
        guard hasConnected else { return connect() }
        guard socket >= 0 else { return wait(10) }
        read()
        act()
        write()
    }

    /// What the client said last, after its end.
    func finish() {
        if !hasConnected { connect() }
        reads = true
        for _ in 0..<1000 where socket >= 0 && Socket.poll(socket, POLLIN, 0) { read() }
    }

    private func wait(_ milliseconds: Int32) { _ = Foundation.poll(nil, 0, milliseconds) }

    private func connect() {
        guard let descriptor = Socket.accept(listener, within: 10) else { return }
        socket = descriptor
        hasConnected = true
        lastSign = now
        peer.start()
        write()
    }

    private func end() {
        if socket >= 0 { close(socket) }
        socket = -1
    }

    private func read() {
        let isBusy = unsent.readableBytes > 0 || floodLeft > 0
        Socket.poll(socket, POLLIN | (isBusy ? POLLOUT : 0), hasActed && !isBusy ? 5 : 10)
        guard reads else { return }
        switch Socket.read(socket) {
        case .bytes(let bytes):
            lastSign = now
            canaries.read(bytes)
            if case .reflects = row.peerAct { echo.writeBytes(bytes) }
            peer.receive(ByteBuffer(bytes: bytes))
        case .nothingYet: break
        case .end: end()
        }
    }

    private func write() {
        guard socket >= 0 else { return }
        for packet in peer.takeOutbound() { pipe.push(packet) }
        for _ in 0..<10_000 {
            if unsent.readableBytes == 0 { unsent = pipe.take() ?? ByteBuffer() }
            guard unsent.readableBytes > 0 else { return }
            guard let count = Socket.write(unsent, to: socket) else {
                // Nobody listens, but there may be something left to hear.
                unsent = ByteBuffer()
                floodLeft = 0
                reads = true
                return
            }
            if count == 0 { return stall() }
            unsent.moveReaderIndex(forwardBy: count)
            (lastSign, lastWritten) = (now, now)
        }
    }

    /// Where a peer that does not read has stopped its client, it reads.
    private func stall() {
        if now - lastWritten > Self.silence { reads = true }
    }

    private func act() {
        guard socket >= 0, unsent.readableBytes == 0 else { return }
        if floodLeft > 0 { return flood() }
        let quiet = now - lastSign
        if hasActed { return actAgain(after: quiet) }
        guard quiet > Self.silence else { return }
        hasActed = true
        switch row.peerAct {
        case .none, .waits: break
        case .closes: shutdown(socket, Int32(SHUT_WR))
        case .drips: drip()
        case .reflects: reflect()
        case .floods(let count, _, let reads):
            floodLeft = count
            self.reads = reads
        }
    }

    private func actAgain(after quiet: Duration) {
        switch row.peerAct {
        case .drips: if quiet > .milliseconds(500) { drip() }
        case .reflects where echo.readableBytes > 0: reflect()
        case .waits: break
        case .none, .closes, .reflects, .floods:
            guard quiet > Self.courtesy, !hasGivenUp else { return }
            hasGivenUp = true
            shutdown(socket, Int32(SHUT_RDWR))
        }
    }

    private func drip() {
        peer.inject(.raw([0x2D]))
    }

    private func reflect() {
        peer.inject(.raw(Array(echo.readableBytesView)))
        echo.clear()
    }

    private func flood() {
        guard case .floods(let count, let payloads, _) = row.peerAct, let channel = peer.channels.values.first?.client
        else { return floodLeft = 0 }
        let batch = min(floodLeft, Self.floodBatch)
        for index in 0..<batch { peer.inject(.payload(payloads[(count - floodLeft + index) % payloads.count])) }
        floodLeft -= batch
        // They would be many, and nobody asks for them.
        peer.forgetWire()
        if count > Self.floodBatch { peer.forgetReceived() }
        guard floodLeft == 0 else { return }
        reads = true
        peer.send(.channelData, ChannelData(recipient: channel, data: ByteBuffer(bytes: HostileRow.command)))
        let status = ByteBuffer(integer: UInt32(0))
        peer.send(
            .channelReply,
            ChannelRequest(recipient: channel, name: "exit-status", wantsReply: false, details: status))
        peer.send(.channelReply, ChannelEOF(recipient: channel))
        peer.send(.channelReply, ChannelClose(recipient: channel))
    }
}
