import Fairlead
import NIOCore
import SSHCrypto
import TestSupport

/// One login with one combination: a command runs, a mebibyte goes up and comes down, and every name is the one meant.
struct MatrixSession {
    let configuration: SSHConfiguration
    let combination: MatrixCombination
    let payload: ByteBuffer

    /// How long a session may take on a machine that is busy.
    private static let limit = Duration.seconds(180)

    init(
        _ server: any InteropServer, _ combination: MatrixCombination, _ payload: ByteBuffer, rekeyByteCount: UInt64?
    ) {
        var configuration = server.configuration()
        combination.restrict(&configuration)
        configuration.rekeyByteCount = rekeyByteCount
        self.configuration = configuration
        self.combination = combination
        self.payload = payload
    }

    /// What went wrong; nothing when all is well.
    func faults() async -> [String] {
        do {
            return try await withThrowingTaskGroup(of: [String].self) { group in
                group.addTask { try await run() }
                group.addTask {
                    try await Task.sleep(for: Self.limit)
                    throw SupportError.deadline(waitingFor: combination.description, soFar: "")
                }
                defer { group.cancelAll() }
                return try await group.next() ?? []
            }
        } catch {
            return ["\(error)"]
        }
    }

    private func run() async throws -> [String] {
        try await withSSHConnection(configuration) { connection in
            let (echo, status) = try await connection.withProcess("cat; exit 42") { process in
                async let sent: Void = send(to: process)
                var echo = ByteBuffer()
                for try await var chunk in process.output { echo.writeBuffer(&chunk) }
                try await sent
                return (echo, try await process.exitStatus)
            }
            var faults = differences(await connection.info)
            if echo != payload { faults.append("\(echo.readableBytes) bytes came back, or other bytes") }
            if status != .code(42) { faults.append("exit status \(status)") }
            return faults
        }
    }

    private func send(to process: RemoteProcess) async throws {
        try await process.input.write(payload)
        try await process.input.finish()
    }

    /// Where what was agreed on is not what was meant.
    private func differences(_ info: ConnectionInfo) -> [String] {
        let keyType = combination.names[.hostKey].flatMap(SignatureAlgorithm.init)?.keyType.text
        let pairs: [(String?, String?)] = [
            (info.keyExchange, combination.names[.keyExchange]), (info.hostKey?.typeName, keyType),
            (info.hostKeyAlgorithm, combination.names[.hostKey]),
            (info.cipherClientToServer, combination.names[.cipher]),
            (info.cipherServerToClient, combination.names[.cipher]),
            (info.macClientToServer, combination.names[.mac]), (info.macServerToClient, combination.names[.mac]),
            (info.compressionClientToServer, combination.names[.compression]),
            (info.compressionServerToClient, combination.names[.compression]),
        ]
        let keys = info.rekeyCount > 0 ? [] : ["no new keys"]
        return keys + pairs.filter { $0.0 != $0.1 }.map { "\($0.0 ?? "nothing") instead of \($0.1 ?? "nothing")" }
    }
}
