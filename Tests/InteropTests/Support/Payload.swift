import Foundation
import NIOCore
import SSHCrypto
import TestSupport

/// Bytes to send through a connection and to find again at its other end.
enum Payload {
    static let mebibyte = 1 << 20

    /// Random bytes: no two stretches are alike, so a lost, doubled or swapped packet shows.
    static func bytes(_ count: Int) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: "/dev/urandom"))
        defer { try? handle.close() }
        var bytes: [UInt8] = []
        while bytes.count < count, let some = try handle.read(upToCount: count - bytes.count) { bytes += some }
        return bytes
    }

    /// A file of such bytes, and their SHA-256.
    final class File: Sendable {
        let bytes: [UInt8]
        let sha256: String
        let path: String
        private let folder: TemporaryDirectory

        init(byteCount: Int) throws {
            folder = try TemporaryDirectory(isPublic: true)
            bytes = try Payload.bytes(byteCount)
            path = try folder.write(bytes, to: "payload", mode: 0o644)
            sha256 = try Payload.sha256(bytes)
        }

        /// A descriptor at the file's start; the caller closes it.
        func open() throws -> Int32 {
            try openFile(path, O_RDONLY)
        }
    }

    static func sha256(_ bytes: [UInt8]) throws -> String {
        hexadecimal(try Digest.hash(.sha256, bytes))
    }

    static func hexadecimal(_ bytes: [UInt8]) -> String {
        bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
    }

    /// The hash of a file, by a program that is not ours.
    static func sha256(ofFile path: String) async throws -> String {
        let result = try await RunningProcess.runSuccessfully("sha256sum", [path])
        return String(result.outputText.prefix(64))
    }
}

/// Opens a file; the caller closes the descriptor.
func openFile(_ path: String, _ flags: Int32) throws -> Int32 {
    let descriptor = open(path, flags | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { throw SupportError.system(call: "open \(path)", errno: errno) }
    return descriptor
}

extension ByteBuffer {
    var text: String { String(buffer: self) }
}

/// A hash that takes its bytes piece by piece.
extension AsyncSequence where Element == ByteBuffer {
    /// How many bytes there were, and their SHA-256.
    func sha256() async throws -> (byteCount: Int, hash: String) {
        var digest = try Digest(.sha256)
        var count = 0
        for try await chunk in self {
            count += chunk.readableBytes
            try digest.update(chunk)
        }
        return (count, Payload.hexadecimal(try digest.finalize()))
    }
}
