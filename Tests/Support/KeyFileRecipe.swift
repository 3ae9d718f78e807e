import Foundation
import Testing

/// A way in which users' private key files are made: a program, a format, an encryption.
package struct KeyFileRecipe: Sendable, CustomTestStringConvertible {
    package static let passphrase = "open sesame"

    package let kind: KeyKind
    package let isEncrypted: Bool
    private let program: Program
    private let arguments: [String]

    private enum Program: String, Sendable { case sshKeygen = "ssh-keygen", openssl, puttygen }

    package var testDescription: String {
        ([kind.rawValue, program.rawValue] + arguments + [isEncrypted ? "encrypted" : "plain"]).joined(separator: " ")
    }

    /// Whether the public half shows before the passphrase is known.
    package func showsPublicHalf(_ file: [UInt8]) -> Bool {
        let text = String(decoding: file, as: UTF8.self)
        return !isEncrypted || text.hasPrefix("PuTTY") || text.hasPrefix("-----BEGIN OPENSSH")
    }

    /// Each format of `ssh-keygen -m`, each cipher of `-Z`, what `openssl` adds, and PuTTY's.
    package static let all = KeyKind.allCases.flatMap { kind in
        sshKeygen(kind) + openssl(kind) + putty(kind)
    }

    /// One of each format for logins, plain and locked.
    package static let logins = all.filter { recipe in
        let isTypical = ["PEM", "PKCS8", "version=2", "kdf=argon2id,passes=3,memory=1024", "version=3"]
            .contains { recipe.arguments.contains($0) }
        return isTypical
            || recipe.arguments == ["pkcs8", "-topk8", "-scrypt"]
            || recipe.arguments == ["pkcs8", "-topk8", "-nocrypt"]
    }

    private static func sshKeygen(_ kind: KeyKind) -> [KeyFileRecipe] {
        let ciphers = [
            "3des-cbc", "aes128-cbc", "aes192-cbc", "aes256-cbc", "aes128-ctr", "aes192-ctr", "aes256-ctr",
            "aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
        ]
        return ["PEM", "PKCS8", "RFC4716"].flatMap { format in
            [false, true].map {
                KeyFileRecipe(kind: kind, isEncrypted: $0, program: .sshKeygen, arguments: ["-a", "1", "-m", format])
            }
        }
            + ciphers.map {
                KeyFileRecipe(kind: kind, isEncrypted: true, program: .sshKeygen, arguments: ["-a", "1", "-Z", $0])
            }
    }

    private static func openssl(_ kind: KeyKind) -> [KeyFileRecipe] {
        let locks = [
            ["-v2", "aes-128-cbc"], ["-v2", "aes-192-cbc"], ["-v2", "des3"], ["-v2", "aes-256-cbc", "-iter", "1"],
            ["-v2prf", "hmacWithSHA1"], ["-v2prf", "hmacWithSHA384"], ["-v2prf", "hmacWithSHA512"], ["-scrypt"],
        ]
        let pkcs8 =
            [
                KeyFileRecipe(
                    kind: kind, isEncrypted: false, program: .openssl, arguments: ["pkcs8", "-topk8", "-nocrypt"])
            ]
            + locks.map {
                KeyFileRecipe(kind: kind, isEncrypted: true, program: .openssl, arguments: ["pkcs8", "-topk8"] + $0)
            }
        guard kind != .ed25519 else { return pkcs8 }
        let command = kind == .rsa ? ["rsa", "-traditional"] : ["ec"]
        return pkcs8
            + ["-aes128", "-aes192", "-aes256", "-des3"].map {
                KeyFileRecipe(kind: kind, isEncrypted: true, program: .openssl, arguments: command + [$0])
            }
    }

    private static func putty(_ kind: KeyKind) -> [KeyFileRecipe] {
        [
            (false, "version=2"), (true, "version=2"), (false, "version=3"),
            (true, "kdf=argon2id,passes=3,memory=1024"),
            (true, "kdf=argon2i,passes=3,memory=64"),
        ].map {
            KeyFileRecipe(kind: kind, isEncrypted: $0, program: .puttygen, arguments: ["--ppk-param", $1])
        }
    }

    /// The file of the user's shared key of this kind.
    package func make() async throws -> [UInt8] {
        let pair = try await KeyPair.shared(kind, of: .user)
        let folder = try TemporaryDirectory()
        let source = try folder.write(pair.privateText, to: "source")
        switch program {
        case .sshKeygen:
            try await RunningProcess.runSuccessfully(
                "ssh-keygen",
                ["-q", "-p", "-P", "", "-N", isEncrypted ? Self.passphrase : "", "-f", source] + arguments)
            return try folder.bytes(of: "source")
        case .openssl:
            if kind == .ed25519 {
                try folder.write(Self.pkcs8(pair), to: "source")
            } else {
                try await RunningProcess.runSuccessfully(
                    "ssh-keygen", ["-q", "-p", "-m", "PEM", "-P", "", "-N", "", "-f", source])
            }
            try await RunningProcess.runSuccessfully(
                "openssl",
                arguments + ["-in", source, "-inform", kind == .ed25519 ? "DER" : "PEM", "-out", folder.file("key")]
                    + (isEncrypted ? ["-passout", "pass:" + Self.passphrase] : []))
        case .puttygen:
            let passphrase = try folder.write(isEncrypted ? Self.passphrase : "", to: "passphrase")
            try await RunningProcess.runSuccessfully(
                "puttygen",
                [source, "-O", "private", "-o", folder.file("key"), "--new-passphrase", passphrase] + arguments)
        }
        return try folder.bytes(of: "key")
    }

    /// An Ed25519 key as openssl takes it (RFC 8410 §7); the seed stands before the last public half in OpenSSH's file.
    private static func pkcs8(_ pair: KeyPair) throws -> [UInt8] {
        let body = pair.privateText.split(separator: "\n").dropFirst().dropLast().joined()
        guard let content = Data(base64Encoded: body),
            let blob = Data(base64Encoded: String(pair.publicLine.split(separator: " ")[1])),
            let place = content.range(of: blob.suffix(32), options: .backwards)
        else { throw SupportError.commandFailed("no seed in the key") }
        let head: [UInt8] = [0x30, 0x2E, 2, 1, 0, 0x30, 5, 6, 3, 0x2B, 0x65, 0x70, 4, 0x22, 4, 0x20]
        return head + content[(place.lowerBound - 32)..<place.lowerBound]
    }
}
