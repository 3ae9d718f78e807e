import Fairlead
import NIOPosix

/// Questions to a person, put on the terminal whatever standard input is.
struct Prompts: LoginResponder {
    let isBatch: Bool
    let screen: HostKeyScreen

    struct NobodyToAsk: Error {}

    /// What there is to know about an unknown host, then the question until the answer is one.
    func hostKey(_ question: HostVerification.Question) async throws -> HostVerification.Answer {
        guard !isBatch else { throw NobodyToAsk() }
        var prompt = screen.question(question)
        if question.isRepeated {
            prompt = "That fingerprint is not this key's. Answer yes, no, once or the fingerprint: "
        }
        while true {
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
    }

    func password(_ question: Credential.PasswordQuestion) async throws -> Secret? {
        guard !isBatch, TerminalPrompt.isPossible else { return nil }
        if question.attempt > 1 { Console.say("Permission denied, please try again.") }
        let prompt = "\(question.user)@\(question.host)'s password: "
        return try await onTerminal { try $0.readSecret(prompt) }
    }

    func passphrase(_ question: Credential.PassphraseQuestion) async throws -> Secret? {
        guard !isBatch, TerminalPrompt.isPossible else { return nil }
        let prompt =
            question.attempt > 1
            ? "Bad passphrase, try again for \(question.path): " : "Enter passphrase for key '\(question.path)': "
        return try await onTerminal { try $0.readSecret(prompt) }
    }

    private func ask(_ prompt: String) async throws -> String? {
        guard let line = try await onTerminal({ try $0.readLine(prompt) }) else { return nil }
        return String(decoding: line, as: UTF8.self).trimmed
    }

    /// Blocks a thread of its own until the person answered; losing the connection ends the question.
    private func onTerminal<Value: Sendable>(
        _ body: @escaping @Sendable (TerminalPrompt) throws -> Value
    ) async throws -> Value {
        guard let prompt = TerminalPrompt() else { throw NobodyToAsk() }
        defer { prompt.close() }
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
