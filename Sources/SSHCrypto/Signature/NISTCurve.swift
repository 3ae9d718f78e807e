import CLibcrypto
package import SSHWire

/// The NIST curves that SSH requires, by their names in key blobs (RFC 5656 §10.1), and what libcrypto's keys do not do by
/// themselves: checking a point, and finding a scalar's point.
package enum NISTCurve: String, CaseIterable, Sendable {
    case p256 = "nistp256"
    case p384 = "nistp384"
    case p521 = "nistp521"

    private static let uncompressed: UInt8 = 0x04

    package var bitCount: Int { parameters.bitCount }

    /// Bytes of a coordinate, and of a number below the group's order.
    package var fieldByteCount: Int { (bitCount + 7) / 8 }

    /// The type of an ECDSA key on this curve.
    package var keyType: Name { Name("ecdsa-sha2-" + rawValue) }

    /// The hash that ECDSA signs on this curve (RFC 5656 §6.2.1).
    var hash: HashAlgorithm { parameters.hash }

    /// The name by which libcrypto's parameters know it.
    var groupName: StaticString { parameters.group }

    private var pointByteCount: Int { 1 + 2 * fieldByteCount }

    private var parameters: (bitCount: Int, hash: HashAlgorithm, group: StaticString, identifier: Int32) {
        switch self {
        case .p256: (256, .sha256, "prime256v1", NID_X9_62_prime256v1)
        case .p384: (384, .sha384, "secp384r1", NID_secp384r1)
        case .p521: (521, .sha512, "secp521r1", NID_secp521r1)
        }
    }

    /// Whether the bytes are an uncompressed point on the curve, and not the one at infinity (RFC 5656 §3.1).
    func isPoint(_ bytes: [UInt8]) throws(CryptoError) -> Bool {
        guard bytes.count == pointByteCount, bytes.first == Self.uncompressed else { return false }
        let workspace = try Workspace(parameters.identifier)
        defer { ERR_clear_error() }
        return unsafe EC_POINT_oct2point(workspace.group, workspace.point, bytes, bytes.count, nil) == 1
            && EC_POINT_is_at_infinity(workspace.group, workspace.point) == 0
    }

    /// The public point of a scalar in 1..<n.
    func point(scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        let workspace = try Workspace(parameters.identifier)
        let number = try BigNumber(scalar)
        guard let order = unsafe EC_GROUP_get0_order(workspace.group), unsafe BN_is_zero(number.pointer) == 0,
            unsafe BN_cmp(number.pointer, order) < 0
        else { throw .invalidKey }
        let result = unsafe EC_POINT_mul(workspace.group, workspace.point, number.pointer, nil, nil, nil)
        try Libcrypto.require(result, "EC_POINT_mul")
        return try workspace.uncompressed(byteCount: pointByteCount)
    }

    /// The same point with both coordinates: key files may hold one and a sign.
    package func uncompressed(_ point: [UInt8]) throws(CryptoError) -> [UInt8] {
        let workspace = try Workspace(parameters.identifier)
        guard unsafe EC_POINT_oct2point(workspace.group, workspace.point, point, point.count, nil) == 1 else {
            ERR_clear_error()
            throw .invalidKey
        }
        return try workspace.uncompressed(byteCount: pointByteCount)
    }

    /// The x coordinate of a point times a scalar (RFC 5656 §4).
    ///
    /// A point that is compressed, infinite or off the curve is `invalidShare`.
    func product(of point: [UInt8], scalar: borrowing SecretBytes) throws(CryptoError) -> SecretBytes {
        guard try isPoint(point) else { throw .invalidShare }
        defer { ERR_clear_error() }
        let workspace = try Workspace(parameters.identifier)
        let number = try BigNumber(scalar)
        guard unsafe EC_POINT_oct2point(workspace.group, workspace.point, point, point.count, nil) == 1,
            unsafe EC_POINT_mul(workspace.group, workspace.point, nil, workspace.point, number.pointer, nil) == 1,
            unsafe EC_POINT_is_at_infinity(workspace.group, workspace.point) == 0
        else { throw .invalidShare }
        guard let x = unsafe BN_secure_new() else { throw Libcrypto.failure("BN_secure_new") }
        let coordinate = unsafe BigNumber(owning: x)
        let result = unsafe EC_POINT_get_affine_coordinates(
            workspace.group, workspace.point, coordinate.pointer, nil, nil)
        try Libcrypto.require(result, "EC_POINT_get_affine_coordinates")
        return try coordinate.secretBytes(count: fieldByteCount)
    }

    /// libcrypto's group and one point of it.
    @safe private struct Workspace: ~Copyable {
        let group: OpaquePointer
        let point: OpaquePointer

        init(_ identifier: Int32) throws(CryptoError) {
            guard let group = unsafe EC_GROUP_new_by_curve_name(identifier) else {
                throw Libcrypto.failure("EC_GROUP_new_by_curve_name")
            }
            guard let point = unsafe EC_POINT_new(group) else {
                unsafe EC_GROUP_free(group)
                throw Libcrypto.failure("EC_POINT_new")
            }
            unsafe self.group = group
            unsafe self.point = point
        }

        func uncompressed(byteCount: Int) throws(CryptoError) -> [UInt8] {
            var bytes = [UInt8](repeating: 0, count: byteCount)
            let count = unsafe EC_POINT_point2oct(
                group, point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil)
            guard count == byteCount else { throw Libcrypto.failure("EC_POINT_point2oct") }
            return bytes
        }

        deinit {
            unsafe EC_POINT_clear_free(point)
            unsafe EC_GROUP_free(group)
        }
    }
}
