/// Why one side ends the connection (RFC 4253 §11.1).
///
/// A peer may send any number.
package struct DisconnectReason: Hashable, Sendable, RawRepresentable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) {
        self.rawValue = rawValue
    }

    package static let protocolError = DisconnectReason(rawValue: 2)
    package static let keyExchangeFailed = DisconnectReason(rawValue: 3)
    package static let macError = DisconnectReason(rawValue: 5)
    package static let compressionError = DisconnectReason(rawValue: 6)
    package static let hostKeyNotVerifiable = DisconnectReason(rawValue: 9)
    package static let byApplication = DisconnectReason(rawValue: 11)
    package static let authenticationCancelled = DisconnectReason(rawValue: 13)
    package static let noMoreAuthenticationMethods = DisconnectReason(rawValue: 14)
}
