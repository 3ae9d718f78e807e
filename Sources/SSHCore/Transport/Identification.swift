package import NIOCore

/// A server's identification line, without its terminator: it enters the exchange hash byte for byte (RFC 4253 §4.2).
package struct Identification: Hashable, Sendable {
    package let line: [UInt8]

    package init(line: [UInt8]) {
        self.line = line
    }

    /// What follows `SSH-2.0-`: software version and comment.
    package var software: ArraySlice<UInt8> {
        let parts = line.split(separator: UInt8(ascii: "-"), maxSplits: 2)
        return parts.count == 3 ? parts[2] : []
    }
}

/// Finds the server's identification in a stream: lines that do not begin with `SSH-` may come first, within limits; the
/// terminator is CRLF or a bare LF (RFC 4253 §4.2).
///
/// Refuses what is not SSH-2 with the first line the peer sent, so that a person sees whom they reached.
package struct IdentificationReader {
    private var line: [UInt8] = []
    private var precedingLineCount = 0
    private var totalByteCount = 0
    /// The first line with anything in it, for error messages.
    package private(set) var firstLine: [UInt8] = []
    /// Those lines before the identification that are worth a log's, and of each as much.
    private(set) var precedingLines: [[UInt8]] = []
    /// Two for CRLF, one for a bare LF.
    private(set) var terminatorByteCount = 1

    package init() {}

    /// Of lines that are not yet done with.
    var keptByteCount: Int { line.capacity + firstLine.count }

    /// Consumes bytes up to and including the identification line.
    package mutating func read(from bytes: inout ByteBuffer) throws(ProtocolError) -> Identification? {
        while let byte = bytes.readInteger(as: UInt8.self) {
            guard byte == UInt8(ascii: "\n") else {
                line.append(byte)
                guard line.count <= Limits.identificationLineByteCount else { throw tooLong() }
                continue
            }
            if let identification = try finishLine() { return identification }
        }
        return nil
    }

    /// The peer closed before it identified itself, or in the midst of that.
    package mutating func closed() -> ProtocolError {
        if !line.isEmpty, isIdentification || "SSH-".utf8.starts(with: line) { return .closed(.identification) }
        noteFirstLine()
        return firstLine.isEmpty ? .closed(.identification) : .identification(.notSSH, firstLine: firstLine)
    }

    private mutating func finishLine() throws(ProtocolError) -> Identification? {
        terminatorByteCount = line.last == UInt8(ascii: "\r") ? 2 : 1
        if line.last == UInt8(ascii: "\r") { line.removeLast() }
        noteFirstLine()
        defer { line.removeAll(keepingCapacity: true) }
        if isIdentification { return try parse() }
        if !line.isEmpty, precedingLines.count < Limits.shownPrecedingLineCount {
            precedingLines.append(Array(line.prefix(Limits.customaryIdentificationByteCount)))
        }
        precedingLineCount += 1
        totalByteCount += line.count + terminatorByteCount
        guard precedingLineCount <= Limits.precedingLineCount else { throw .limit(.precedingLines) }
        guard totalByteCount <= Limits.precedingTotalByteCount else { throw .limit(.precedingTotal) }
        return nil
    }

    private mutating func parse() throws(ProtocolError) -> Identification {
        let forbidden: [UInt8] = [0, UInt8(ascii: "\r")]
        guard !line.contains(where: forbidden.contains) else {
            throw .identification(.malformed, firstLine: firstLine)
        }
        let isVersion2 = line.starts(with: Array("SSH-2.0-".utf8)) || line.starts(with: Array("SSH-1.99-".utf8))
        guard isVersion2 else { throw .identification(.version, firstLine: firstLine) }
        guard line.last != UInt8(ascii: "-") || line.filter({ $0 == UInt8(ascii: "-") }).count > 2 else {
            throw .identification(.malformed, firstLine: firstLine)
        }
        return Identification(line: line)
    }

    private var isIdentification: Bool { line.starts(with: Array("SSH-".utf8)) }

    private func tooLong() -> ProtocolError {
        isIdentification ? .identification(.lineTooLong, firstLine: line) : .limit(.precedingLine)
    }

    private mutating func noteFirstLine() {
        if firstLine.isEmpty { firstLine = Array(line.prefix(Limits.customaryIdentificationByteCount)) }
    }
}
