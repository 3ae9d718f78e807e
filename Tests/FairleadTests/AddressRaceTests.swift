import NIOCore
import Synchronization
import Testing

@testable import Fairlead

/// The way to a server over several addresses, without a network.
@Suite struct AddressRaceTests {
    private static func failure(_ text: String) -> SSHError { SSHError(.connect, .closed, text) }

    /// What an address does when it is tried.
    private enum Address: Sendable {
        case answers(String), fails(String)
        /// Says nothing until it is given up.
        case silent(String)

        var name: String {
            switch self {
            case .answers(let name), .fails(let name), .silent(let name): name
            }
        }
    }

    private final class Attempts: Sendable {
        private let state = Mutex<(begun: [String], givenUp: [String])>(([], []))

        var begun: [String] { state.withLock { $0.begun } }
        var givenUp: [String] { state.withLock { $0.givenUp } }

        func run(_ addresses: [Address], headStart: Duration) async -> Result<String, SSHError>? {
            await AddressRace.run(addresses, headStart: headStart, limit: .seconds(3600)) { address in
                self.state.withLock { $0.begun.append(address.name) }
                switch address {
                case .answers(let name): return .success(name)
                case .fails(let name): return .failure(failure(name))
                case .silent(let name):
                    try? await Task.sleep(for: .seconds(3600))
                    self.state.withLock { $0.givenUp.append(name) }
                    return .failure(failure(name))
                }
            }
        }
    }

    @Test("an address that answers is the only one that is tried")
    func first() async {
        let attempts = Attempts()
        let result = await attempts.run([.answers("a"), .answers("b")], headStart: .seconds(3600))
        #expect(result == .success("a"))
        #expect(attempts.begun == ["a"])
    }

    @Test("an address that fails gives way at once, whatever its head start")
    func refused() async {
        let attempts = Attempts()
        let result = await attempts.run([.fails("a"), .fails("b"), .answers("c")], headStart: .seconds(3600))
        #expect(result == .success("c"))
        #expect(attempts.begun == ["a", "b", "c"])
    }

    @Test("an address that is silent gives way after its head start, and is over when the race is")
    func silent() async {
        let attempts = Attempts()
        let result = await attempts.run([.silent("a"), .silent("b"), .answers("c")], headStart: .milliseconds(1))
        #expect(result == .success("c"))
        // Each notes itself on a thread of its own, so their order here says nothing.
        #expect(attempts.begun.sorted() == ["a", "b", "c"])
        #expect(Set(attempts.givenUp) == ["a", "b"])
    }

    /// How many attempts go on, and how many did at most; each ends once as many as may are on their way.
    private final class Crowd: Sendable {
        private let state = Mutex((begun: 0, running: 0, most: 0))

        var begun: Int { state.withLock { $0.begun } }
        var most: Int { state.withLock { $0.most } }

        func attempt(_ address: Int, of count: Int) async -> Result<Int, SSHError> {
            state.withLock {
                $0.begun += 1
                $0.running += 1
                $0.most = max($0.most, $0.running)
            }
            defer { state.withLock { $0.running -= 1 } }
            if address == count - 1 { return .success(address) }
            while begun < AddressRace.attemptsAtOnce { await Task.yield() }
            // Without a bound the others would all begin in that time.
            try? await Task.sleep(for: .milliseconds(50))
            return .failure(failure("\(address)"))
        }
    }

    @Test("NW-05 of hundreds of silent addresses few are tried at the same time, and the last one is reached")
    func bounded() async {
        let (crowd, count) = (Crowd(), 300)
        let result = await AddressRace.run(Array(0..<count), headStart: .zero, limit: .seconds(3600)) {
            await crowd.attempt($0, of: count)
        }
        #expect(result == .success(count - 1) && crowd.begun == count)
        #expect(crowd.most == AddressRace.attemptsAtOnce && crowd.most <= 32)
    }

    @Test("NW-05 Hundreds of silent addresses take as long as those that are tried together, and none is left")
    func limited() async {
        let running = Mutex((now: 0, all: 0))
        let result = await AddressRace.run(Array(0..<300), headStart: .milliseconds(1), limit: .milliseconds(500)) {
            address -> Result<Int, SSHError> in
            running.withLock { $0 = ($0.now + 1, $0.all + 1) }
            defer { running.withLock { $0.now -= 1 } }
            do {
                // Half of them find out by themselves, and for the others the time is over.
                try await Task.sleep(for: address.isMultiple(of: 2) ? .milliseconds(400) : .seconds(3600))
                return .failure(Self.failure("\(address)"))
            } catch {
                return .failure(SSHError(.connect, .cancelled, "\(address)"))
            }
        }
        guard case .failure(let error)? = result else {
            Issue.record("\(String(describing: result))")
            return
        }
        #expect(error.kind == .closed && error.stage == .connect)
        #expect(running.withLock { $0.now } == 0 && running.withLock { $0.all } < 100)
        let nobody = await AddressRace.run([1], headStart: .zero, limit: .milliseconds(1)) {
            _ -> Result<Int, SSHError> in
            try? await Task.sleep(for: .seconds(3600))
            return .failure(SSHError(.connect, .cancelled, ""))
        }
        #expect(nobody == .failure(SSHError(.connect, .timeout, "no address answers in time")))
    }

    @Test("when all fail, the last address tells why, as in ssh; without addresses there is nothing to tell")
    func allFail() async {
        let attempts = Attempts()
        let result = await attempts.run([.fails("a"), .fails("b")], headStart: .seconds(3600))
        #expect(result == .failure(Self.failure("b")))
        #expect(await Attempts().run([], headStart: .seconds(3600)) == nil)
    }

    @Test("a cancelled race is over, and so is every attempt")
    func cancelled() async throws {
        let attempts = Attempts()
        let race = Task { await attempts.run([.silent("a"), .silent("b")], headStart: .milliseconds(1)) }
        while attempts.begun.count < 2 { await Task.yield() }
        race.cancel()
        #expect(await race.value == .failure(Self.failure("b")))
        #expect(Set(attempts.givenUp) == ["a", "b"])
    }

    @Test("the families take turns, each in its own order")
    func interleaved() {
        let isSix = { (name: String) in name.hasPrefix("6") }
        #expect(
            AddressRace.interleaved(["6a", "6b", "6c", "4a", "4b"], isOfFirstFamily: isSix)
                == ["6a", "4a", "6b", "4b", "6c"])
        #expect(AddressRace.interleaved(["6a", "4a", "4b"], isOfFirstFamily: isSix) == ["6a", "4a", "4b"])
        #expect(AddressRace.interleaved([], isOfFirstFamily: isSix) == [])
    }

    @Test(
        "literal addresses are taken as they are, without brackets and with zones",
        arguments: [
            ("127.0.0.1", "127.0.0.1", 0), ("::1", "::1", 0), ("2001:db8::1", "2001:db8::1", 0),
            ("fe80::1%lo", "fe80::1", 1),
        ])
    func literals(host: String, address: String, zone: UInt32) throws {
        let found = try PlatformAddresses.resolve(host, port: 2222, family: .any)
        #expect(found.count == 1)
        #expect(found.first?.ipAddress?.split(separator: "%").first.map(String.init) == address)
        #expect(found.first?.port == 2222)
        guard case .v6(let name)? = found.first else { return #expect(zone == 0) }
        #expect(name.address.sin6_scope_id == zone)
    }

    @Test("an address of another family than the one asked for is none")
    func families() {
        #expect(throws: SSHError.self) { try PlatformAddresses.resolve("::1", port: 22, family: .ipv4) }
        #expect(throws: SSHError.self) { try PlatformAddresses.resolve("127.0.0.1", port: 22, family: .ipv6) }
    }

    @Test(
        "unix/ and a path name a socket; the path begins at the root unless it begins with a dot",
        arguments: [
            ("unix/run/x", "/run/x"), ("unix//run/x", "/run/x"), ("unix/./x", "./x"), ("unix", nil), ("host", nil),
        ])
    func sockets(host: String, path: String?) {
        var configuration = SSHConfiguration.example
        configuration.host = host
        #expect(configuration.socketPath == path)
    }
}
