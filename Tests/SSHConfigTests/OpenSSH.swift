import Foundation
import SSHConfig

/// The installed `ssh`, asked for its reading of a file.
enum OpenSSH {
    struct Refused: Error { let text: String }

    static let path = "/usr/bin/ssh"
    static let isInstalled = FileManager.default.isExecutableFile(atPath: path)
    static let environment = [
        "PATH": "/usr/bin:/bin", "CONFIG_DIR": "/env/dir", "CONFIG_PORT": "8080", "CONFIG_EMPTY": "",
        "CONFIG_NAME": "a b",
    ]

    /// The lines that `ssh -G` prints, each as key and value.
    static func dump(
        file: String, host: String, options: [String] = [], command: [String] = []
    ) throws -> [(key: String, value: String)] {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: path)
        process.arguments = ["-G", "-F", file] + options.flatMap { ["-o", $0] } + [host] + command
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        let output = Pipe()
        let errors = Pipe()
        process.standardError = errors
        process.standardOutput = output
        try process.run()
        let data = output.fileHandleForReading.readDataToEndOfFile()
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Refused(text: complaint) }
        return String(decoding: data, as: UTF8.self).split(separator: "\n").map { line in
            let parts = line.split(separator: " ", maxSplits: 1, omittingEmptySubsequences: false)
            return (String(parts[0]), parts.count > 1 ? String(parts[1]) : "")
        }
    }
}

/// A configuration in files that both `ssh` and the resolver read; `@` in them stands for their folder.
struct ConfigFiles {
    let folder: URL

    /// Writes the main file, and those that it may include, as `@/a` and so on.
    init(_ text: String, included: [String: String] = [:]) throws {
        folder = FileManager.default.temporaryDirectory.appendingPathComponent("config-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        for (name, contents) in included.merging(["config": text], uniquingKeysWith: { $1 }) {
            let file = folder.appendingPathComponent(name)
            try Data(contents.replacingOccurrences(of: "@/", with: folder.path + "/").utf8).write(to: file)
            try FileManager.default.setAttributes([.posixPermissions: 0o600], ofItemAtPath: file.path)
        }
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }

    var main: String { folder.appendingPathComponent("config").path }

    /// A resolver in the world that `ssh` lives in, where no name can be looked up.
    var resolver: ConfigResolver {
        var resolver = ConfigResolver(
            reader: { path, _ in FileManager.default.contents(atPath: path).map { [UInt8]($0) } },
            glob: { pattern in
                guard pattern.hasSuffix("*") else {
                    return FileManager.default.fileExists(atPath: pattern) ? [pattern] : []
                }
                let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
                return names.map { folder.path + "/" + $0 }.filter { $0.hasPrefix(pattern.dropLast()) }.sorted()
            },
            environment: { $0.string.flatMap { OpenSSH.environment[$0] }.map { ConfigText($0) } }, local: Self.local)
        resolver.lookUp = { _, _ in nil }
        resolver.exec = { command in
            let process = try Process.run(URL(fileURLWithPath: "/bin/sh"), arguments: ["-c", command.string ?? ""])
            process.waitUntilExit()
            return process.terminationStatus == 0
        }
        resolver.connectionHash = { SHA1.hexadecimal(of: $0) }
        return resolver
    }

    func resolve(host: String, options: [String] = [], command: String? = nil) throws(ConfigError) -> ResolvedOptions {
        try resolver.resolve(
            host: ConfigText(host), command: command.map { ConfigText($0) },
            commandLineOptions: options.map { CommandLineOption($0) },
            files: [ConfigFileReference(path: main, owner: .user)])
    }

    /// This user and machine as `ssh` finds them.
    static let local: LocalIdentity = {
        var name = [CChar](repeating: 0, count: 256)
        gethostname(&name, name.count)
        let entry = getpwuid(getuid())
        return LocalIdentity(
            user: ConfigText(entry.map { String(cString: $0.pointee.pw_name) } ?? ""), userID: getuid(),
            home: ConfigText(entry.map { String(cString: $0.pointee.pw_dir) } ?? ""),
            hostName: ConfigText(name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }))
    }()
}

/// SHA-1 (RFC 3174), for the token `%C`.
enum SHA1 {
    static func hexadecimal(of bytes: [UInt8]) -> String {
        var state: [UInt32] = [0x6745_2301, 0xEFCD_AB89, 0x98BA_DCFE, 0x1032_5476, 0xC3D2_E1F0]
        var message = bytes + [0x80]
        while message.count % 64 != 56 { message.append(0) }
        for shift in stride(from: 56, through: 0, by: -8) {
            message.append(UInt8(truncatingIfNeeded: (bytes.count * 8) >> shift))
        }
        for start in stride(from: 0, to: message.count, by: 64) { add(Array(message[start..<start + 64]), to: &state) }
        return state.map { String(String(UInt64($0) + 0x1_0000_0000, radix: 16).dropFirst()) }.joined()
    }

    private static func add(_ block: [UInt8], to state: inout [UInt32]) {
        var words = (0..<16).map { index in block[index * 4..<index * 4 + 4].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        }
        for index in 16..<80 {
            let word = words[index - 3] ^ words[index - 8] ^ words[index - 14] ^ words[index - 16]
            words.append(rotated(word, 1))
        }
        var (a, b, c, d, e) = (state[0], state[1], state[2], state[3], state[4])
        for (index, word) in words.enumerated() {
            let mixed: (UInt32, UInt32) =
                switch index / 20 {
                case 0: ((b & c) | (~b & d), 0x5A82_7999)
                case 1: (b ^ c ^ d, 0x6ED9_EBA1)
                case 2: ((b & c) | (b & d) | (c & d), 0x8F1B_BCDC)
                default: (b ^ c ^ d, 0xCA62_C1D6)
                }
            (a, b, c, d, e) = (rotated(a, 5) &+ mixed.0 &+ e &+ mixed.1 &+ word, a, rotated(b, 30), c, d)
        }
        for (index, value) in [a, b, c, d, e].enumerated() { state[index] &+= value }
    }

    private static func rotated(_ word: UInt32, _ count: UInt32) -> UInt32 { word << count | word >> (32 - count) }
}
