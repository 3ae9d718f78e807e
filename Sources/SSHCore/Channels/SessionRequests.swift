package import NIOCore
package import SSHWire

/// What a client asks of a session channel (RFC 4254 §6).
package enum SessionRequest: Hashable, Sendable {
    case environment(name: [UInt8], value: [UInt8])
    case pseudoTerminal(term: [UInt8], size: WindowSize, modes: TerminalModes)
    case shell
    case execute(command: [UInt8])
    case subsystem(name: [UInt8])
    case windowChange(WindowSize)
    /// A signal's name without `SIG` (§6.10).
    case signal(name: [UInt8])
    /// A BREAK of half a second (RFC 4335 §3).
    case sendBreak
    /// We read no more of its output (OpenSSH PROTOCOL §2.1).
    case endOfWrite

    package var name: Name {
        switch self {
        case .environment: "env"
        case .pseudoTerminal: "pty-req"
        case .shell: "shell"
        case .execute: "exec"
        case .subsystem: "subsystem"
        case .windowChange: "window-change"
        case .signal: "signal"
        case .sendBreak: "break"
        case .endOfWrite: "eow@openssh.com"
        }
    }

    /// `window-change` and `signal` must not ask for a reply (§6.7, §6.9); nobody acts on the one to `env`.
    package var wantsReply: Bool {
        switch self {
        case .pseudoTerminal, .shell, .execute, .subsystem: true
        case .environment, .windowChange, .signal, .sendBreak, .endOfWrite: false
        }
    }

    /// How much of the user's goes into it; there may be more of that than a buffer holds.
    package var byteCount: Int {
        switch self {
        case .environment(let name, let value): name.count + value.count
        case .pseudoTerminal(let term, _, _): term.count
        case .execute(let bytes), .subsystem(let bytes), .signal(let bytes): bytes.count
        case .shell, .windowChange, .sendBreak, .endOfWrite: 0
        }
    }

    package var details: ByteBuffer {
        var details = ByteBuffer()
        switch self {
        case .environment(let name, let value):
            details.writeString(name)
            details.writeString(value)
        case .pseudoTerminal(let term, let size, let modes):
            details.writeString(term)
            size.encode(into: &details)
            details.writeString(modes.encoded)
        case .shell, .endOfWrite:
            break
        case .execute(let bytes), .subsystem(let bytes), .signal(let bytes):
            details.writeString(bytes)
        case .windowChange(let size): size.encode(into: &details)
        case .sendBreak: details.writeInteger(UInt32(500))
        }
        return details
    }
}

/// A terminal's size, in characters and pixels (RFC 4254 §6.2).
package struct WindowSize: Hashable, Sendable {
    package var columns: UInt32
    package var rows: UInt32
    package var pixelWidth: UInt32
    package var pixelHeight: UInt32

    package init(columns: UInt32, rows: UInt32, pixelWidth: UInt32 = 0, pixelHeight: UInt32 = 0) {
        self.columns = columns
        self.rows = rows
        self.pixelWidth = pixelWidth
        self.pixelHeight = pixelHeight
    }

    package func encode(into details: inout ByteBuffer) {
        details.writeInteger(columns)
        details.writeInteger(rows)
        details.writeInteger(pixelWidth)
        details.writeInteger(pixelHeight)
    }
}
