package import SSHWire

/// Our channels by our number.
///
/// A number is used again only after both sides closed it.
package struct ChannelTable: Sendable {
    private var channels: [UInt32: Channel] = [:]
    private var nextNumber: UInt32 = 0
    /// The peer's numbers of those that were not given up.
    private var peers: Set<UInt32> = []
    /// Deadlines, the earliest first; the first is one that a channel has, others may have been lifted since.
    ///
    /// Kept, not looked for at each event: there may be a thousand channels.
    private var deadlines: [(time: Instant, channel: UInt32)] = []

    package init() {}

    package var ids: [ChannelID] { channels.keys.map(ChannelID.init(rawValue:)) }

    package var abandonedCount: Int { channels.values.count { $0.isAbandoned } }

    package var deadline: Instant? { deadlines.first?.time }

    package func expired(at now: Instant) -> Channel? {
        deadlines.first.flatMap { $0.time <= now ? channels[$0.channel] : nil }
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
        peers.contains(peer.rawValue)
    }

    package subscript(id: ChannelID) -> Channel? {
        get { channels[id.rawValue] }
        set {
            let old = channels[id.rawValue]
            channels[id.rawValue] = newValue
            note(id, old?.knownPeer, old?.deadline)
        }
    }

    /// Changes the channel in place, if there is one.
    package mutating func change<Result, Failure: Error>(
        _ id: ChannelID, _ change: (inout Channel) throws(Failure) -> Result
    ) throws(Failure) -> Result? {
        guard let index = channels.index(forKey: id.rawValue) else { return nil }
        let (result, old) = try Self.change(&channels.values[index], by: change)
        if let old { note(id, old.peer, old.deadline) }
        return result
    }

    /// Also tells what was true of a channel of which something changed that concerns the table.
    ///
    /// To look at it from outside would copy it, twice for each packet.
    private static func change<Result, Failure: Error>(
        _ channel: inout Channel, by change: (inout Channel) throws(Failure) -> Result
    ) throws(Failure) -> (Result, old: (peer: ChannelID?, deadline: Instant?)?) {
        let (peer, deadline) = (channel.knownPeer, channel.deadline)
        let result = try change(&channel)
        return (result, channel.knownPeer == peer && channel.deadline == deadline ? nil : (peer, deadline))
    }

    /// Changes the channel in place; an unknown number is the peer's error.
    package mutating func update<Result>(
        _ id: ChannelID, _ change: (inout Channel) throws(ProtocolError) -> Result
    ) throws(ProtocolError) -> Result {
        guard let result = try self.change(id, change) else { throw .channel(.unknown) }
        return result
    }

    /// Keeps what is known of all channels true of one that changed, came or went.
    private mutating func note(_ id: ChannelID, _ oldPeer: ChannelID?, _ oldDeadline: Instant?) {
        let channel = channels[id.rawValue]
        if let oldPeer { peers.remove(oldPeer.rawValue) }
        if let peer = channel?.knownPeer { peers.insert(peer.rawValue) }
        guard channel?.deadline != oldDeadline else { return }
        if let time = channel?.deadline {
            // Most come in order of time.
            let place = deadlines.lastIndex { $0.time <= time }.map { $0 + 1 } ?? 0
            deadlines.insert((time, id.rawValue), at: place)
        }
        let lifted = deadlines.prefix { channels[$0.channel]?.deadline != $0.time }.count
        deadlines.removeFirst(lifted)
    }
}
