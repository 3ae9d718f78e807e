/// What went through one direction, in all and under the keys in force.
package struct Traffic: Hashable, Sendable {
    package private(set) var byteCount: UInt64 = 0
    package internal(set) var packetCount: UInt64 = 0
    private var byteCountAtKeys: UInt64 = 0
    private var packetCountAtKeys: UInt64 = 0

    package var keyByteCount: UInt64 { byteCount &- byteCountAtKeys }
    package var keyPacketCount: UInt64 { packetCount &- packetCountAtKeys }

    package init() {}

    mutating func add(_ packetByteCount: Int) {
        byteCount &+= UInt64(truncatingIfNeeded: packetByteCount)
        packetCount &+= 1
    }

    mutating func keysChanged() {
        byteCountAtKeys = byteCount
        packetCountAtKeys = packetCount
    }
}
