import Foundation
import PeerSupport
import TestSupport

/// All that one run of a client finds around it, in a folder that nobody else knows.
final class ClientWorld {
    private static let knownHosts = "known_hosts"

    private let directory: TemporaryDirectory
    private let agent: KeyAgent?
    private let before: [String: Data]

    init(keys: [AgentKey]) throws {
        directory = try TemporaryDirectory()
        try directory.makeFolder("home")
        try directory.makeFolder("home/.ssh")
        try directory.write("", to: "home/.ssh/" + Self.knownHosts)
        try directory.write("# nobody's business\n", to: "home/.profile")
        let password = String(decoding: ClientScript.password, as: UTF8.self)
        try directory.write("#!/bin/sh\necho \(password)\n", to: "askpass", mode: 0o755)
        agent = keys.isEmpty ? nil : try KeyAgent(keys, at: directory.file("agent"))
        before = Self.files(in: directory.file("home"))
    }

    deinit {
        agent?.stop()
    }

    var reportPath: String { directory.file("report") }

    func places(port: Int, options: [String], command: [UInt8]) -> [String: String] {
        [
            "port": "\(port)", "user": String(decoding: ClientScript.user, as: UTF8.self),
            "password": String(decoding: ClientScript.password, as: UTF8.self), "home": directory.file("home"),
            "known_hosts": directory.file("home/.ssh/" + Self.knownHosts),
            "agent": directory.file("agent"), "command": String(decoding: command, as: UTF8.self),
            "options": options.map(ClientProgram.quoted).joined(separator: " "),
        ]
    }

    func environment(isOnTerminal: Bool) -> [String: String] {
        let more = [
            "SSH_ASKPASS": directory.file("askpass"), "SSH_ASKPASS_REQUIRE": isOnTerminal ? "never" : "force",
            "DISPLAY": ":0", "TERM": "xterm",
            "TMPDIR": directory.path,
            // What a client remembers for itself is no file of the user's.
            "XDG_STATE_HOME": directory.file("state"), "XDG_CACHE_HOME": directory.file("cache"),
        ]
        let all = plainEnvironment(home: directory.file("home"), more)
        return agent == nil ? all : all.merging(["SSH_AUTH_SOCK": directory.file("agent")]) { $1 }
    }

    /// Whether the client wrote down a host key.
    var trustsSomebody: Bool { (try? directory.bytes(of: "home/.ssh/" + Self.knownHosts))?.isEmpty == false }

    /// Whether the client wrote down a host key that is none of these.
    func trusts(anyBut blobs: [[UInt8]]) -> Bool {
        let text = (try? directory.text(of: "home/.ssh/" + Self.knownHosts)) ?? ""
        return text.split(separator: "\n").contains { line in
            let blob = line.split(separator: " ").dropFirst(2).first.flatMap { Data(base64Encoded: String($0)) }
            return blob.map { !blobs.contains([UInt8]($0)) } ?? true
        }
    }

    /// Files under home that came, went or changed, but for the known hosts.
    var changedFiles: [String] {
        let after = Self.files(in: directory.file("home"))
        return Set(before.keys).union(after.keys).filter { name in
            before[name] != after[name] && !name.hasSuffix(Self.knownHosts)
        }.sorted()
    }

    func report() throws -> String { try directory.text(of: "report") }

    private static func files(in folder: String) -> [String: Data] {
        var files: [String: Data] = [:]
        for name in FileManager.default.subpaths(atPath: folder) ?? [] {
            var isFolder: ObjCBool = false
            let path = folder + "/" + name
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            files[name] = FileManager.default.contents(atPath: path) ?? Data()
        }
        return files
    }
}
