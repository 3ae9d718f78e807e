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
            text = String(validating: buffer.readableBytesView, as: UTF8.self)
            if text == nil { base64 = Data(buffer.readableBytesView).base64EncodedString() }
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

    /// One line.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) + "\n" } ?? "{}\n"
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
