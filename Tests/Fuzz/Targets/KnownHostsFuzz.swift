import NIOCore
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire

/// A known-hosts file, asked about hosts of every shape.
enum KnownHostsFuzz {
    private static let hosts = [("example.com", 22), ("example.com", 2222), ("10.0.0.1", 22), ("fe80::1%lo", 22)]

    static func run(_ input: [UInt8]) {
        var known = KnownHosts()
        known.add(file: "known_hosts", contents: input)
        guard let key = FuzzKey.shared else { return }
        for (host, port) in hosts {
            _ = known.verdict(for: key.publicKey, host: host, port: port)
            _ = known.warnings(forHost: host, port: port).map(\.reason)
            _ = known.preferredOrder(of: SignatureAlgorithm.allCases, host: host, port: port)
            _ = known.authority(key.publicKey, host: host, port: port)
            _ = known.isRevoked(key.publicKey, host: host, port: port)
            _ = known.keys(host: host, port: port).map(\.fingerprint)
            edit(input, host, port, key.publicKey)
        }
        _ = known.names(of: key.publicKey)
        _ = try? PublicKey(line: input)
    }
}

extension KnownHostsFuzz {
    /// What an edit leaves must be in the file, line by line, but for what it adds.
    private static func edit(_ input: [UInt8], _ host: String, _ port: Int, _ key: PublicKey) {
        if let (left, removed) = KnownHostsEdit.forgetting([HostName(host, port: port)], in: input, of: "") {
            precondition(!removed.isEmpty && left.count < input.count, "nothing was forgotten")
            let again = KnownHostsEdit.forgetting([HostName(host, port: port)], in: left, of: "")
            precondition(again == nil, "a host is forgotten at once, or not at all")
        }
        var random = RandomSource.seeded(1)
        let updated = try? KnownHostsEdit.updating(
            ([key], []), of: (host, port), hashed: port != 22, in: input, random: &random)
        guard let updated else { return }
        precondition(updated.starts(with: input), "adding a key changed something else")
        var known = KnownHosts()
        known.add(file: "known_hosts", contents: updated)
        guard case .known = known.verdict(for: key, host: host, port: port) else {
            preconditionFailure("the added key is not known")
        }
    }
}

/// A key that is the same in every run.
enum FuzzKey {
    static let shared: PrivateKey? = {
        var random = RandomSource.seeded(1)
        guard let key = try? SigningKey(ed25519Seed: random.secret(count: 32)) else { return nil }
        return try? PrivateKey(key, commentBytes: [])
    }()
}
