/// What a client must make of a server's messages, by number and by a few words about their contents.
///
/// Written from RFC 4252 to 4254, from OpenSSH's rule of strict key exchange and from the project's rulings, and from none of
/// the engine's code. It knows the client of a walk: that logs in by password, and opens one channel for one command.
package struct ReferenceModel: Sendable {
    package enum Phase: Sendable { case firstExchange, login, session }
    package enum Exchange: Sendable { case none, proposed, awaitingReply, awaitingNewKeys }
    package enum Channel: Sendable { case none, opening, open, ended, gone }
    /// Why it is over, in the words of `ProtocolError`'s cases.
    package enum End: Sendable { case unexpected, disconnected, unsolicited, channel, keyExchange, outOfStep }

    package private(set) var phase = Phase.firstExchange
    package private(set) var exchange = Exchange.proposed
    package private(set) var channel = Channel.none
    package private(set) var end: End?

    package private(set) var unimplementedCount = 0
    package private(set) var refusedRequestCount = 0
    package private(set) var refusedChannelCount = 0
    package private(set) var pongCount = 0
    package private(set) var outputByteCount = 0
    package private(set) var exitCount = 0
    package private(set) var rekeyCount = 0

    private let isStrict: Bool
    private var isFirstPacket = true
    private var hasService = false
    /// Whether a request of ours awaits an answer, and how many more the client has to make.
    private var isAsking = true
    private var attemptsLeft: Int
    private var extensionCount = 0
    /// The client has switched to keys that the server did not.
    private var isOutOfStep = false

    package init(isStrict: Bool, attempts: Int) {
        self.isStrict = isStrict
        attemptsLeft = attempts - 1
    }

    package var mayRekey: Bool { phase == .session && exchange == .none && end == nil }

    /// The client starts a key exchange of its own.
    package mutating func rekey() { exchange = .proposed }

    /// A message of the server's; `isGenuine` of its key exchange, which nobody can make up.
    package mutating func receive(_ number: UInt8, isGenuine: Bool) {
        guard end == nil else { return }
        if isOutOfStep { return end = .outOfStep }
        defer { isFirstPacket = false }
        switch number {
        case 1: end = .disconnected
        case 2...4: if !isTransportAllowed { end = .unexpected }
        case 20: proposal()
        case 21: newKeys(isGenuine)
        case 31: reply(isGenuine)
        case _ where exchange == .awaitingReply || exchange == .awaitingNewKeys: duringExchange(number)
        case _ where phase == .firstExchange: beforeExchange(number)
        case 5, 8...19, 22...29, 35...49, 54...59, 62...79, 83...89, 101...191, 194...255: unimplementedCount += 1
        case 6...7, 51...53, 60: login(number)
        case 80...82, 192...193: global(number)
        case 90...100 where phase == .session: channel(number)
        default: end = .unexpected
        }
    }

    /// RFC 4253 §7.1, and OpenSSH PROTOCOL §1.10 in the first exchange alone.
    private var isTransportAllowed: Bool {
        !(isStrict && phase == .firstExchange && exchange != .proposed)
    }

    private mutating func beforeExchange(_ number: UInt8) {
        switch number {
        case 8...19, 22...29, 128...255: unimplementedCount += 1
        default: end = .unexpected
        }
    }

    private mutating func duringExchange(_ number: UInt8) {
        guard isTransportAllowed else { return end = .unexpected }
        beforeExchange(number)
    }

    private mutating func proposal() {
        let isLate = isStrict && phase == .firstExchange && !isFirstPacket
        guard !isLate, exchange == .none || exchange == .proposed else { return end = .unexpected }
        exchange = .awaitingReply
    }

    private mutating func reply(_ isGenuine: Bool) {
        guard exchange == .awaitingReply else { return end = .unexpected }
        guard isGenuine else { return end = .keyExchange }
        exchange = .awaitingNewKeys
    }

    private mutating func newKeys(_ isGenuine: Bool) {
        guard exchange == .awaitingNewKeys else { return end = .unexpected }
        exchange = .none
        isOutOfStep = !isGenuine
        if phase == .firstExchange { phase = .login } else { rekeyCount += 1 }
    }

    private mutating func login(_ number: UInt8) {
        guard phase == .login else {
            // Ruling 11, and a banner that comes too late.
            if number == 7 { return unimplementedCount += 1 }
            if number != 53 { end = .unexpected }
            return
        }
        switch number {
        case 6:
            if hasService { end = .unexpected }
            hasService = true
        case 7:
            extensionCount += 1
            if extensionCount > 2 { unimplementedCount += 1 }
        case 53: break
        case _ where !hasService: end = .unexpected
        case 60:
            guard isAsking else { return end = .unexpected }
            nextAttempt()
        case _ where !isAsking: end = .unsolicited
        case 51: nextAttempt()
        default:
            phase = .session
            channel = .opening
        }
    }

    private mutating func nextAttempt() {
        isAsking = attemptsLeft > 0
        attemptsLeft -= 1
    }

    private mutating func global(_ number: UInt8) {
        guard phase == .session else {
            if number > 190 { return unimplementedCount += 1 }
            return end = .unexpected
        }
        if number == 80 { refusedRequestCount += 1 }
        // While keys change no PING is answered, then or later.
        if number == 192, exchange == .none { pongCount += 1 }
    }

    /// All about our one channel, but for an offer of another.
    private mutating func channel(_ number: UInt8) {
        switch (number, channel) {
        case (90, _): refusedChannelCount += 1
        case (91, .opening): channel = .open
        case (92, .opening): channel = .gone
        case (93, .open), (93, .ended), (93, .gone), (99...100, .open), (99...100, .ended): break
        case (94, .open), (95, .open): outputByteCount += 1
        // Dropped, with its window given back.
        case (94, .ended), (96, .ended): break
        case (96, .open): channel = .ended
        case (97, .open), (97, .ended): channel = .gone
        case (98, .open), (98, .ended): exitCount = 1
        default: end = .channel
        }
    }
}
