import SSHCrypto
import SSHWire

/// Private keys in PEM armour (RFC 7468): PKCS#1 (RFC 8017 §A.1.2), SEC1 (RFC 5915) and PKCS#8 (RFC 5958, RFC 8410), as
/// OpenSSL and `ssh-keygen -m` write them.
enum PEMPrivateKey {
    /// `start` is where the armour begins.
    static func parse(
        _ file: borrowing SecretBytes, at start: Int, format: KeyFileFormat, passphrase: borrowing SecretBytes,
        minimumRSABitCount: Int
    ) throws(KeyFileError) -> PrivateKey {
        guard let body = format.body(in: file, from: start) else { throw .malformed }
        var lines = KeyFileLines(from: body.lowerBound)
        var encryption: KeyFileEncryption?
        if file.contains("Proc-Type: 4,ENCRYPTED", at: lines.position) {
            _ = lines.next(in: file)
            encryption = try KeyFileEncryption(header: try lines.field("DEK-Info: ", in: file))
        }
        guard var content = file.base64Decoded(min(lines.position, body.upperBound)..<body.upperBound) else {
            throw .malformed
        }
        if format == .encryptedPKCS8 {
            var outer = DERReader(content)
            var info = try outer.descend()
            var algorithm = try info.descend()
            encryption = try KeyFileEncryption(from: &algorithm)
            content = try info.read(.octetString)
        }
        if let encryption { content = try encryption.open(content, passphrase: passphrase) }
        let material: KeyMaterial
        do throws(KeyFileError) {
            material = try Self.material(content, format)
        } catch {
            // What a wrong passphrase gives may end like padding.
            throw encryption != nil && error == .malformed ? .wrongPassphrase : error
        }
        return try material.privateKey(minimumRSABitCount: minimumRSABitCount)
    }

    private static func material(
        _ content: consuming SecretBytes, _ format: KeyFileFormat
    ) throws(KeyFileError) -> KeyMaterial {
        switch format {
        case .rsaPEM: try rsa(content)
        case .ecPEM: try ecdsa(content, on: nil)
        default: try pkcs8(content)
        }
    }

    private static func pkcs8(_ content: consuming SecretBytes) throws(KeyFileError) -> KeyMaterial {
        var outer = DERReader(content)
        var info = try outer.descend()
        guard try info.readNumber() <= 1 else { throw .malformed }
        var algorithm = try info.descend()
        let name = try algorithm.readPublic(.identifier)
        let secret = try info.read(.octetString)
        switch name {
        case rsaName: return try rsa(secret)
        case ecdsaName: return try ecdsa(secret, on: try curve(from: &algorithm))
        case ed25519Name: break
        default: throw .unsupportedKeyType(otherNames[name] ?? "unknown")
        }
        var inner = DERReader(secret)
        let seed = try inner.read(.octetString)
        guard seed.count == 32 else { throw .malformed }
        if info.isNext(.zero) { _ = try info.read(.zero) }
        let point = info.isNext(.implicitOne) ? try info.readBits(.implicitOne) : nil
        try info.requireEnd()
        return KeyMaterial(.ed25519(seed: seed), stated: point.map { .ed25519($0) })
    }

    private static func rsa(_ content: consuming SecretBytes) throws(KeyFileError) -> KeyMaterial {
        var outer = DERReader(content)
        var numbers = try outer.descend()
        guard try numbers.readNumber() == 0 else { throw .malformed }
        let (modulus, exponent) = (try numbers.readPublicInteger(), try numbers.readPublicInteger())
        var key = RSAPrivateKey(modulus: modulus, exponent: exponent)
        key.privateExponent = try numbers.readInteger()
        key.firstPrime = try numbers.readInteger()
        key.secondPrime = try numbers.readInteger()
        // d mod (p - 1) and d mod (q - 1), which are made anew.
        for _ in 0..<2 { _ = try numbers.readInteger() }
        key.coefficient = try numbers.readInteger()
        try numbers.requireEnd()
        return KeyMaterial(.rsa(key), stated: .rsa(exponent: exponent, modulus: modulus))
    }

    private static func ecdsa(
        _ content: consuming SecretBytes, on statedCurve: NISTCurve?
    ) throws(KeyFileError) -> KeyMaterial {
        var outer = DERReader(content)
        var fields = try outer.descend()
        guard try fields.readNumber() == 1 else { throw .malformed }
        let scalar = try fields.read(.octetString)
        var ownCurve: NISTCurve?
        if fields.isNext(.zero) {
            var parameters = try fields.descend(.zero)
            ownCurve = try curve(from: &parameters)
        }
        guard let curve = ownCurve ?? statedCurve, curve == statedCurve ?? curve,
            scalar.count <= curve.fieldByteCount
        else { throw .malformed }
        var stated: VerificationKey?
        if fields.isNext(.one) {
            var holder = try fields.descend(.one)
            guard let point = try? curve.uncompressed(try holder.readBits(.bitString)) else { throw .malformed }
            stated = .ecdsa(curve, point: point)
        }
        try fields.requireEnd()
        let padded = scalar.slice(0..<scalar.count, paddedTo: curve.fieldByteCount)
        return KeyMaterial(.ecdsa(KeyMaterial.Scalar(curve: curve, bytes: padded)), stated: stated)
    }

    private static func curve(from reader: inout DERReader) throws(KeyFileError) -> NISTCurve {
        guard reader.isNext(.identifier), let curve = curves[try reader.readPublic(.identifier)] else {
            throw .unsupportedKeyType("ecdsa on another curve")
        }
        return curve
    }

    private static let rsaName: [UInt8] = [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x01]
    private static let ecdsaName: [UInt8] = [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x02, 0x01]
    private static let ed25519Name: [UInt8] = [0x2B, 0x65, 0x70]
    private static let otherNames: [[UInt8]: Name] = [
        [0x2A, 0x86, 0x48, 0xCE, 0x38, 0x04, 0x01]: "ssh-dss", [0x2B, 0x65, 0x71]: "ssh-ed448",
        [0x2B, 0x65, 0x6E]: "x25519", [0x2A, 0x86, 0x48, 0x86, 0xF7, 0x0D, 0x01, 0x01, 0x0A]: "rsassa-pss",
    ]
    private static let curves: [[UInt8]: NISTCurve] = [
        [0x2A, 0x86, 0x48, 0xCE, 0x3D, 0x03, 0x01, 0x07]: .p256, [0x2B, 0x81, 0x04, 0x00, 0x22]: .p384,
        [0x2B, 0x81, 0x04, 0x00, 0x23]: .p521,
    ]
}
