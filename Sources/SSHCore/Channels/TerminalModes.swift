package import NIOCore

/// A terminal's modes as `pty-req` carries them (RFC 4254 §8, RFC 8160): opcodes with a 32-bit argument, in order.
package struct TerminalModes: Hashable, Sendable {
    package var values: [(UInt8, UInt32)] {
        zip(opcodes, arguments).map { ($0, $1) }
    }

    private var opcodes: [UInt8] = []
    private var arguments: [UInt32] = []

    package init() {}

    package mutating func set(_ opcode: UInt8, _ argument: UInt32) {
        opcodes.append(opcode)
        arguments.append(argument)
    }

    package var encoded: ByteBuffer {
        var buffer = ByteBuffer()
        for (opcode, argument) in values {
            buffer.writeInteger(opcode)
            buffer.writeInteger(argument)
        }
        buffer.writeInteger(UInt8(0))
        return buffer
    }
}
