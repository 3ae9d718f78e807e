import NIOCore
import SSHCrypto
import SSHWire

/// Keys and certificates that count no more: the contents of a revocation list, as `RevokedHostKeys` names one.
///
/// Either OpenSSH's binary list (`ssh-keygen -k`, PROTOCOL.krl) or public keys in plain lines; the contents tell which. A list
/// that cannot be understood to its end is an error and not an empty list, so that nothing passes for want of a list.
public struct RevokedKeys: Sendable {
    /// Why a list gives no answer.
    public enum Fault: Error, Hashable, Sendable {
        /// The binary list is cut short or damaged.
        case malformed
        /// The binary list holds a section that must be understood and is not: a signature, or a critical extension.
        case unsupported(section: UInt8)
        /// This line, counted from one, is neither a comment nor a public key.
        case unreadableLine(Int)
    }

    private enum Section: UInt8 {
        case certificates = 1
        case keys = 2
        case sha1 = 3
        case sha256 = 5
        case `extension` = 255
    }

    private static let magic = Array("SSHKRL\n\0".utf8)
    private static let formatVersion: UInt32 = 1
    /// The list's version, its date and its flags, of which none is defined.
    private static let headerByteCount = 24

    private var blobs: Set<[UInt8]> = []
    private var digests: [HashAlgorithm: Set<[UInt8]>] = [:]
    /// By their authority's blob, which is empty where any authority's are meant.
    private var certificates: [[UInt8]: RevokedCertificates] = [:]

    /// Reads a revocation list of either kind.
    ///
    /// - Parameter contents: The file's bytes.
    /// - Throws: `Fault`; then every key should count as revoked.
    public init(contents: [UInt8]) throws(Fault) {
        guard contents.starts(with: Self.magic) else {
            try readLines(contents)
            return
        }
        var body = ByteBuffer(bytes: contents.dropFirst(Self.magic.count))
        do throws(WireError) {
            try readSections(&body)
        } catch .wrongMessage(let number) {
            throw .unsupported(section: number)
        } catch {
            throw .malformed
        }
    }

    /// Whether a key is on the list, itself or by its hash.
    ///
    /// - Parameter key: A plain key.
    /// - Returns: `true` also where the system's libcrypto cannot compute the hash that the list goes by.
    public func isRevoked(_ key: PublicKey) -> Bool {
        blobs.contains(key.blob)
            || digests.contains { algorithm, revoked in
                guard let digest = try? Digest.hash(algorithm, key.blob) else { return true }
                return revoked.contains(digest)
            }
    }

    /// Whether a certificate is on the list: its key, its authority, or what the authority wrote in it.
    ///
    /// - Parameter certificate: A host's or a user's.
    /// - Returns: `true` where any of these is revoked.
    public func isRevoked(_ certificate: Certificate) -> Bool {
        isRevoked(certificate.key) || isRevoked(certificate.authority)
            || [certificate.authority.blob, []].contains { certificates[$0]?.holds(certificate) == true }
    }

    /// A certificate in a line stands for its key, as in OpenSSH.
    ///
    /// A key of a type or a size that is never accepted needs no place.
    private mutating func readLines(_ contents: [UInt8]) throws(Fault) {
        let lines = contents.split(separator: ASCII.lineFeed, omittingEmptySubsequences: false)
        for (index, line) in lines.enumerated() {
            let bytes = Array(line)
            guard !LineFields(bytes, in: 0..<LineFields.contentEnd(of: bytes)).isAtComment else { continue }
            do throws(KeyError) {
                let line = try KeyBlobLine(bytes)
                let isCertificate = Certificate.isCertificate(type: line.type)
                let key =
                    try isCertificate
                    ? Certificate(blob: line.blob, minimumRSABitCount: 0).key
                    : PublicKey(blob: line.blob, minimumRSABitCount: 0)
                blobs.insert(key.blob)
            } catch .weak, .unsupported {
                continue
            } catch {
                throw .unreadableLine(index + 1)
            }
        }
    }

    private mutating func readSections(_ body: inout ByteBuffer) throws(WireError) {
        guard try body.readUInt32() == Self.formatVersion else { throw .outOfRange }
        _ = try body.readFixed(count: Self.headerByteCount)
        _ = try body.readString()
        _ = try body.readText()
        while body.readableBytes > 0 {
            let number = try body.readByte()
            var section = try body.readString()
            switch Section(rawValue: number) {
            case .certificates: try readCertificates(&section)
            case .keys: while section.readableBytes > 0 { blobs.insert(try section.readStringBytes()) }
            case .sha1: try readDigests(&section, of: .sha1)
            case .sha256: try readDigests(&section, of: .sha256)
            case .extension: try Self.skipExtension(&section, number: number)
            // A signature too: OpenSSH verified it before 9.4 and refuses the list since.
            case nil: throw .wrongMessage(number: number)
            }
            try section.requireEnd()
        }
    }

    private mutating func readDigests(_ section: inout ByteBuffer, of algorithm: HashAlgorithm) throws(WireError) {
        while section.readableBytes > 0 {
            let digest = try section.readStringBytes()
            guard digest.count == algorithm.byteCount else { throw .outOfRange }
            digests[algorithm, default: []].insert(digest)
        }
    }

    private mutating func readCertificates(_ section: inout ByteBuffer) throws(WireError) {
        let authority = try section.readStringBytes()
        _ = try section.readString()
        while section.readableBytes > 0 {
            let number = try section.readByte()
            var part = try section.readString()
            if let kind = RevokedCertificates.Kind(rawValue: number) {
                try certificates[authority, default: RevokedCertificates()].read(kind, from: &part)
            } else {
                guard number == RevokedCertificates.extensionNumber else { throw .wrongMessage(number: number) }
                try Self.skipExtension(&part, number: number)
            }
            try part.requireEnd()
        }
    }

    private static func skipExtension(_ section: inout ByteBuffer, number: UInt8) throws(WireError) {
        _ = try section.readString()
        let isCritical = try section.readBoolean()
        _ = try section.readString()
        guard !isCritical else { throw .wrongMessage(number: number) }
    }
}
