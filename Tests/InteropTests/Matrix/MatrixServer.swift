import Fairlead
import Foundation
import NIOCore
import SSHWire
import TestSupport
import Testing

/// The real servers of the matrix, each told to permit all that it has.
enum MatrixServer: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case openSSH = "OpenSSH"
    case dropbear
    case tinySSH = "tinyssh"
    case asyncSSH = "AsyncSSH"

    var testDescription: String { rawValue }

    /// Those that can run here: two take root.
    static var possible: [MatrixServer] {
        allCases.filter { server in
            switch server {
            case .openSSH, .asyncSSH: true
            case .dropbear: DropbearServer.isPossible
            case .tinySSH: TinySSHServer.isPossible
            }
        }
    }

    /// More than one where one does not hold all host keys.
    ///
    /// dropbear takes four of them. Without an RSA key it offers one all
    /// the same, and dies when it is asked for it.
    func start() async throws -> [any InteropServer] {
        switch self {
        case .openSSH: [try await Self.startOpenSSH()]
        case .dropbear:
            [
                try await DropbearServer(hostKeys: [.rsa, .ed25519]),
                try await DropbearServer(hostKeys: [.rsa, .ecdsa, .ecdsa384, .ecdsa521]),
            ]
        case .tinySSH: [try await TinySSHServer()]
        case .asyncSSH: [try await Self.startAsyncSSH()]
        }
    }

    /// After how many bytes we are to change keys, where the server cannot be told to.
    var ownRekeyByteCount: UInt64? {
        switch self {
        case .openSSH, .asyncSSH: nil
        case .dropbear, .tinySSH: UInt64(Self.rekeyByteCount)
        }
    }

    /// Keys change within a session's mebibyte, even when half of that is compressed away.
    private static let rekeyByteCount = 384 << 10

    private static func startOpenSSH() async throws -> OpenSSHServer {
        let keywords = [
            "KexAlgorithms": "kex", "Ciphers": "cipher", "MACs": "mac", "HostKeyAlgorithms": "HostKeyAlgorithms",
            "PubkeyAcceptedAlgorithms": "PubkeyAcceptedAlgorithms",
        ]
        var lines = ["RekeyLimit \(rekeyByteCount)", "Compression yes"]
        for (keyword, query) in keywords { lines.append(try await OpenSSHServer.everything(keyword, query)) }
        return try await OpenSSHServer.withoutProfile { [lines] in
            $0.lines = lines
            $0.hostKeys = KeyKind.allCases
        }
    }

    private static func startAsyncSSH() async throws -> AsyncSSHServer {
        try await AsyncSSHServer(hostKeys: KeyKind.allCases, generated: ["ssh-ed448"]) {
            ($0.kex, $0.ciphers, $0.macs, $0.compressions) = (["*"], ["*"], ["*"], ["*"])
            $0.rekeyBytes = rekeyByteCount
        }
    }
}

/// What a server says of itself to whoever connects.
struct ServerOffer {
    let identification: String
    let proposal: KexInit

    /// Asks for it in our own words, not with the library.
    init(port: Int) throws {
        let descriptor = try Loopback.connect(port: port)
        defer { close(descriptor) }
        var limit = timeval(tv_sec: 60, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        let greeting = Array("SSH-2.0-Probe\r\n".utf8)
        guard write(descriptor, greeting, greeting.count) == greeting.count else {
            throw SupportError.system(call: "write", errno: errno)
        }
        var bytes: [UInt8] = []
        var some = [UInt8](repeating: 0, count: 1 << 16)
        while PlainPackets(bytes).payloads.isEmpty {
            let count = recv(descriptor, &some, some.count, 0)
            guard count > 0 else { throw SupportError.serverFailed("no KEXINIT; errno \(errno)") }
            bytes += some.prefix(count)
        }
        let packets = PlainPackets(bytes)
        identification = packets.identification
        var body = ByteBuffer(bytes: packets.payloads[0].dropFirst())
        proposal = try KexInit(from: &body)
    }

    /// Its names of a slot.
    func names(_ slot: MatrixSlot) -> [String] {
        let list =
            switch slot {
            case .keyExchange: proposal.keyExchanges
            case .hostKey: proposal.hostKeys
            case .cipher: proposal.ciphersClientToServer
            case .mac: proposal.macsClientToServer
            case .compression: proposal.compressionsClientToServer
            }
        return list.names.map(\.text)
    }

    /// What we both have, in our order.
    var shared: [MatrixSlot: [String]] {
        var shared: [MatrixSlot: [String]] = [:]
        for slot in MatrixSlot.allCases {
            let theirs = Set(names(slot))
            shared[slot] = slot.names.filter(theirs.contains)
        }
        return shared
    }
}
