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
    /// Between two moments at which typed keys leave, where their rhythm is to be hidden.
    package var keystrokeInterval: Duration?

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
/// It lives on the connection's loop. What can be moved without waiting is moved there, a batch in one call; what would
/// wait is done by threads of its own. The window is credited when the bytes were written, and input is read only when
/// the window has room, so both directions are bounded.
final class DescriptorPump {
    private static let inputByteCount = 128 * 1024
    /// What is typed while the network takes nothing: escapes among it still work.
    private static let backlogByteCount = 64 * 1024
    /// What is read and sent before the loop sees to others: a server's window, and a file, may be without end.
    private static let turnByteCount = 1024 * 1024

    private let connection: SSHConnection
    private let id: SessionID
    private let descriptors: SessionDescriptors
    /// Started once something must wait: many a session never does.
    private lazy var threads = {
        let threads = NIOThreadPool(numberOfThreads: 3)
        threads.start()
        hasThreads = true
        return threads
    }()
    private var hasThreads = false
    private let wakePipe: PlatformStreams.WakePipe?
    /// Streams that end in the same place share a lane, so that their order is kept.
    private let outputLane: OutputLane
    private let errorLane: OutputLane
    private var hasBegun = false
    private var isReading = false
    private var inputHasEnded = false
    /// Nothing more will be read, and what was read has not left yet.
    private var isAtEnd = false
    private var keystrokes: KeystrokeClock?
    /// Bytes are being handed over: what that sets off on the way must not read on and overtake them.
    private var isSending = false
    private var isOver = false
    /// Others have their turn; then input goes on.
    private var isResting = false
    /// Something was appended that `flush` has not seen.
    private var isFilled = false
    /// Input that was read and did not fit the window yet.
    private var unsent = ByteBuffer()
    private var inputBuffer = ByteBuffer()
    private var needsInputThread: Bool

    init(_ descriptors: SessionDescriptors, connection: SSHConnection, id: SessionID) {
        self.descriptors = descriptors
        self.connection = connection
        self.id = id
        // What a person types is looked at byte by byte; no speed is needed there.
        needsInputThread = descriptors.inputFilter != nil
        wakePipe = PlatformStreams.WakePipe()
        if wakePipe == nil, descriptors.input != nil { inputFailure = PlatformFiles.lastError }
        outputLane = OutputLane(descriptors.output)
        errorLane =
            PlatformStreams.areSame(descriptors.output, descriptors.errorOutput)
            ? outputLane : OutputLane(descriptors.errorOutput)
    }

    /// Whether everything that arrived was written.
    var isDrained: Bool { outputLane.isDrained && errorLane.isDrained }

    /// The `errno` that kept output from being written, unless its reader just left.
    var outputFailure: Int32? { outputLane.failure }
    /// The `errno` that kept input from being read.
    private(set) var inputFailure: Int32?

    /// Whether it is the first since the last `flush`.
    func append(_ data: ByteBuffer, to stream: ChannelStream) -> Bool {
        (stream == .output ? outputLane : errorLane).pending.append(data)
        defer { isFilled = true }
        return !isFilled
    }

    /// Bytes may move from now on: whoever owns the descriptors has made them ready.
    func begin(upTo room: Int) {
        hasBegun = true
        if let interval = descriptors.keystrokeInterval {
            let (connection, id) = (connection, id)
            keystrokes = KeystrokeClock(interval, on: connection) { connection in
                connection.sessions[id]?.pump?.readMore(upTo: connection.sendableByteCount(id))
            }
        }
        flush()
        readMore(upTo: room)
    }

    /// Starts writing what was appended since the last time.
    func flush() {
        isFilled = false
        guard hasBegun else { return }
        flush(outputLane)
        if errorLane !== outputLane { flush(errorLane) }
    }

    private func flush(_ lane: OutputLane) {
        let written = lane.writeNow()
        if written.byteCount > 0 || written.isNewlyBroken { finish(written, on: lane) }
        guard !lane.isBusy, !lane.pending.isEmpty else { return }
        let batch = lane.takeBatch()
        let descriptor = lane.descriptor
        let connection = connection
        let id = id
        let isError = lane !== outputLane
        threads.submit { _ in
            let failure = PlatformStreams.write(batch, to: descriptor)
            connection.eventLoop.execute {
                connection.assumeIsolated { connection in
                    connection.sessions[id]?.pump?.wrote(batch, isError: isError, failure: failure)
                }
            }
        }
    }

    private func wrote(_ batch: [ByteBuffer], isError: Bool, failure: Int32?) {
        let lane = isError ? errorLane : outputLane
        finish(lane.finishBatch(batch, failure: failure), on: lane)
        flush(lane)
    }

    private func finish(_ progress: OutputLane.Progress, on lane: OutputLane) {
        let isOutput = lane === outputLane
        let id = id
        let isDrained = isDrained
        connection.assumeIsolated { connection in
            connection.consumed(progress.byteCount, in: id)
            if progress.isNewlyBroken, isOutput { connection.outputIsUnwanted(in: id) }
            // Only who waits for the end of a session wants to know.
            guard isDrained, let session = connection.sessions[id], session.isClosed || session.isLeft else { return }
            connection.wake(.state(id))
        }
    }

    // MARK: Input

    /// The session's end of input may be sent, and `room` bytes of data.
    func readMore(upTo room: Int) {
        var room = room
        var turn = Self.turnByteCount
        while hasBegun, !isOver, !inputHasEnded, !isSending, !isResting {
            if unsent.readableBytes > 0, keystrokes?.isHolding != true {
                turn -= unsent.readableBytes
                room = send()
                guard turn > 0 else { return rest() }
                // Room that came while they were handed over announced itself in vain.
                if unsent.readableBytes > 0, room > 0 { continue }
            }
            if isAtEnd, unsent.readableBytes == 0 { return endInput() }
            guard !isReading, !isAtEnd else { return }
            guard let input = descriptors.input, let wakePipe else { return endInput() }
            if descriptors.inputFilter != nil { room = Self.backlogByteCount - unsent.readableBytes }
            guard room > 0, unsent.readableBytes == 0 || descriptors.inputFilter != nil else { return }
            guard readNow(input, upTo: room) else { return readOnThread(input, wakePipe, upTo: room) }
        }
    }

    private func rest() {
        isResting = true
        let (connection, id) = (connection, id)
        // Not at once: the loop asks for no events while there are tasks that are due.
        connection.eventLoop.scheduleTask(in: .microseconds(20)) {
            connection.assumeIsolated { connection in
                guard let pump = connection.sessions[id]?.pump else { return }
                pump.isResting = false
                pump.readMore(upTo: connection.sendableByteCount(id))
            }
        }
    }

    /// True when there is more to do here; false when a thread must wait for input.
    private func readNow(_ input: Int32, upTo room: Int) -> Bool {
        guard !needsInputThread else { return false }
        var buffer = takeInputBuffer()
        switch PlatformStreams.readNow(input, upTo: min(room, Self.inputByteCount), into: &buffer) {
        case .bytes:
            unsent = buffer
            inputBuffer = buffer
        case .end: endInput()
        case .woken, .failed, nil: return false
        }
        return true
    }

    private func readOnThread(_ input: Int32, _ wakePipe: PlatformStreams.WakePipe, upTo room: Int) {
        isReading = true
        let buffer = takeInputBuffer()
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

    private func takeInputBuffer() -> ByteBuffer {
        var buffer = ByteBuffer()
        swap(&buffer, &inputBuffer)
        return buffer.modifyIfUniquelyOwned { $0.clear() } == nil ? ByteBuffer() : buffer
    }

    private func didRead(_ bytes: ByteBuffer, _ result: PlatformStreams.Input) {
        isReading = false
        guard !isOver else { return }
        switch result {
        case .bytes where unsent.readableBytes > 0: unsent.writeImmutableBuffer(bytes)
        case .bytes:
            unsent = bytes
            inputBuffer = bytes
            if bytes.readableBytes > 0 { keystrokes?.hold(bytes.readableBytes) }
        case .end: isAtEnd = true
        case .failed(let number): (isAtEnd, inputFailure) = (true, number)
        case .woken: return
        }
        // The filter may have kept all of it; then nothing is sent that would tell how much room there is.
        let id = id
        readMore(upTo: connection.assumeIsolated { $0.sendableByteCount(id) })
    }

    /// Hands over what was read; returns the room that is left.
    private func send() -> Int {
        let rest = unsent
        unsent = ByteBuffer()
        isSending = true
        defer { isSending = false }
        let id = id
        let (remaining, room) = connection.assumeIsolated { connection in
            var rest = rest
            try? connection.push(&rest, to: id)
            return (rest, connection.sendableByteCount(id))
        }
        unsent = remaining
        return room
    }

    /// What the input filter is looking at is the last of the input.
    func endTyping() { isAtEnd = true }

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
        keystrokes?.stop()
        wakePipe?.wake()
    }

    /// Lets the threads go; whoever is blocked in a call is not waited for.
    func shutDown() {
        sessionClosed()
        let wakePipe = wakePipe
        guard hasThreads else { return wakePipe?.close() ?? () }
        threads.shutdownGracefully { _ in wakePipe?.close() }
    }
}
