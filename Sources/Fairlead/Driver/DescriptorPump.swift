package import NIOCore
import NIOPosix
import SSHCore

/// Descriptors that a session's streams are joined to.
package struct SessionDescriptors: Sendable {
    /// Where the process's input comes from; nil gives it end-of-file at once.
    package var input: Int32?
    package var output: Int32
    package var errorOutput: Int32
    /// Looks at what a person types before it leaves, and may keep parts of it.
    package var inputFilter: (@Sendable (ByteBuffer) -> ByteBuffer)?

    package init(
        input: Int32?, output: Int32, errorOutput: Int32, inputFilter: (@Sendable (ByteBuffer) -> ByteBuffer)? = nil
    ) {
        self.input = input
        self.output = output
        self.errorOutput = errorOutput
        self.inputFilter = inputFilter
    }
}

/// Moves bytes between a session and descriptors, beside the public streams: no task switch for each packet.
///
/// It lives on the connection's loop; threads of its own do the blocking calls, a batch at a time. The window is credited
/// when the bytes were written, and input is read only when the window has room, so both directions are bounded.
final class DescriptorPump {
    private struct Piece: Sendable {
        let bytes: ByteBuffer
        let descriptor: Int32
    }

    /// One writer, in order.
    ///
    /// Streams that end in the same place share one.
    private final class Lane {
        var pending: [Piece] = []
        var isBusy = false
        var isBroken = false
    }

    private static let inputByteCount = 128 * 1024

    private let connection: SSHConnection
    private let id: SessionID
    private let descriptors: SessionDescriptors
    private let threads = NIOThreadPool(numberOfThreads: 3)
    private let wakePipe: PlatformStreams.WakePipe?
    private let outputLane = Lane()
    private let errorLane: Lane
    private var isReading = false
    private var inputHasEnded = false
    private var isOver = false
    /// Input that was read and did not fit the window yet.
    private var unsent = ByteBuffer()
    private var inputBuffer = ByteBuffer()

    init(_ descriptors: SessionDescriptors, connection: SSHConnection, id: SessionID) {
        self.descriptors = descriptors
        self.connection = connection
        self.id = id
        wakePipe = PlatformStreams.WakePipe()
        let isShared = PlatformStreams.areSame(descriptors.output, descriptors.errorOutput)
        errorLane = isShared ? outputLane : Lane()
        threads.start()
    }

    /// Whether everything that arrived was written.
    var isDrained: Bool {
        outputLane.pending.isEmpty && !outputLane.isBusy && errorLane.pending.isEmpty && !errorLane.isBusy
    }

    func append(_ data: ByteBuffer, to stream: ChannelStream) {
        let lane = stream == .output ? outputLane : errorLane
        lane.pending.append(
            Piece(bytes: data, descriptor: stream == .output ? descriptors.output : descriptors.errorOutput))
    }

    /// Starts writing what was appended since the last time.
    func flush() {
        flush(outputLane)
        if errorLane !== outputLane { flush(errorLane) }
    }

    private func flush(_ lane: Lane) {
        guard !lane.isBusy, !lane.pending.isEmpty else { return }
        let batch = lane.pending
        lane.pending = []
        guard !lane.isBroken else { return finish(batch, on: lane, isBroken: true) }
        lane.isBusy = true
        let connection = connection
        let id = id
        let isError = lane !== outputLane
        threads.submit { _ in
            var isWhole = true
            for piece in batch where isWhole { isWhole = PlatformStreams.write(piece.bytes, to: piece.descriptor) }
            let isBroken = !isWhole
            connection.eventLoop.execute {
                connection.assumeIsolated { connection in
                    connection.sessions[id]?.pump?.wrote(batch, isError: isError, isBroken: isBroken)
                }
            }
        }
    }

    private func wrote(_ batch: [Piece], isError: Bool, isBroken: Bool) {
        let lane = isError ? errorLane : outputLane
        lane.isBusy = false
        finish(batch, on: lane, isBroken: isBroken)
        flush(lane)
    }

    private func finish(_ batch: [Piece], on lane: Lane, isBroken: Bool) {
        let isNewlyBroken = isBroken && !lane.isBroken
        lane.isBroken = lane.isBroken || isBroken
        let byteCount = batch.reduce(0) { $0 + $1.bytes.readableBytes }
        let isOutput = lane === outputLane
        let id = id
        connection.assumeIsolated { connection in
            connection.consumed(byteCount, in: id)
            if isNewlyBroken, isOutput { connection.outputIsUnwanted(in: id) }
            connection.wake(.state(id))
        }
    }

    // MARK: Input

    /// The session's end of input may be sent, and `room` bytes of data.
    func readMore(upTo room: Int) {
        guard !isOver, !inputHasEnded, !isReading else { return }
        if unsent.readableBytes > 0 { return send() }
        guard let input = descriptors.input, let wakePipe else { return endInput() }
        guard room > 0 else { return }
        isReading = true
        var buffer = ByteBuffer()
        swap(&buffer, &inputBuffer)
        if buffer.modifyIfUniquelyOwned({ $0.clear() }) == nil { buffer = ByteBuffer() }
        let count = min(room, Self.inputByteCount)
        let filter = descriptors.inputFilter
        let connection = connection
        let id = id
        threads.submit { [buffer] _ in
            var buffer = buffer
            let result = PlatformStreams.read(
                input, wakeDescriptor: wakePipe.readEnd, upTo: count, into: &buffer)
            let bytes = filter.map { $0(buffer) } ?? buffer
            connection.eventLoop.execute {
                connection.assumeIsolated { $0.sessions[id]?.pump?.didRead(bytes, result) }
            }
        }
    }

    private func didRead(_ bytes: ByteBuffer, _ result: PlatformStreams.Input) {
        isReading = false
        guard !isOver else { return }
        switch result {
        case .bytes:
            unsent = bytes
            inputBuffer = bytes
            send()
        case .end: endInput()
        case .woken: break
        }
    }

    private func send() {
        var rest = unsent
        unsent = ByteBuffer()
        let id = id
        let (remaining, room) = connection.assumeIsolated { [rest] connection in
            var rest = rest
            try? connection.push(&rest, to: id)
            return (rest, connection.engine.sendableByteCount(id))
        }
        rest = ByteBuffer()
        unsent = remaining
        if unsent.readableBytes == 0 { readMore(upTo: room) }
    }

    private func endInput() {
        inputHasEnded = true
        let id = id
        connection.assumeIsolated { try? $0.endInput(of: id) }
    }

    /// The session is over: no more input is wanted.
    ///
    /// Output that is left is still written.
    func sessionClosed() {
        guard !isOver else { return }
        isOver = true
        wakePipe?.wake()
    }

    /// Lets the threads go; whoever is blocked in a call is not waited for.
    func shutDown() {
        sessionClosed()
        let wakePipe = wakePipe
        threads.shutdownGracefully { _ in wakePipe?.close() }
    }
}
