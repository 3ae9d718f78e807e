package import NIOCore

/// A comma-separated list of names (RFC 4251 §5).
///
/// A name that can never match (empty, long, with odd bytes) is kept out of the way, not refused: only totals are
/// limited (1,024 names, 16 KiB unless the caller says otherwise).
package struct NameList: Hashable, Sendable, ExpressibleByArrayLiteral {
    package static let maximumNameCount = 1024
    package static let maximumByteCount = 16 * 1024

    package var names: [Name]

    package init(_ names: [Name]) {
        self.names = names
    }

    package init(arrayLiteral names: Name...) {
        self.names = names
    }

    package init(from body: inout ByteBuffer, maximumByteCount: Int = Self.maximumByteCount) throws(WireError) {
        let string = try body.readString()
        guard string.readableBytes <= maximumByteCount else { throw .outOfRange }
        let parts = string.readableBytesView.split(separator: UInt8(ascii: ","))
        guard parts.count <= Self.maximumNameCount else { throw .outOfRange }
        names = parts.map { Name($0) }
    }

    package func encode(into body: inout ByteBuffer) {
        body.writeString(joined)
    }

    package func contains(_ name: Name) -> Bool {
        names.contains(name)
    }

    package var joined: [UInt8] {
        Array(names.map(\.bytes).joined(separator: [UInt8(ascii: ",")]))
    }

    /// For display, escaped.
    package var text: String { PeerText.line(joined, maximumByteCount: Self.maximumByteCount) }
}
