import NIOCore
import SSHCore

/// What the connection keeps for one session channel, besides the engine's own state.
final class Session {
    /// Why the server refused the channel.
    struct Refusal {
        var reason: UInt32
        var text: ByteBuffer
    }

    var output = Inbox()
    var errorOutput = Inbox()
    var isOpen = false
    var refusal: Refusal?
    /// The server never answered the open, or a request.
    var hasTimedOut = false
    /// Requests that were sent and want a reply, and the replies so far, in the same order.
    var requestCount = 0
    var replies: [Bool] = []
    var exit: ChannelExit?
    /// No more output comes.
    var hasEnded = false
    /// Both sides are done, or the connection is lost.
    var isClosed = false
    /// Nobody waits for its end any longer.
    var isLeft = false
    /// The connection ended before the channel did.
    var isLost = false
    /// When a byte last moved on it, and whether that was too long ago.
    var lastActivity = Instant(sinceStart: .zero)
    var isIdle = false
    /// When the terminal's last size was told, and whether one waits to be.
    var lastResize: Instant?
    var isResizeDue = false
    /// Where the bytes go when they are not read through a `ByteStream`.
    var pump: DescriptorPump?
}
