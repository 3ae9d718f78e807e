import SSHCrypto
import SSHIdentity

/// `KnownHostsCommand`: a program that tells known hosts, asked anew for each thing that is looked for.
struct KnownHostsCommand: Sendable {
    /// What the program is asked for; its name is what `%I` stands for.
    enum Purpose: String {
        /// Which keys to ask the host for.
        case order = "ORDER"
        case hostName = "HOSTNAME"
        case address = "ADDRESS"
    }

    private static let timeout = Duration.seconds(60)

    let arguments: [String]

    /// Adds what the program tells to `knownHosts`.
    ///
    /// - Throws: An error of the stage host key where it fails in any way: less than all it knows could be too little.
    func ask(
        _ purpose: Purpose, _ name: HostName, key: PublicKey?, into knownHosts: inout KnownHosts
    ) async throws(SSHError) {
        let words = arguments.prefix(1) + arguments.dropFirst().map { expanded($0, purpose, name, key) }
        let child = ChildProcess(Array(words), outputLimit: KnownHosts.maximumByteCount, timeout: Self.timeout)
        let failure: String
        do throws(ChildProcess.Failure) {
            guard arguments.first?.hasPrefix("/") == true else { throw .system(PlatformFiles.noEntry) }
            let (status, output) = try await child.run()
            guard status != 0 else {
                return knownHosts.add(file: "KnownHostsCommand-" + purpose.rawValue, contents: output)
            }
            failure = "it ended with status \(status)"
        } catch {
            failure = error.text
        }
        throw SSHError(.hostKey, .file, "KnownHostsCommand \(words.first ?? "") failed: \(failure)")
    }

    private func expanded(_ argument: String, _ purpose: Purpose, _ name: HostName, _ key: PublicKey?) -> String {
        var result = ""
        var rest = argument[...]
        while let character = rest.popFirst() {
            guard character == "%", let token = rest.popFirst() else {
                result.append(character)
                continue
            }
            switch token {
            case "H": result += String(decoding: name.bytes, as: UTF8.self)
            case "I": result += purpose.rawValue
            case "K": result += key.map { String($0.openSSHLine.drop { $0 != " " }.dropFirst()) } ?? "NONE"
            case "t": result += key?.typeName ?? "NONE"
            case "f": result += key?.fingerprint.sha256 ?? "NONE"
            default: result.append(token)
            }
        }
        return result
    }
}

extension ChildProcess.Failure {
    /// Half a sentence for a person.
    package var text: String {
        switch self {
        case .system(let number): PlatformFiles.errorText(number)
        case .timeout: "it took too long"
        case .cancelled: "it was cancelled"
        case .tooLong: "it wrote too much"
        }
    }
}

extension SSHConfiguration {
    /// What `%C` stands for: the hash, in hexadecimal, of the names that make a connection.
    package static func connectionHash(of names: [UInt8]) -> String {
        let digest = (try? Digest.hash(.sha1, names)) ?? []
        return digest.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
}
