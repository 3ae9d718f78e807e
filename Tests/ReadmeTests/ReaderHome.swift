import Foundation
import TestSupport

/// What the README's reader has: a home with a key and known hosts, `fairlead` on the path, and a server that is `host`.
struct ReaderHome {
    let server: OpenSSHServer
    private let directory: TemporaryDirectory

    init() async throws {
        server = try await OpenSSHServer()
        directory = try TemporaryDirectory()
        try directory.makeFolder(".ssh")
        try directory.makeFolder("bin")
        let tool = try FairleadTool.path
        try FileManager.default.createSymbolicLink(atPath: directory.file("bin/fairlead"), withDestinationPath: tool)
        let key = try String(contentsOfFile: server.files.keyPath(.ed25519), encoding: .utf8)
        try directory.write(key, to: ".ssh/id_ed25519")
        let knownHosts = try String(contentsOfFile: server.files.knownHostsPath, encoding: .utf8)
        try directory.write(knownHosts, to: ".ssh/known_hosts")
        try directory.write("Host host\n  HostName \(server.host)\n  Port \(server.port)\n", to: ".ssh/config")
        try directory.write("twelve bytes", to: "notes.txt")
    }

    var path: String { directory.path }

    /// Runs a line of the README, its placeholders replaced, in the home.
    func run(_ line: String, replacing placeholders: [String: String] = [:], input: String = "") async throws
        -> RunningProcess.Result
    {
        var line = line
        let all = placeholders.merging(["user@": server.user + "@", "2222": String(server.port)]) { mine, _ in mine }
        for (placeholder, value) in all { line = line.replacingOccurrences(of: placeholder, with: value) }
        return try await RunningProcess.run("sh", ["-c", line]) {
            let plain = plainEnvironment(home: directory.path)
            $0.environment = plain.merging(["PATH": "\(directory.path)/bin:\(plain["PATH"] ?? "")"]) { $1 }
            $0.directory = directory.path
            $0.input = .bytes(Array(input.utf8))
        }
    }

    func text(of name: String) throws -> String { try directory.text(of: name) }
    func exists(_ name: String) -> Bool { FileManager.default.fileExists(atPath: directory.file(name)) }
}
