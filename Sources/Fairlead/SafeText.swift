import SSHWire

/// Text that may quote what could drive a terminal.
package enum SafeText {
    /// With all of that escaped, but for lines and tabs.
    package static func of(_ text: String) -> String { PeerText.displayable(text) }

    /// Whether a terminal only draws it.
    package static func isHarmless(_ scalar: Unicode.Scalar) -> Bool { PeerText.isHarmless(scalar) }
}
