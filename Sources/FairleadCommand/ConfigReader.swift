import Fairlead
import SSHConfig

/// Which configuration files there are, and how they are read.
enum ConfigReader {
    static let maximumByteCount = 16 * 1024 * 1024

    /// The file of `-F` alone, or the user's and the system's.
    static func files(_ chosen: String?, home: String) -> [ConfigFileReference] {
        switch chosen {
        case "none": []
        case let path?: [ConfigFileReference(path: path, owner: .user, isRequired: true)]
        case nil:
            [
                ConfigFileReference(path: home + "/.ssh/config", owner: .user),
                ConfigFileReference(path: "/etc/ssh/ssh_config", owner: .system),
            ]
        }
    }

    /// The bytes; nil when there is no such file.
    static func read(_ path: String) throws -> [UInt8]? {
        do throws(PlatformFiles.Failure) {
            return try PlatformFiles.read(path, upTo: maximumByteCount)
        } catch {
            if error == .missing { return nil }
            throw UsageError(message: "Can't open configuration file \(ConfigText(path)): \(error.text)")
        }
    }
}

extension ConfigNote {
    /// Whether it asks for a way to the host that is not the direct one.
    var isRoute: Bool {
        guard case .notActedOn(let keyword) = kind else { return false }
        return keyword == .proxyCommand || keyword == .proxyJump
    }
}

/// Patterns of variable names, with `*` and `?`.
enum NamePattern {
    static func matches(_ pattern: String, _ name: String) -> Bool {
        matches(Array(pattern.utf8)[...], Array(name.utf8)[...])
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        var pattern = pattern
        var name = name
        var retry: (pattern: ArraySlice<UInt8>, name: ArraySlice<UInt8>)?
        while let byte = name.first {
            if pattern.first == UInt8(ascii: "*") {
                pattern = pattern.dropFirst()
                retry = (pattern, name)
            } else if let wanted = pattern.first, wanted == byte || wanted == UInt8(ascii: "?") {
                pattern = pattern.dropFirst()
                name = name.dropFirst()
            } else if let last = retry {
                retry = (last.pattern, last.name.dropFirst())
                (pattern, name) = (last.pattern, last.name.dropFirst())
            } else {
                return false
            }
        }
        return pattern.allSatisfy { $0 == UInt8(ascii: "*") }
    }
}
