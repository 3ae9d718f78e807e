extension Credential {
    /// What a password is asked for.
    public struct PasswordQuestion: Hashable, Sendable {
        /// The user to log in as.
        public let user: String
        /// The host, as the configuration names it.
        public let host: String
        /// Counts the attempts, from 1.
        public let attempt: Int
    }

    /// What a new password is asked for.
    public struct PasswordChangeQuestion: Hashable, Sendable {
        /// The user to log in as.
        public let user: String
        /// The host, as the configuration names it.
        public let host: String
        /// The server's words, escaped; they may have lines.
        public let prompt: String
        /// Counts the attempts, from 1: the server may find a new password too weak.
        public let attempt: Int
    }

    /// What a passphrase is asked for.
    public struct PassphraseQuestion: Hashable, Sendable {
        /// The key's file.
        public let path: String
        /// Counts the attempts, from 1: a later one means that the passphrase before was wrong.
        public let attempt: Int
    }

    /// One round of keyboard-interactive authentication (RFC 4256 §3.2); every text is the server's, and escaped.
    public struct Challenge: Hashable, Sendable {
        /// One question.
        public struct Prompt: Hashable, Sendable {
            /// The question; it may have lines.
            public let text: String
            /// Whether the answer may be seen while it is typed.
            public let echoes: Bool
        }

        /// The user to log in as.
        public let user: String
        /// The host, as the configuration names it.
        public let host: String
        /// A title; often empty.
        public let name: String
        /// Words to show before the prompts; often empty.
        public let instruction: String
        /// The questions; there may be none.
        public let prompts: [Prompt]
        /// Counts the rounds of this login, from 1.
        public let round: Int
    }
}
