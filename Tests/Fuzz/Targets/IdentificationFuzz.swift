import NIOCore
import SSHCore
import SSHWire

/// The lines before the first packet, in one piece, byte by byte and cut as the first byte says: the verdict is the same.
enum IdentificationFuzz {
    private enum Verdict: Equatable {
        case identified([UInt8], byteCount: Int)
        case refused(ProtocolError)
        /// More bytes are wanted; what would be said if none came.
        case waiting(ProtocolError)
    }

    static func run(_ input: [UInt8]) {
        guard let seed = input.first else { return }
        let bytes = Array(input.dropFirst())
        let whole = verdict([ByteBuffer(bytes: bytes)])
        precondition(whole == verdict(FuzzPieces.cut(bytes, longest: 1, seed: 0)), "byte by byte it reads otherwise")
        precondition(whole == verdict(FuzzPieces.cut(bytes, longest: 64, seed: seed)), "in pieces it reads otherwise")
        guard case .identified(let line, let byteCount) = whole else { return }
        precondition(["SSH-2.0-", "SSH-1.99-"].contains { line.starts(with: $0.utf8) }, "this is not SSH-2")
        precondition(!line.contains { [0, 10, 13].contains($0) }, "a control byte is let through")
        precondition(line.count <= Limits.identificationLineByteCount, "the line is too long")
        let read = bytes.prefix(byteCount)
        precondition([line + [10], line + [13, 10]].contains { read.reversed().starts(with: $0.reversed()) })
        _ = Quirks(Identification(line: line))
    }

    private static func verdict(_ pieces: [ByteBuffer]) -> Verdict {
        var reader = IdentificationReader()
        var byteCount = 0
        for piece in pieces {
            var buffer = piece
            do throws(ProtocolError) {
                let found = try reader.read(from: &buffer)
                byteCount += piece.readableBytes - buffer.readableBytes
                if let found { return .identified(found.line, byteCount: byteCount) }
                precondition(buffer.readableBytes == 0, "it waits with bytes at hand")
            } catch { return .refused(error) }
        }
        return .waiting(reader.closed())
    }
}
