import SSHWire

/// A line of a known-hosts file that cannot be used.
///
/// It is skipped and stays in its file.
public struct KnownHostsWarning: Hashable, Sendable, CustomStringConvertible {
    /// Why a line is skipped.
    public enum Reason: Hashable, Sendable {
        /// The file exceeds 16 MiB and was not read.
        case fileTooLarge
        /// The line begins with a byte order mark.
        case byteOrderMark
        /// The line holds a NUL byte and is read up to it.
        case nulByte
        /// The line has a marker other than `@revoked` and `@cert-authority`, or more than one.
        case unknownMarker
        /// The line ends before its key.
        case truncated
        /// The hashed name is not one of `|1|salt|hash`.
        case malformedHash
        /// The key is not valid base64.
        case malformedBase64
        /// The key's data is not a complete key of the type that the line names.
        case malformedKey
        /// More lines than are listed cannot be used.
        case furtherLines
    }

    /// The path as it was given when the file was added.
    public let file: String
    /// The number of the line, counted from one.
    public let line: Int
    /// Why the line is skipped.
    public let reason: Reason

    package init(file: String, line: Int, reason: Reason) {
        self.file = file
        self.line = line
        self.reason = reason
    }

    /// File, line and reason in one line that is safe to show.
    public var description: String {
        PeerText.line(file.utf8) + ":\(line): " + reason.sentence
    }
}

extension KnownHostsWarning.Reason {
    fileprivate var sentence: String {
        switch self {
        case .fileTooLarge: "the file is larger than 16 MiB and was not read"
        case .byteOrderMark: "the line begins with a byte order mark and is skipped"
        case .nulByte: "the line holds a NUL byte and is read up to it"
        case .unknownMarker: "the line has an unknown or a second marker and is skipped"
        case .truncated: "the line ends before its key and is skipped"
        case .malformedHash: "the hashed host name is malformed and the line is skipped"
        case .malformedBase64: "the key is not valid base64 and the line is skipped"
        case .malformedKey: "the key is malformed or not of the type named and the line is skipped"
        case .furtherLines: "more lines cannot be read; they are skipped too"
        }
    }
}
