import Fairlead
import FoundationEssentials
import NIOCore

/// The one object of `--json`; `Docs/JSON.md` describes it.
struct JSONResult: Encodable {
    /// Grows when a field changes its meaning or goes; new fields leave it.
    static let schema = 1

    /// What is text goes as text, and what is not as base64.
    struct Bytes: Encodable {
        var text: String?
        var base64: String?
        /// Whether there was more than is kept.
        var isCut: Bool?

        init(_ buffer: ByteBuffer, isCut: Bool) {
            if isCut { self.isCut = true }
            let bytes = Array(buffer.readableBytesView)
            text = String(validating: bytes, as: UTF8.self).flatMap { Self.isMostlyText($0, bytes.count) ? $0 : nil }
            if text == nil { base64 = Data(bytes).base64EncodedString() }
        }

        /// What is escaped takes six bytes, or twelve: what is full of that is no text.
        private static func isMostlyText(_ text: String, _ byteCount: Int) -> Bool {
            var left = byteCount / 5
            for scalar in text.unicodeScalars {
                let isPlain =
                    scalar.value < 0x7F
                    ? scalar.value >= 0x20 || "\t\n\r".unicodeScalars.contains(scalar) : SafeText.isHarmless(scalar)
                guard !isPlain else { continue }
                left -= 1
                if left < 0 { return false }
            }
            return true
        }
    }

    struct Failure: Encodable {
        let kind: String
        let code: Int?
        let message: String
        var serverText: String?
        var attempts: [String]?

        init(_ failure: any Error) {
            let error = failure as? SSHError
            (kind, code) = (error?.kind ?? .misuse).name
            message = error?.message ?? "\(failure)"
            serverText = error?.serverText
            attempts = error.flatMap { $0.attempts.isEmpty ? nil : $0.attempts }
        }
    }

    struct Ending: Encodable {
        let name: String
        let dumpedCore: Bool
        let message: String
    }

    struct HostKey: Encodable {
        let type: String
        let sha256: String
        let md5: String
        let ground: String
    }

    struct Algorithms: Encodable {
        let keyExchange, hostKey, cipherClientToServer, cipherServerToClient: String
        let macClientToServer, macServerToClient: String?
        let isPostQuantum, isStrict: Bool
    }

    let schema = Self.schema
    let version = Main.version
    var host: String?
    var port: Int?
    var user: String?
    /// How far it came: a stage's name, or `done`.
    var stage = "done"
    var error: Failure?
    var exitStatus: UInt32?
    var signal: Ending?
    var stdout: Bytes?
    var stderr: Bytes?
    /// Seconds.
    var timings: [String: Double] = [:]
    var address: String?
    var server: String?
    var hostKey: HostKey?
    var algorithms: Algorithms?
    var authentication: String?

    mutating func read(_ connection: SSHConfiguration) {
        (host, port, user) = (connection.host, connection.port, connection.user)
    }

    mutating func read(_ info: ConnectionInfo) {
        for timing in info.timings { timings[timing.stage.rawValue] = timing.duration / .seconds(1) }
        address = info.remoteAddress?.ipAddress
        if !info.serverIdentification.isEmpty { server = info.serverIdentification }
        if !info.authenticationMethod.isEmpty { authentication = info.authenticationMethod }
        if let key = info.hostKey, let identity = info.hostIdentity {
            hostKey = HostKey(
                type: key.typeName, sha256: key.fingerprint.sha256, md5: key.fingerprint.md5,
                ground: identity.ground.name)
        }
        guard !info.keyExchange.isEmpty else { return }
        algorithms = Algorithms(
            keyExchange: info.keyExchange, hostKey: info.hostKeyAlgorithm,
            cipherClientToServer: info.cipherClientToServer, cipherServerToClient: info.cipherServerToClient,
            macClientToServer: info.macClientToServer, macServerToClient: info.macServerToClient,
            isPostQuantum: info.isPostQuantum, isStrict: info.isStrict)
    }

    mutating func read(_ status: ExitStatus) {
        switch status {
        case .code(let code): exitStatus = code
        case .signal(let name, let dumpedCore, let message):
            signal = Ending(name: name, dumpedCore: dumpedCore, message: message)
        case .unknown: break
        }
    }

    mutating func read(_ failure: any Error) {
        stage = (failure as? SSHError)?.stage.rawValue ?? SSHError.Stage.usage.rawValue
        error = Failure(failure)
        guard let key = (failure as? SSHError)?.offeredKey else { return }
        hostKey = HostKey(
            type: key.typeName, sha256: key.fingerprint.sha256, md5: key.fingerprint.md5, ground: "refused")
    }

    /// One line, which a terminal may show: JSON itself escapes no controls above ASCII's, and no DEL.
    var line: [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let encoded = [UInt8]((try? encoder.encode(self)) ?? Data("{}".utf8))
        var line: [UInt8] = []
        line.reserveCapacity(encoded.count + 1)
        // Mostly long runs of what may stay.
        var (kept, index) = (0, 0)
        while index < encoded.count {
            guard encoded[index] > 0x7E else {
                index += 1
                continue
            }
            let scalars = String(decoding: encoded[index...].prefix(4), as: UTF8.self).unicodeScalars
            let scalar = scalars.first ?? "\u{FFFD}"
            let end = index + UTF8.width(scalar)
            if !SafeText.isHarmless(scalar) {
                line += encoded[kept..<index]
                for unit in String(scalar).utf16 {
                    line += Array("\\u".utf8) + String(0x10000 + Int(unit), radix: 16).utf8.dropFirst()
                }
                kept = end
            }
            index = end
        }
        line += encoded[kept...]
        return line + [UInt8(ascii: "\n")]
    }
}

extension SSHError.Kind {
    /// What programs know it by, and the number that goes with it.
    var name: (String, code: Int?) {
        switch self {
        case .timeout: ("timeout", nil)
        case .cancelled: ("cancelled", nil)
        case .closed: ("closed", nil)
        case .disconnected(let code): ("disconnected", Int(code))
        case .system(let number): ("system", Int(number))
        case .unknownHost: ("unknownHost", nil)
        case .notSSH: ("notSSH", nil)
        case .noCommonAlgorithm: ("noCommonAlgorithm", nil)
        case .hostKeyUnknown: ("hostKeyUnknown", nil)
        case .hostKeyChanged: ("hostKeyChanged", nil)
        case .hostKeyRevoked: ("hostKeyRevoked", nil)
        case .hostKeyInvalid: ("hostKeyInvalid", nil)
        case .denied: ("denied", nil)
        case .refused: ("refused", nil)
        case .outputLimit: ("outputLimit", nil)
        case .protocolViolation: ("protocolViolation", nil)
        case .file: ("file", nil)
        case .misuse: ("misuse", nil)
        }
    }
}

extension TrustedHostKey.Ground {
    var name: String {
        switch self {
        case .knownHosts: "known"
        case .certificate: "certificate"
        case .firstContact: "new"
        case .pin: "pinned"
        case .caller: "caller"
        case .loopback: "loopback"
        case .unverified: "unverified"
        }
    }
}
