/// The key exchanges, best first (RFC 10042, RFC 8731, RFC 5656, RFC 4419, RFC 8268, RFC 4253).
package enum KeyExchangeAlgorithm: String, CaseIterable, Sendable {
    case mlkem768X25519SHA256 = "mlkem768x25519-sha256"
    case sntrup761X25519SHA512 = "sntrup761x25519-sha512"
    case sntrup761X25519SHA512OpenSSH = "sntrup761x25519-sha512@openssh.com"
    case curve25519SHA256 = "curve25519-sha256"
    case curve25519SHA256LibSSH = "curve25519-sha256@libssh.org"
    case ecdhNISTP256 = "ecdh-sha2-nistp256"
    case ecdhNISTP384 = "ecdh-sha2-nistp384"
    case ecdhNISTP521 = "ecdh-sha2-nistp521"
    case groupExchangeSHA256 = "diffie-hellman-group-exchange-sha256"
    case group16SHA512 = "diffie-hellman-group16-sha512"
    case group18SHA512 = "diffie-hellman-group18-sha512"
    case group14SHA256 = "diffie-hellman-group14-sha256"
    case curve448SHA512 = "curve448-sha512"
    case group15SHA512 = "diffie-hellman-group15-sha512"
    case group17SHA512 = "diffie-hellman-group17-sha512"
    case groupExchangeSHA1 = "diffie-hellman-group-exchange-sha1"
    case group14SHA1 = "diffie-hellman-group14-sha1"
    case group1SHA1 = "diffie-hellman-group1-sha1"

    /// What is computed.
    enum Method: Hashable {
        case mlkem768
        case sntrup761
        case x25519
        case x448
        case ecdh(NISTCurve)
        case finiteField(FiniteFieldGroup.Name)
        /// The server chooses the group (RFC 4419).
        case groupExchange
    }

    var method: Method { parameters.method }

    /// Hashes the exchange and derives the keys.
    package var hash: HashAlgorithm { parameters.hash }

    private var parameters: (method: Method, hash: HashAlgorithm) {
        switch self {
        case .mlkem768X25519SHA256: (.mlkem768, .sha256)
        case .sntrup761X25519SHA512, .sntrup761X25519SHA512OpenSSH: (.sntrup761, .sha512)
        case .curve25519SHA256, .curve25519SHA256LibSSH: (.x25519, .sha256)
        case .curve448SHA512: (.x448, .sha512)
        case .ecdhNISTP256: (.ecdh(.p256), .sha256)
        case .ecdhNISTP384: (.ecdh(.p384), .sha384)
        case .ecdhNISTP521: (.ecdh(.p521), .sha512)
        case .group1SHA1: (.finiteField(.group1), .sha1)
        case .group14SHA1: (.finiteField(.group14), .sha1)
        case .group14SHA256: (.finiteField(.group14), .sha256)
        case .group15SHA512: (.finiteField(.group15), .sha512)
        case .group16SHA512: (.finiteField(.group16), .sha512)
        case .group17SHA512: (.finiteField(.group17), .sha512)
        case .group18SHA512: (.finiteField(.group18), .sha512)
        case .groupExchangeSHA1: (.groupExchange, .sha1)
        case .groupExchangeSHA256: (.groupExchange, .sha256)
        }
    }

    /// Whether it withstands a quantum computer that comes later.
    package var isPostQuantum: Bool { method == .mlkem768 || method == .sntrup761 }

    /// Whether the server chooses the group, in two more messages (RFC 4419 §3).
    package var isGroupExchange: Bool { method == .groupExchange }

    /// Whether shares are numbers, whose encoding is normalised before it is hashed (RFC 4253 §8).
    package var sharesAreNumbers: Bool {
        switch method {
        case .finiteField, .groupExchange: true
        default: false
        }
    }

    /// All that this build has: ML-KEM comes with the package trait `PostQuantum`.
    package static var available: [KeyExchangeAlgorithm] {
        #if PostQuantum
            allCases
        #else
            allCases.filter { $0.method != .mlkem768 }
        #endif
    }
}
