import SSHCrypto
import SSHCore
import SSHWire
public import SSHIdentity

/// What a connection agreed on and learned about its server.
public struct ConnectionInfo: Sendable {
    /// The server's identification line, escaped (RFC 4253 §4.2).
    public internal(set) var serverIdentification = ""
    /// The host's key, proven and trusted.
    public internal(set) var hostKey: PublicKey?
    /// The key exchange's name, such as `curve25519-sha256`.
    public internal(set) var keyExchange = ""
    /// The cipher of what we send.
    public internal(set) var cipherClientToServer = ""
    /// The cipher of what we receive.
    public internal(set) var cipherServerToClient = ""
    /// The MAC of what we send; nil where the cipher authenticates by itself.
    public internal(set) var macClientToServer: String?
    /// The MAC of what we receive; nil where the cipher authenticates by itself.
    public internal(set) var macServerToClient: String?
    /// Whether the key exchange withstands a quantum computer that comes later.
    public internal(set) var isPostQuantum = false
    /// Keys that the server says it has as well; none of them is proven (OpenSSH PROTOCOL §2.5).
    public internal(set) var announcedHostKeys: [PublicKey] = []
    /// Whether strict key exchange is in force (CVE-2023-48795).
    public internal(set) var isStrict = false
    /// What convinced the server: `none`, `publickey`, `publickey, unproven` or `password`.
    public internal(set) var authenticationMethod = ""

    mutating func note(_ algorithms: NegotiatedAlgorithms) {
        keyExchange = algorithms.keyExchange.rawValue
        isPostQuantum = algorithms.keyExchange.isPostQuantum
        cipherClientToServer = algorithms.cipherClientToServer.rawValue
        cipherServerToClient = algorithms.cipherServerToClient.rawValue
        macClientToServer = algorithms.macClientToServer?.rawValue
        macServerToClient = algorithms.macServerToClient?.rawValue
    }
}
