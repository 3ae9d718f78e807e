package import NIOCore

/// The encodings of RFC 4251 §5, read with typed errors. A length is never trusted: nothing is allocated by it, and a
/// string is a slice of what is really there.
extension ByteBuffer {
    package mutating func readByte() throws(WireError) -> UInt8 {
        guard let value = readInteger(as: UInt8.self) else { throw .truncated }
        return value
    }

    package mutating func readUInt32() throws(WireError) -> UInt32 {
        guard let value = readInteger(as: UInt32.self) else { throw .truncated }
        return value
    }

    package mutating func readUInt64() throws(WireError) -> UInt64 {
        guard let value = readInteger(as: UInt64.self) else { throw .truncated }
        return value
    }

    /// Any value but zero is true.
    package mutating func readBoolean() throws(WireError) -> Bool {
        try readByte() != 0
    }

    /// A `string`, as a slice that shares this buffer's storage.
    package mutating func readString() throws(WireError) -> ByteBuffer {
        let byteCount = try readUInt32()
        guard let count = Int(exactly: byteCount), let slice = readSlice(length: count) else { throw .truncated }
        return slice
    }

    /// A `string` as an array of its own.
    package mutating func readStringBytes() throws(WireError) -> [UInt8] {
        let string = try readString()
        return Array(string.readableBytesView)
    }

    /// A `string` that holds one name: an algorithm, a request, a service or a method.
    package mutating func readName() throws(WireError) -> Name {
        Name(try readStringBytes())
    }

    package mutating func readFixed(count: Int) throws(WireError) -> [UInt8] {
        guard let bytes = readBytes(length: count) else { throw .truncated }
        return bytes
    }

    /// Everything that is left.
    package mutating func readRest() -> ByteBuffer {
        let rest = self
        moveReaderIndex(to: writerIndex)
        return rest
    }

    package func requireEnd() throws(WireError) {
        guard readableBytes == 0 else { throw .trailingBytes(count: readableBytes) }
    }

    package mutating func writeBoolean(_ value: Bool) {
        writeInteger(UInt8(value ? 1 : 0))
    }

    package mutating func writeString(_ bytes: some Collection<UInt8>) {
        writeInteger(UInt32(truncatingIfNeeded: bytes.count))
        writeBytes(bytes)
    }

    package mutating func writeString(_ bytes: ByteBuffer) {
        writeInteger(UInt32(truncatingIfNeeded: bytes.readableBytes))
        writeImmutableBuffer(bytes)
    }

    package mutating func writeString(_ name: Name) {
        writeString(name.bytes)
    }

    /// The text's UTF-8 bytes as a `string`.
    package mutating func writeString(utf8 text: String) {
        writeString(text.utf8)
    }
}
