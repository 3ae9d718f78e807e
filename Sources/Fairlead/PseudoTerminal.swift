package import SSHCore

/// A pseudo-terminal to ask for (RFC 4254 §6.2).
public struct PseudoTerminal: Sendable {
    /// A terminal's size in characters.
    public struct Size: Hashable, Sendable {
        /// Characters in a line.
        public var columns: Int
        /// Lines.
        public var rows: Int

        /// A size in characters.
        public init(columns: Int, rows: Int) {
            self.columns = columns
            self.rows = rows
        }

        package var windowSize: WindowSize {
            WindowSize(columns: UInt32(clamping: columns), rows: UInt32(clamping: rows))
        }
    }

    /// The terminal's type, the value of `TERM`.
    ///
    /// Default `xterm-256color`.
    public var term: String
    /// Default 80 by 24.
    public var size: Size
    var modes = TerminalModes()
    /// Whether a session that does not get it is given up.
    package var isRequired = false

    /// A terminal with the server's own modes.
    ///
    /// - Parameters:
    ///   - term: The terminal's type. Default `xterm-256color`.
    ///   - size: Default 80 columns and 24 rows.
    public init(term: String = "xterm-256color", size: Size = Size(columns: 80, rows: 24)) {
        self.term = term
        self.size = size
    }

    /// Adds a mode by its opcode of RFC 4254 §8.
    package mutating func setMode(_ opcode: UInt8, _ argument: UInt32) {
        modes.set(opcode, argument)
    }
}
