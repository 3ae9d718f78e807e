import Fairlead
import SSHConfig

/// What a person is shown about a host's key: the question about an unknown one, and the alarm about a changed one.
struct HostKeyScreen: Sendable {
    /// Options and host of the command that removes what is on record.
    let forgetting: [String]
    /// The files that this command edits.
    let userFiles: [String]
    /// The one hash to show; nil for both where there is room.
    let hash: FingerprintHash?
    let isVisual: Bool

    /// As many other names of a key as ssh shows.
    private static let nameLimit = 8

    /// What there is to know about an unknown host, and the question.
    func question(_ question: HostVerification.Question) -> String {
        let key = question.key
        let name = question.port == 22 ? question.host : "[\(question.host)]:\(question.port)"
        var lines = [
            "The authenticity of host '\(name)' can't be established.",
            "\(key.typeDisplayName) key, \(key.bitCount) bits, fingerprints:",
        ]
        lines += hashes.map { key.fingerprint.text(by: $0) }
        if isVisual { lines.append(key.randomart(by: hash ?? .sha256)) }
        if question.otherNames.isEmpty {
            lines.append("This key is not known by any other names.")
        } else {
            lines.append("This host key is known by the following other names/addresses:")
            lines += question.otherNames.prefix(Self.nameLimit).map {
                "    \(place($0.location)): \($0.text ?? "[hashed name]")"
            }
            let more = question.otherNames.count - Self.nameLimit
            if more > 0 { lines.append("    (\(more) additional names omitted)") }
        }
        return lines.joined(separator: "\n") + "\nAre you sure you want to continue connecting (yes/no/[fingerprint])? "
    }

    /// The alarm for an error that needs one; it asks nothing.
    ///
    /// Programs look for the capitals and for "Offending … key in FILE:LINE", which are ssh's.
    func warning(_ error: SSHError) -> String? {
        guard let key = error.offeredKey else { return nil }
        switch error.kind {
        case .hostKeyChanged:
            return framed("    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     ", changes(error, key))
        case .hostKeyRevoked:
            return framed(
                "       WARNING: REVOKED HOST KEY DETECTED!               ",
                [
                    "The \(key.typeDisplayName) host key is marked as revoked: \(key.fingerprint.text(by: hash ?? .sha256))",
                    "This could mean that a stolen key is being used to impersonate this host.",
                ])
        default: return nil
        }
    }

    /// What a person should know who goes on all the same (`StrictHostKeyChecking no`).
    static let restrictions = """
        Nothing stops here because StrictHostKeyChecking is off, but no password is sent: password and
        keyboard-interactive authentication, the agent and forwarding are disabled.
        """

    private func framed(_ title: String, _ lines: [String]) -> String {
        let rule = String(repeating: "@", count: 59)
        return ([rule, "@" + title + "@", rule] + lines).joined(separator: "\n")
    }

    /// What changed, where the old keys stand and since when, and the command that removes them.
    private func changes(_ error: SSHError, _ key: PublicKey) -> [String] {
        var lines = [
            "Somebody may be intercepting this connection (a man-in-the-middle attack),",
            "or the host was given a new key. Nothing was sent but the key exchange.", "",
            "The \(key.typeDisplayName) key that it shows now:",
        ]
        lines += hashes.map { "  " + key.fingerprint.text(by: $0) }
        for record in error.knownKeys {
            let type = PublicKey.displayName(ofType: record.typeName)
            lines.append("Offending \(type) key in \(place(record.location)), on record as:")
            lines += hashes.map { "  " + record.fingerprint.text(by: $0) }
        }
        var files: [String] = []
        for file in error.knownKeys.map(\.location.file) where !files.contains(file) {
            files.append(file)
            // A line has no date, so the file's is all there is.
            guard let time = PlatformFiles.modificationTime(of: file) else { continue }
            lines.append("\(ConfigText(file)) was last changed at \(CertificateFault.text(of: time)).")
        }
        let others = error.knownKeys.map(\.location).filter { !userFiles.contains($0.file) }
        if others.count < error.knownKeys.count {
            lines.append("If its administrator confirms the new key, remove the old one:")
            lines.append("  fairlead " + forgetting.map(Self.quoted).joined(separator: " "))
        }
        for location in others { lines.append("\(place(location)) is not the user's: its owner must remove it.") }
        return lines
    }

    private var hashes: [FingerprintHash] { hash.map { [$0] } ?? [.sha256, .md5] }

    private func place(_ location: KnownHostLocation) -> String { "\(ConfigText(location.file)):\(location.line)" }

    /// For a shell, where the word needs it.
    static func quoted(_ word: String) -> String {
        let plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./:=@%+,"
        guard word.isEmpty || word.contains(where: { !plain.contains($0) }) else { return word }
        return "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
