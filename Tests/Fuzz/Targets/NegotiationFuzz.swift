import NIOCore
import SSHCore
import SSHCrypto
import SSHWire

/// A server's KEXINIT, and what is agreed on with each of our profiles: in each slot the first of our names that the server
/// has too, and nothing only where there is none.
enum NegotiationFuzz {
    static func run(_ input: [UInt8]) {
        var payload = ByteBuffer(integer: KexInit.number.rawValue)
        payload.writeBytes(input)
        guard let theirs = try? KexInit(payload: payload) else { return }
        MessageFuzz.reread(KexInit.self, payload)
        let cookie = [UInt8](repeating: 0, count: KexInit.cookieByteCount)
        for profile in AlgorithmPolicy.Profile.allCases {
            for isFirst in [true, false] {
                check(AlgorithmPolicy(profile).proposal(cookie: cookie, isFirst: isFirst), theirs)
            }
        }
    }

    private static func check(_ ours: KexInit, _ theirs: KexInit) {
        let isSame =
            ours.keyExchanges.names.first == theirs.keyExchanges.names.first
            && ours.hostKeys.names.first == theirs.hostKeys.names.first
        precondition(Negotiation.isWrongGuess(ours: ours, theirs: theirs) == (theirs.firstPacketFollows && !isSame))
        let wanted = zip(ours.algorithmLists, theirs.algorithmLists).map { ours, theirs in
            // A marker is no algorithm, however many have it.
            ours.names.first { theirs.contains($0) && !$0.text.hasPrefix("kex-strict-") && $0 != "ext-info-c" }?.text
        }
        do throws(ProtocolError) {
            let agreed = try Negotiation.agree(ours: ours, theirs: theirs)
            let names = [
                agreed.keyExchange.rawValue, agreed.hostKey.rawValue, agreed.cipherClientToServer.rawValue,
                agreed.cipherServerToClient.rawValue, agreed.macClientToServer?.rawValue,
                agreed.macServerToClient?.rawValue, agreed.compressionClientToServer.rawValue,
                agreed.compressionServerToClient.rawValue,
            ]
            for (slot, name) in names.enumerated() {
                precondition(name == nil ? agreed.hasNoMAC(slot) : name == wanted[slot], "another name is preferred")
            }
        } catch {
            guard case .negotiation(let failure) = error,
                let slot = NegotiationFailure.Slot.allCases.firstIndex(of: failure.slot)
            else { preconditionFailure("an agreement fails for another reason") }
            precondition(wanted[slot] == nil, "a name that both have is passed over")
        }
    }
}

extension NegotiatedAlgorithms {
    /// Whether this is a MAC's slot whose cipher needs none.
    fileprivate func hasNoMAC(_ slot: Int) -> Bool {
        slot == 4 && cipherClientToServer.isAuthenticated || slot == 5 && cipherServerToClient.isAuthenticated
    }
}
