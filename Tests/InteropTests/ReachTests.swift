import Fairlead
import Foundation
import NIOCore
import PeerSupport
import Synchronization
import TestSupport
import Testing

/// Which of a host's addresses is reached, from where, and after how many tries.
@Suite(.fewAtOnce) struct ReachTests {
    /// Lines of the log.
    private final class Lines: Sendable {
        private let lines = Mutex<[String]>([])

        var all: [String] { lines.withLock { $0 } }

        func add(_ line: String) { lines.withLock { $0.append(line) } }
    }

    private static let hasIPv6 = (try? SocketAddress(ipAddress: "::1", port: 0)).map(Listener.canBind) ?? false

    /// Addresses of this machine beside 127.0.0.1.
    private static var otherAddresses: [String] { hasIPv6 ? ["::1", "127.0.0.2"] : ["127.0.0.2"] }

    private func server() async throws -> LoopbackServer {
        try await LoopbackServer.scripted { PeerConfiguration(hostKey: try TestKeys.ed25519()) }
    }

    @Test("NW-04 an address where nobody listens gives way to the next", arguments: otherAddresses)
    func refused(address: String) async throws {
        let server = try await server()
        let lines = Lines()
        var configuration = server.configuration
        configuration.log { lines.add($1) }
        configuration.resolve = { _, port, _ in Self.addresses([address, Loopback.address], port) }
        let output = try await withSSHConnection(configuration) { try await $0.run("reached").output.text }
        #expect(output == "reached")
        #expect(server.connectionCount == 1)
        #expect(lines.all.contains { $0.contains("Connection refused") })
    }

    @Test(
        "NW-04 an address that does not answer gives way to the next, and is not connected any more",
        arguments: otherAddresses)
    func silent(address: String) async throws {
        let server = try await server()
        let hole = try Listener(address: address, port: server.port)
        try hole.fill()
        var configuration = server.configuration
        configuration.resolve = { _, port, _ in Self.addresses([address, Loopback.address], port) }
        let output = try await withSSHConnection(configuration) { try await $0.run("reached").output.text }
        #expect(output == "reached")
        #expect(server.connectionCount == 1)
    }

    @Test("an address that does not answer takes as long as ConnectTimeout, and no connection stays behind")
    func timeout() async throws {
        let hole = try Listener(address: Loopback.address, port: 0)
        try hole.fill()
        var configuration = SSHConfiguration(
            host: Loopback.address, port: hole.port, user: "user", hostVerification: .pinned([]), credentials: [])
        configuration.connectTimeout = .milliseconds(300)
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .connect)
        #expect(error?.kind == .timeout)
    }

    @Test("NW-05 The twentieth address is reached though nineteen do not answer, and they are not connected any more")
    func manySilent() async throws {
        let server = try await server()
        let silent = (2...20).map { "127.0.0.\($0)" }
        let holes = try silent.map { try Listener(address: $0, port: server.port) }
        for hole in holes { try hole.fill() }
        var configuration = server.configuration
        configuration.connectTimeout = .seconds(60)
        configuration.resolve = { _, port, _ in Self.addresses(silent + [Loopback.address], port) }
        let output = try await withSSHConnection(configuration) { try await $0.run("reached").output.text }
        #expect(output == "reached")
        #expect(server.connectionCount == 1)
        withExtendedLifetime(holes) {}
    }

    @Test("NW-05 Twenty addresses that do not answer take as long as ConnectTimeout all together")
    func allSilent() async throws {
        let port = try Loopback.freePort()
        let silent = (2...21).map { "127.0.1.\($0)" }
        let holes = try silent.map { try Listener(address: $0, port: port) }
        for hole in holes { try hole.fill() }
        var configuration = SSHConfiguration(
            host: "host", port: port, user: "user", hostVerification: .pinned([]), credentials: [])
        configuration.connectTimeout = .seconds(5)
        configuration.resolve = { _, port, _ in Self.addresses(silent, port) }
        let fixed = configuration
        // One after the other they would take a hundred.
        let result = try await watched("the attempts", within: .seconds(60)) {
            try await withSSHConnection(fixed) { _ in }
        }
        #expect((result.error as? SSHError)?.stage == .connect && (result.error as? SSHError)?.kind == .timeout)
        withExtendedLifetime(holes) {}
    }

    @Test("NW-06 A thousand addresses that refuse are one error, and one that answers after them is reached")
    func thousand() async throws {
        let server = try await server()
        let refusing = (0..<1000).map { "127.1.\($0 / 250).\($0 % 250 + 1)" }
        var configuration = server.configuration
        configuration.resolve = { _, port, _ in Self.addresses(refusing, port) }
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .connect && error?.kind == .system(errno: ECONNREFUSED))
        configuration.resolve = { _, port, _ in Self.addresses(refusing + [Loopback.address], port) }
        let output = try await withSSHConnection(configuration) { try await $0.run("reached").output.text }
        #expect(output == "reached" && server.connectionCount == 1)
    }

    @Test("a cancelled task stops connecting")
    func cancelled() async throws {
        let hole = try Listener(address: Loopback.address, port: 0)
        try hole.fill()
        let lines = Lines()
        var configuration = SSHConfiguration(
            host: Loopback.address, port: hole.port, user: "user", hostVerification: .pinned([]), credentials: [])
        configuration.log { lines.add($1) }
        let fixed = configuration
        let task = Task { try await withSSHConnection(fixed) { _ in } }
        try await poll(for: "the attempt") { lines.all.isEmpty ? nil : () }
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
    }

    @Test("a cancelled task does not wait for the resolver")
    func cancelledResolver() async throws {
        let entered = Mutex(false)
        let gate = DispatchSemaphore(value: 0)
        defer { gate.signal() }
        var configuration = SSHConfiguration(
            host: "host", user: "user", hostVerification: .pinned([]), credentials: [])
        configuration.resolve = { _, _, _ in
            entered.withLock { $0 = true }
            gate.wait()
            return []
        }
        let fixed = configuration
        let task = Task { try await withSSHConnection(fixed) { _ in } }
        try await poll(for: "the resolver") { entered.withLock { $0 } ? () : nil }
        task.cancel()
        let error = await #expect(throws: SSHError.self) { try await task.value }
        #expect(error?.kind == .cancelled)
    }

    @Test("all addresses are tried as often as ConnectionAttempts says, and not once more", arguments: [1, 2, 3])
    func attempts(count: Int) async throws {
        let lines = Lines()
        let port = try Loopback.freePort()
        var configuration = SSHConfiguration(
            host: "host", port: port, user: "user", hostVerification: .pinned([]), credentials: [])
        configuration.connectionAttempts = count
        configuration.log { lines.add($1) }
        configuration.resolve = { _, port, _ in Self.addresses(["127.0.0.2", Loopback.address], port) }
        let error = await connectionFailure(configuration)
        #expect(error?.kind == .system(errno: ECONNREFUSED))
        for address in ["127.0.0.2", Loopback.address] {
            #expect(lines.all.count { $0.hasPrefix("connecting to") && $0.contains(address) } == count)
        }
    }

    @Test("NW-04 a server that listens only after the first attempt is reached by the second")
    func secondAttempt() async throws {
        let listener = Mutex<Listener?>(nil)
        let port = try Loopback.freePort()
        var configuration = SSHConfiguration(
            host: Loopback.address, port: port, user: "user", hostVerification: .pinned([]), credentials: [])
        configuration.connectionAttempts = 2
        configuration.connectTimeout = .seconds(5)
        configuration.log { _, line in
            guard line.contains("refused") else { return }
            listener.withLock { $0 = try? Listener(address: Loopback.address, port: port) }
        }
        let error = await connectionFailure(configuration)
        // It listens, and says nothing.
        #expect(error?.stage == .identification)
        #expect(error?.kind == .timeout)
    }

    @Test("BindAddress and BindInterface choose where the connection comes from")
    func source() async throws {
        let seen = Mutex<[String]>([])
        let server = try await LoopbackServer.start { channel in
            seen.withLock { $0.append(channel.remoteAddress?.ipAddress ?? "") }
            return channel.close()
        }
        var configuration = server.configuration
        configuration.bindAddress = "127.0.0.2"
        _ = await connectionFailure(configuration)
        #expect(Set(seen.withLock { $0 }) == ["127.0.0.2"])
        configuration.bindAddress = nil
        configuration.bindInterface = "lo"
        _ = await connectionFailure(configuration)
        #expect(Set(seen.withLock { $0 }) == ["127.0.0.2", "127.0.0.1"])
        configuration.bindInterface = "nonesuch0"
        #expect(await connectionFailure(configuration)?.message.contains("nonesuch0") == true)
        configuration.bindInterface = nil
        configuration.bindAddress = "192.0.2.1"
        #expect(await connectionFailure(configuration)?.kind == .system(errno: EADDRNOTAVAIL))
    }

    @Test("a socket of this machine is reached by unix/ and its path", .enabled(if: isInstalled("socat")))
    func unixSocket() async throws {
        let server = try await OpenSSHServer.withoutProfile()
        let folder = try TemporaryDirectory()
        let path = folder.file("Login")
        let relay = try RunningProcess(
            RunningProcess.Plan(
                try programPath("socat"), ["UNIX-LISTEN:\(path),fork", "TCP:\(server.host):\(server.port)"]))
        defer { relay.kill() }
        // The file is there from bind on; who connects before listen is refused.
        try await poll(for: "the listening socket", within: .seconds(60)) {
            try String(contentsOfFile: "/proc/net/unix", encoding: .utf8).split(separator: "\n")
                .contains { $0.contains(" 00010000 ") && $0.hasSuffix(path) } ? () : nil
        }
        var configuration = server.configuration()
        configuration.host = "unix" + path
        configuration.hostKeyAlias = "[\(server.host)]:\(server.port)"
        let output = try await withSSHConnection(configuration) { try await $0.run("echo in").output.text }
        #expect(output == "in\n")
        let missing = folder.file("missing")
        configuration.host = "unix" + missing
        let error = await connectionFailure(configuration)
        #expect(error?.stage == .connect)
        #expect(error?.message.contains(missing) == true)
        let result = try await FairleadTool.run(
            ["-o", "HostKeyAlias=[\(server.host)]:\(server.port)"] + server.clientArguments()
                + ["-l", server.user, "unix" + path, "echo", "in"], home: server.files.home)
        #expect(result.outputText == "in\n", "\(result.errorText)")
    }

    private static func addresses(_ addresses: [String], _ port: Int) -> [SocketAddress] {
        addresses.compactMap { try? SocketAddress(ipAddress: $0, port: port) }
    }
}

/// A socket that listens and never accepts.
private final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32
    private let fillers = Mutex<[Int32]>([])
    private let address: SocketAddress

    static func canBind(_ address: SocketAddress) -> Bool {
        (try? Listener(address: address.ipAddress ?? "", port: 0)) != nil
    }

    init(address text: String, port: Int) throws {
        let wanted = try SocketAddress(ipAddress: text, port: port)
        descriptor = socket(Self.family(of: wanted), Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let descriptor = descriptor
        guard wanted.withSockAddr({ bind(descriptor, $0, socklen_t($1)) }) == 0, listen(descriptor, 0) == 0 else {
            close(descriptor)
            throw SupportError.system(call: "bind \(text)", errno: errno)
        }
        var storage = sockaddr_storage()
        var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
        withUnsafeMutablePointer(to: &storage) {
            _ = $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        // The port lies at the same place in both families.
        self.port = withUnsafeBytes(of: storage) { Int($0[2]) << 8 | Int($0[3]) }
        self.address = try SocketAddress(ipAddress: text, port: self.port)
    }

    deinit {
        for filler in fillers.withLock({ $0 }) { close(filler) }
        close(descriptor)
    }

    /// Takes every place in the queue: from now on the system answers nobody.
    func fill() throws {
        for _ in 0..<4 {
            let filler = socket(
                Self.family(of: address), Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue),
                0)
            _ = address.withSockAddr { connect(filler, $0, socklen_t($1)) }
            fillers.withLock { $0.append(filler) }
        }
    }

    private static func family(of address: SocketAddress) -> Int32 {
        if case .v6 = address { AF_INET6 } else { AF_INET }
    }
}
