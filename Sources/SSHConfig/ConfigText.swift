/// Text from a configuration file or the command line, as the bytes that were written there.
///
/// Two texts are equal when their bytes are; `String` would call look-alikes equal.
public struct ConfigText: Hashable, Sendable, ExpressibleByStringLiteral, CustomStringConvertible {
    /// The bytes, as they were written.
    public let bytes: [UInt8]

    /// Keeps bytes as they are.
    public init(_ bytes: some Sequence<UInt8>) {
        self.bytes = Array(bytes)
    }

    /// Keeps the UTF-8 bytes of a string.
    public init(_ text: String) {
        bytes = Array(text.utf8)
    }

    /// Keeps the UTF-8 bytes of a literal.
    public init(stringLiteral text: String) {
        self.init(text)
    }

    /// The text as a string, or `nil` where the bytes are not UTF-8.
    public var string: String? { String(validating: bytes, as: UTF8.self) }

    /// The text made safe to show on a terminal: printable ASCII as it is, every other byte as `\xNN`, cut at 200 bytes.
    public var description: String {
        var text = ""
        for byte in bytes.prefix(200) {
            switch byte {
            case 0x20..<0x7F: text.unicodeScalars.append(Unicode.Scalar(byte))
            default: text += (byte < 16 ? "\\x0" : "\\x") + String(byte, radix: 16)
            }
        }
        return bytes.count > 200 ? text + "..." : text
    }
}
