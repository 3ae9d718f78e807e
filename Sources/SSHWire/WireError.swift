/// What is wrong with a message, a field or a key blob that a peer or a file handed us (RFC 4251 §5).
package enum WireError: Error, Hashable {
    /// Fewer bytes than the field, or its own length, promises.
    case truncated
    /// Bytes are left after the last field.
    case trailingBytes(count: Int)
    /// A length or a number lies outside what the field may hold.
    case outOfRange
    /// A field's text or structure is not what its format demands.
    case malformed
    /// The message's number is not the one that was asked for.
    case wrongMessage(number: UInt8)
}
