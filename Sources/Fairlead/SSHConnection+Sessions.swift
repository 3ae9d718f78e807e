package import NIOCore
package import SSHCore
package import SSHWire

/// Sessions: opening, requests, streams, ends.
extension SSHConnection {
    /// Opens a session channel and sends `requests` after it, without waiting between them.
    ///
    /// A refused terminal ends nothing: why it is not there comes back with the number.
    package func start(_ requests: [SessionRequest], descriptors: SessionDescriptors? = nil) async throws(SSHError)
        -> (id: ChannelID, terminalRefusal: SSHError?)
    {
        if let failure { throw failure }
        let early = earlySession
        earlySession = nil
        let id = early ?? engine.nextChannelID()
        if early == nil { sessions[id] = Session() }
        if let descriptors { sessions[id]?.pump = DescriptorPump(descriptors, connection: self, id: id) }
        do throws(SSHError) {
            if early == nil { try perform(.openSession(id)) }
            try await waitUntilOpen(id)
            for request in requests { try send(request, in: id) }
            return (id, try await waitForReplies(to: requests, in: id))
        } catch {
            discard(id)
            throw error
        }
    }

    private func waitUntilOpen(_ id: SessionID) async throws(SSHError) {
        while let session = sessions[id], !session.isOpen {
            if let refusal = session.refusal {
                throw SSHError(
                    .channel, .refused, "The server refused the session channel (reason \(refusal.reason))",
                    serverText: PeerText.line(refusal.text.readableBytesView))
            }
            if session.hasTimedOut {
                throw SSHError(.channel, .timeout, "The server did not say whether the session channel is open")
            }
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .state(id)))
        }
        guard failure == nil, let session = sessions[id] else { return }
        if session.isIdle { throw Self.idle }
        if session.isClosed { throw Self.closedAtOnce }
    }

    private func send(_ request: SessionRequest, in id: SessionID) throws(SSHError) {
        if request.wantsReply { sessions[id]?.requestCount += 1 }
        try perform(.request(id, request))
    }

    private func waitForReplies(to requests: [SessionRequest], in id: SessionID) async throws(SSHError) -> SSHError? {
        let awaited = requests.filter(\.wantsReply)
        while let session = sessions[id], session.replies.count < awaited.count {
            if session.hasTimedOut {
                throw SSHError(.channel, .timeout, "The server did not answer the session's requests")
            }
            if let failure { throw failure }
            if session.isIdle { throw Self.idle }
            if session.isClosed { throw Self.closedAtOnce }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .state(id)))
        }
        let replies = sessions[id]?.replies ?? []
        var terminalRefusal: SSHError?
        for (request, isGranted) in zip(awaited, replies) where !isGranted {
            // Word for word as in ssh.
            let name = request.name == "pty-req" ? "PTY allocation" : request.name.text
            let refusal = SSHError(.channel, .refused, "\(name) request failed on channel \(id.rawValue)")
            guard request.name == "pty-req" else { throw refusal }
            terminalRefusal = refusal
        }
        return terminalRefusal
    }

    /// The session's descriptors may be read and written from now on.
    package func beginStreams(of id: ChannelID) {
        sessions[id]?.pump?.begin(upTo: sendableByteCount(id))
    }

    /// Says goodbye without waiting for anything.
    package func abandon() {
        try? perform(.disconnect(.byApplication, text: "disconnected by user"))
        fail(SSHError(.lost, .cancelled, "The connection was abandoned"))
    }

    /// A request during a session.
    package func request(_ request: SessionRequest, in id: ChannelID) throws(SSHError) {
        guard sessions[id]?.isClosed == false else { throw Self.gone }
        try perform(.request(id, request))
    }

    func nextChunk(of stream: ChannelStream, in id: SessionID) async throws(SSHError) -> ByteBuffer? {
        while true {
            if let chunk = takeChunk(of: stream, in: id) {
                consumed(chunk.readableBytes, in: id)
                return chunk
            }
            guard let session = sessions[id] else { return nil }
            if session.isLost, let failure { throw failure }
            if session.hasEnded { return nil }
            if session.isIdle { throw Self.idle }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: stream == .output ? .output(id) : .errorOutput(id)))
        }
    }

    private func takeChunk(of stream: ChannelStream, in id: SessionID) -> ByteBuffer? {
        switch stream {
        case .output: sessions[id]?.output.take()
        case .error: sessions[id]?.errorOutput.take()
        }
    }

    func write(_ bytes: ByteBuffer, to id: SessionID) async throws(SSHError) {
        var rest = bytes
        while true {
            if let failure { throw failure }
            guard sessions[id]?.isClosed == false else { throw Self.gone }
            let before = rest.readableBytes
            if transport?.isWritable == true { try push(&rest, to: id) }
            guard rest.readableBytes > 0 else { return }
            if Task.isCancelled { throw Self.cancelled }
            if rest.readableBytes < before {
                // The engine takes a bounded piece at a time. If the socket had room for it, nothing tells so later: the
                // loop gets its turn, and then the next piece goes.
                await Task.yield()
            } else {
                await wait(with: ticket(for: .writable(id)))
            }
        }
    }

    /// How much `push` would take now; nothing while the socket is full.
    func sendableByteCount(_ id: SessionID) -> Int {
        transport?.isWritable == true ? engine.sendableByteCount(id) : 0
    }

    /// Hands the engine what it takes now.
    package func push(_ bytes: inout ByteBuffer, to id: ChannelID) throws(SSHError) {
        do throws(ProtocolError) {
            let byteCount = bytes.readableBytes
            try engine.send(&bytes, on: id, now: now)
            if bytes.readableBytes < byteCount { bytesMoved(on: id) }
            settle()
        } catch {
            if case .misuse = error { throw Self.gone }
            let sshError = SSHError(error)
            end(sshError)
            throw sshError
        }
    }

    package func endInput(of id: ChannelID) throws(SSHError) {
        try perform(.endInput(id))
    }

    package func consumed(_ byteCount: Int, in id: ChannelID) {
        guard failure == nil else { return }
        bytesMoved(on: id)
        try? perform(.consumed(id, byteCount: byteCount))
    }

    package func exitStatus(of id: ChannelID) async throws(SSHError) -> ExitStatus {
        while let session = sessions[id] {
            if let exit = session.exit { return ExitStatus(exit) }
            if session.isIdle { throw Self.idle }
            if session.isClosedByPeer { return .unknown }
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .state(id)))
        }
        return .unknown
    }

    /// What the program had still to say may come after its exit status: there is a moment for it, and then the channel is
    /// closed, so that what the program left behind says no more.
    package func waitBriefly(for id: ChannelID) async {
        let alarm = eventLoop.scheduleTask(in: .milliseconds(250)) {
            self.assumeIsolated { connection in
                connection.sessions[id]?.isLeft = true
                connection.wake(.state(id))
            }
        }
        while let session = sessions[id], !session.isClosedByPeer, !session.isLeft, failure == nil, !Task.isCancelled {
            await wait(with: ticket(for: .state(id)))
        }
        alarm.cancel()
        sessions[id]?.isLeft = true
        try? perform(.close(id))
    }

    /// Waits until the server has closed the channel: everything it had to say was said.
    package func waitUntilClosed(_ id: ChannelID) async throws(SSHError) {
        while let session = sessions[id], !session.isClosedByPeer {
            if let failure { throw failure }
            if Task.isCancelled { throw Self.cancelled }
            await wait(with: ticket(for: .state(id)))
        }
    }

    /// Done with the session: closes what is open of it and forgets it.
    package func discard(_ id: ChannelID, signal: String? = nil) {
        guard let session = sessions.removeValue(forKey: id) else { return }
        session.pump?.shutDown()
        // Whoever still waits for something of it looks again, and finds it gone.
        for topic in [.output(id), .errorOutput(id), .writable(id), .state(id)] as [WaitingTasks.Topic] { wake(topic) }
        guard failure == nil else { return }
        if let signal, session.isOpen, !session.isClosed, session.exit == nil {
            try? perform(.request(id, .signal(name: Array(signal.utf8))))
        }
        try? perform(.close(id))
    }

    /// Waits until everything that arrived was written to the session's descriptors.
    package func waitUntilDrained(_ id: ChannelID) async {
        while let session = sessions[id], !session.isIdle, let pump = session.pump, !pump.isDrained, !Task.isCancelled {
            await wait(with: ticket(for: .state(id)))
        }
    }

    /// What kept the session's output from being written, such as a full disk, or its input from being read; not that a
    /// reader or a writer left.
    package func streamFailure(of id: ChannelID) -> SSHError? {
        guard let pump = sessions[id]?.pump, let number = pump.outputFailure ?? pump.inputFailure else { return nil }
        let what = pump.outputFailure == nil ? "read the input" : "write the output"
        return SSHError(.channel, .system(errno: number), "Could not \(what): \(PlatformFiles.errorText(number))")
    }

    /// Nobody reads the session's output any more.
    ///
    /// An OpenSSH server is told so and ends the program by SIGPIPE (OpenSSH PROTOCOL §2.1); another one only sees the
    /// channel close.
    func outputIsUnwanted(in id: SessionID) {
        if facts.serverIdentification.utf8.starts(with: "SSH-2.0-OpenSSH".utf8) {
            try? request(.endOfWrite, in: id)
        } else {
            if sessions[id]?.exit == nil {
                sessions[id]?.exit = .signal(name: Array("PIPE".utf8), dumpedCore: false, message: [])
            }
            try? perform(.close(id))
        }
    }

    private static var closedAtOnce: SSHError {
        SSHError(.channel, .refused, "The server closed the session at once")
    }

    private static var gone: SSHError { SSHError(.channel, .closed, "The remote process has ended") }
}

extension Session {
    /// The channel's own end, as opposed to the connection's.
    var isClosedByPeer: Bool { isClosed && !isLost }
}
