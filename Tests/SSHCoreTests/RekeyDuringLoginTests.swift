import NIOCore
import PeerSupport
import SSHCore
import SSHCrypto
import SSHIdentity
import SSHWire
import Testing

/// hostile.md RK-03 for the methods that go on for several rounds, and for a person who thinks.
@Suite("Keys that change during a login")
struct RekeyDuringLoginTests {
    private static let first = Array("first answer".utf8)
    private static let second = Array("second answer".utf8)

    /// Keyboard-interactive with a round of two prompts and one of one; the peer changes keys before each of its words.
    private static func asking(_ rekeys: Bool) -> InteractiveRows.Judge {
        { peer, attempt in
            if rekeys { peer.configuration.rekeysBefore = [.authentication] }
            return [attempt.index < 2 ? InteractiveRows.ask(2 - attempt.index) : .success]
        }
    }

    private func login(
        _ credentials: [ClientScript.Credential], _ delivery: Delivery, _ judge: @escaping InteractiveRows.Judge,
        _ change: (inout ClientScript) -> Void = { _ in }
    ) throws -> Conversation {
        var (configuration, script) = try HostileCheck.honest()
        configuration.judge = judge
        script.credentials = credentials
        change(&script)
        return try Conversation(configuration, script: script, delivery: delivery).run()
    }

    private func expectWhole(_ conversation: Conversation, _ proof: AuthenticationProof, exchanges: Int) {
        #expect(conversation.record.errors.isEmpty && conversation.record.misuses.isEmpty)
        #expect(conversation.peer.failure == nil && conversation.record.proofs == [proof])
        #expect(conversation.record.agreements.count == exchanges)
        #expect(conversation.record.output.values.first == HostileCheck.command)
    }

    private func answers(_ conversation: Conversation) -> [[[UInt8]]] {
        conversation.peer.attempts.compactMap {
            guard case .answers(let answers) = $0.method else { return nil }
            return answers
        }
    }

    @Test(
        "RK-03 Keys change before every round of prompts and before the word of success", arguments: Delivery.allCases)
    func betweenRounds(_ delivery: Delivery) throws {
        let conversation = try login([.keyboardInteractive], delivery, Self.asking(true))
        expectWhole(conversation, .keyboardInteractive, exchanges: 4)
        let password = ClientScript.password
        #expect(answers(conversation) == [[password, password], [password]])
        #expect(conversation.record.infoRequests.map(\.prompts.count) == [2, 1])
    }

    @Test("RK-03 Keys change before a new password is asked for, and before it is taken", arguments: Delivery.allCases)
    func passwordChange(_ delivery: Delivery) throws {
        let conversation = try login(
            [.password(ClientScript.password), .passwordChange(ClientScript.password, new: Self.first)], delivery
        ) { peer, attempt in
            peer.configuration.rekeysBefore = [.authentication]
            return [attempt.index == 0 ? InteractiveRows.change : .success]
        }
        expectWhole(conversation, .password, exchanges: 3)
        guard case .passwordChange(let old, let new)? = conversation.peer.attempts.last?.method else {
            Issue.record("no change of the password")
            return
        }
        #expect(old == ClientScript.password && new == Self.first)
    }

    @Test("RK-03 Keys change before a refusal and before a login without any proof", arguments: Delivery.allCases)
    func nothing(_ delivery: Delivery) throws {
        let conversation = try login([.none, .none], delivery) { peer, attempt in
            peer.configuration.rekeysBefore = [.authentication]
            return [attempt.index == 0 ? .failure(["password"], isPartial: false) : .success]
        }
        expectWhole(conversation, AuthenticationProof.none, exchanges: 3)
    }

    private func tell(_ conversation: Conversation, _ answers: [UInt8]...) {
        conversation.perform(.answer(answers.map { Password(SecretBytes(copying: $0)) }))
    }

    /// Somebody reads two prompts and types nothing yet.
    private func thinking(_ delivery: Delivery) throws -> Conversation {
        let conversation = try login([.keyboardInteractive, .wait, .wait], delivery, Self.asking(false)) {
            $0.answers = nil
        }
        #expect(conversation.record.infoRequests.count == 1 && conversation.engine.deadline == nil)
        return conversation
    }

    @Test("RK-03 Keys change while somebody reads the prompts, which are not put again", arguments: Delivery.allCases)
    func whileAsked(_ delivery: Delivery) throws {
        let conversation = try thinking(delivery)
        for count in 2...3 {
            conversation.peer.startRekey()
            conversation.run()
            #expect(conversation.record.agreements.count == count && conversation.record.errors.isEmpty)
            // The person's time is still nobody's.
            #expect(conversation.record.infoRequests.count == 1 && conversation.engine.deadline == nil)
        }
        tell(conversation, Self.first, Self.second)
        #expect(conversation.record.infoRequests.count == 2)
        conversation.peer.startRekey()
        conversation.run()
        tell(conversation, Self.second)
        expectWhole(conversation, .keyboardInteractive, exchanges: 4)
        #expect(answers(conversation) == [[Self.first, Self.second], [Self.second]])
    }

    @Test(
        "RK-03 Answers that are given while keys change leave once, after them, and never in the clear",
        arguments: Delivery.allCases)
    func answeredDuring(_ delivery: Delivery) throws {
        let conversation = try thinking(delivery)
        conversation.script.sends = false
        conversation.peer.startRekey()
        conversation.run()
        tell(conversation, Self.first, Self.second)
        #expect(answers(conversation).isEmpty)
        conversation.script.sends = true
        conversation.run()
        #expect(answers(conversation) == [[Self.first, Self.second]])
        tell(conversation, Self.second)
        expectWhole(conversation, .keyboardInteractive, exchanges: 2)
        for secret in [Self.first, Self.second] { #expect(!contains(conversation.record.clientBytes, secret)) }
    }

    @Test("RK-03 Answers that are given to a server that stalls its own change of keys never leave")
    func answeredIntoSilence() throws {
        let conversation = try thinking(.whole)
        conversation.peer.configuration.repliesToShare = false
        conversation.peer.startRekey()
        conversation.run()
        let start = conversation.clock.now
        tell(conversation, Self.first, Self.second)
        #expect(conversation.engine.deadline == start + Limits.rekey)
        conversation.passDeadline()
        #expect(conversation.record.errors == [.timeout(.rekey)] && answers(conversation).isEmpty)
        #expect(!contains(conversation.record.clientBytes, Self.first))
    }
}
