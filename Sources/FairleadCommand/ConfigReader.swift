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
