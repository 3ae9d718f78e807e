import Fairlead
import NIOPosix
import SSHConfig

/// Questions to a person, put on the terminal whatever standard input is, or by the askpass program: never both.
struct Prompts: LoginResponder {
    private enum Way { case terminal, askpass(Askpass), none }

    let isBatch: Bool
    let screen: HostKeyScreen
    let verbosity: Verbosity

    struct NobodyToAsk: Error {}

    /// What there is to know about an unknown host, then the question until the answer is one.
    func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer {
        guard !isBatch else { throw NobodyToAsk() }
        var prompt = screen.question(question)
        if question.isRepeated {
            prompt = "That fingerprint is not this key's. Answer yes, no, once or the fingerprint: "
        }
        // An askpass program may say the same for ever.
        for _ in 0..<10 {
            guard let answer = try await ask(prompt) else { return .no }
            switch answer.lowercased() {
            case "yes": return .yes
            case "no": return .no
            case "once": return .once
            default:
                if answer.hasPrefix("SHA256:") || answer.uppercased().hasPrefix("MD5:") { return .fingerprint(answer) }
                prompt = "Please type 'yes', 'no', 'once' (to connect without storing it) or the fingerprint: "
            }
        }
        return .no
    }

    func password(_ question: Credential.PasswordQuestion) async throws -> Secret? {
        if question.attempt > 1 { Console.say("Permission denied, please try again.") }
        return try await askSecretly("\(question.user)@\(question.host)'s password: ")
    }

    func newPassword(_ question: Credential.PasswordChangeQuestion) async throws -> Secret? {
        let name = "\(question.user)@\(question.host)'s new password: "
        Console.say("  " + question.prompt)
        // An askpass program may never say the same twice.
        for _ in 0..<10 {
            guard let first = try await askSecretly("Enter " + name),
                let second = try await askSecretly("Retype " + name)
            else { return nil }
            if first.isEqual(to: second) { return first }
            Console.say("Mismatch; try again, EOF to quit.")
        }
        return nil
    }

    func passphrase(_ question: Credential.PassphraseQuestion) async throws -> Secret? {
        let path = ConfigText(question.path)
        return try await askSecretly(
            question.attempt > 1 ? "Bad passphrase, try again for \(path): " : "Enter passphrase for key '\(path)': ")
    }

    /// The name that no server can forge stands before each prompt.
    func answers(to challenge: Credential.Challenge) async throws -> [Secret]? {
        let texts = [challenge.name, challenge.instruction].filter { !$0.isEmpty }
        if !isBatch { texts.forEach { Console.say("  " + $0) } }
        var answers: [Secret] = []
        for prompt in challenge.prompts {
            let text = "(\(challenge.user)@\(challenge.host)) \(prompt.text)"
            guard let answer = prompt.echoes ? try await askOpenly(text) : try await askSecretly(text) else {
                return nil
            }
            answers.append(answer)
        }
        return answers
    }

    func confirms(_ question: String) async throws -> Bool {
        guard case .askpass(let askpass) = way else {
            return try await ask(question + " (yes/no) ")?.lowercased() == "yes"
        }
        let answer = try await askpass.ask(question, hint: "confirm")
        return answer.map { ["", "yes"].contains($0.openText.trimmed.lowercased()) } ?? false
    }

    func passesOver(_ key: PublicKey) async -> Bool {
        guard !isBatch else { return false }
        return await SignalWatch.isInterrupted { Console.say("  (Ctrl-C passes this key over)") }
    }

    func ask(_ prompt: String) async throws -> String? {
        try await askOpenly(prompt)?.openText.trimmed
    }

    private var way: Way {
        guard !isBatch else { return .none }
        let askpass = Askpass()
        if let askpass, askpass.comesFirst { return .askpass(askpass) }
        if TerminalPrompt.isPossible { return .terminal }
        // Programs look for ssh's words.
        verbosity.say(.debug, "read_passphrase: can't open /dev/tty")
        return askpass.map(Way.askpass) ?? .none
    }

    private func askOpenly(_ prompt: String) async throws -> Secret? {
        switch way {
        case .askpass(let askpass): try await askpass.ask(prompt)
        case .terminal: try await onTerminal { try $0.readLine(prompt) }
        case .none: throw NobodyToAsk()
        }
    }

    private func askSecretly(_ prompt: String) async throws -> Secret? {
        switch way {
        case .askpass(let askpass): try await askpass.ask(prompt)
        case .terminal: try await onTerminal { try $0.readSecret(prompt) }
        case .none: nil
        }
    }

    /// Blocks a thread of its own until the person answered; losing the connection ends the question.
    private func onTerminal<Value: Sendable>(
        _ body: @escaping @Sendable (TerminalPrompt) throws -> Value
    ) async throws -> Value {
        guard let prompt = TerminalPrompt() else { throw NobodyToAsk() }
        Console.questionBegins()
        defer {
            prompt.close()
            Console.questionEnds()
        }
        return try await withTaskCancellationHandler {
            try await NIOThreadPool.singleton.runIfActive { try body(prompt) }
        } onCancel: {
            prompt.cancel()
        }
    }
}

extension String {
    /// Without blanks at either end.
    var trimmed: String {
        let blanks: [UInt8] = [0x20, 0x09, 0x0D, 0x0A]
        var bytes = Array(utf8)[...]
        while let first = bytes.first, blanks.contains(first) { bytes.removeFirst() }
        while let last = bytes.last, blanks.contains(last) { bytes.removeLast() }
        return String(decoding: bytes, as: UTF8.self)
    }
}
