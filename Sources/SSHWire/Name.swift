/// A name of the protocol: an algorithm, a service, a method or a request (RFC 4251 §6).
///
/// Names are equal when their bytes are; `String` would call look-alikes equal.
package struct Name: Hashable, Sendable, ExpressibleByStringLiteral {
    package let bytes: [UInt8]

    package init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    package init(_ text: String) {
        bytes = Array(text.utf8)
    }

    package init(stringLiteral text: String) {
        self.init(text)
    }

    /// As much of it as is worth keeping: what is longer is no name (RFC 4251 §6), but may be as large as a packet.
    package var start: Name { Name(bytes.prefix(64)) }

    /// For display: printable ASCII as it is, everything else escaped.
    package var text: String { PeerText.line(bytes) }
}
