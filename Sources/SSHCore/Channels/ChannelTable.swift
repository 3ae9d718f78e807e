package import SSHWire

/// Our channels by our number.
///
/// A number is used again only after both sides closed it.
package struct ChannelTable: Sendable {
    private var channels: [UInt32: Channel] = [:]
    private var nextNumber: UInt32 = 0

    package init() {}

    package var ids: [ChannelID] { channels.keys.map(ChannelID.init(rawValue:)) }

    package var deadline: Instant? { channels.values.compactMap(\.deadline).min() }

    package func expired(at now: Instant) -> Channel? {
        channels.values.first { channel in channel.deadline.map { $0 <= now } ?? false }
    }

    /// The channel whose CHANNEL_OPEN bore that sequence number and was not answered yet.
    package func opening(sequence: UInt32) -> Channel? {
        channels.values.first { $0.peer == nil && $0.openSequence == sequence }
    }

    /// The channel whose oldest unanswered request bore that sequence number.
    package func requesting(sequence: UInt32) -> Channel? {
        channels.values.first { $0.unanswered.first?.sequence == sequence }
    }

    package mutating func nextFreeID() -> ChannelID {
        while channels[nextNumber] != nil { nextNumber &+= 1 }
        defer { nextNumber &+= 1 }
        return ChannelID(rawValue: nextNumber)
    }

    /// Whether a channel with this number once was, and is no more.
    package func isPast(_ id: ChannelID) -> Bool {
        channels[id.rawValue] == nil && id.rawValue < nextNumber
    }

    /// Whether the peer's number stands for a channel that was not given up.
    package func isTaken(byPeer peer: ChannelID) -> Bool {
        channels.values.contains { $0.peer == peer && !$0.isAbandoned }
    }

    package subscript(id: ChannelID) -> Channel? {
        get { channels[id.rawValue] }
        set { channels[id.rawValue] = newValue }
    }

    /// Changes the channel in place; an unknown number is the peer's error.
    package mutating func update<Result>(
        _ id: ChannelID, _ change: (inout Channel) throws(ProtocolError) -> Result
    ) throws(ProtocolError) -> Result {
        guard let index = channels.index(forKey: id.rawValue) else { throw .channel(.unknown) }
        return try change(&channels.values[index])
    }
}
