/// What the known hosts say about the key that a host has shown.
public enum HostKeyVerdict: Hashable, Sendable {
    /// This very key is on record for the host.
    case known(KnownHostLocation)
    /// No plain key is on record for the host.
    case unknown
    /// Other keys are on record for the host, and this one is not among them.
    case changed([KnownHostRecord])
    /// The key is marked `@revoked` for the host, whatever else is on record.
    case revoked(KnownHostLocation)
}

/// A line of a known-hosts file.
public struct KnownHostLocation: Hashable, Sendable {
    /// The path as it was given when the file was added.
    public let file: String
    /// The number of the line, counted from one.
    public let line: Int

    package init(file: String, line: Int) {
        self.file = file
        self.line = line
    }
}

/// A plain key that is on record for a host.
public struct KnownHostRecord: Hashable, Sendable {
    /// The protocol's name of the key's type.
    public let typeName: String
    /// The hash by which a person recognises the key.
    public let fingerprint: Fingerprint
    /// Where the key stands.
    public let location: KnownHostLocation

    package init(typeName: String, fingerprint: Fingerprint, location: KnownHostLocation) {
        self.typeName = typeName
        self.fingerprint = fingerprint
        self.location = location
    }
}

/// The names under which a line has its key on record.
public struct KnownHostNames: Hashable, Sendable {
    /// The names, patterns and addresses, with commas between them, safe to show; `nil` when they are hashed.
    public let text: String?
    /// Where they stand.
    public let location: KnownHostLocation
}
