public import NIOCore

/// What a remote command printed, and how it ended.
public struct CommandResult: Sendable {
    /// All bytes of standard output.
    public let output: ByteBuffer
    /// All bytes of standard error.
    public let errorOutput: ByteBuffer
    /// How it ended.
    public let exitStatus: ExitStatus
}
