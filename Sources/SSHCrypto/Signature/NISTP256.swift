import CLibcrypto

/// The curve P-256, for what libcrypto's keys do not do by themselves: checking a point, and finding a scalar's point.
@safe struct NISTP256: ~Copyable {
    static let pointByteCount = 65
    private static let uncompressed: UInt8 = 0x04

    private let group: OpaquePointer
    private let point: OpaquePointer

    init() throws(CryptoError) {
        guard let group = unsafe EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1) else {
            throw Libcrypto.failure("EC_GROUP_new_by_curve_name")
        }
        guard let point = unsafe EC_POINT_new(group) else {
            unsafe EC_GROUP_free(group)
            throw Libcrypto.failure("EC_POINT_new")
        }
        unsafe self.group = group
        unsafe self.point = point
    }

    deinit {
        unsafe EC_POINT_clear_free(point)
        unsafe EC_GROUP_free(group)
    }

    /// Whether the bytes are an uncompressed point on the curve, and not the one at infinity (RFC 5656 §3.1).
    static func isPoint(_ bytes: [UInt8]) throws(CryptoError) -> Bool {
        guard bytes.count == pointByteCount, bytes.first == uncompressed else { return false }
        let curve = try NISTP256()
        defer { ERR_clear_error() }
        return unsafe EC_POINT_oct2point(curve.group, curve.point, bytes, bytes.count, nil) == 1
            && EC_POINT_is_at_infinity(curve.group, curve.point) == 0
    }

    /// The public point of a scalar in 1..<n.
    static func point(scalar: borrowing SecretBytes) throws(CryptoError) -> [UInt8] {
        let curve = try NISTP256()
        let number = try BigNumber(scalar)
        guard let order = unsafe EC_GROUP_get0_order(curve.group), unsafe BN_is_zero(number.pointer) == 0,
            unsafe BN_cmp(number.pointer, order) < 0
        else { throw .invalidKey }
        let result = unsafe EC_POINT_mul(curve.group, curve.point, number.pointer, nil, nil, nil)
        try Libcrypto.require(result, "EC_POINT_mul")
        var bytes = [UInt8](repeating: 0, count: pointByteCount)
        let count = unsafe EC_POINT_point2oct(
            curve.group, curve.point, POINT_CONVERSION_UNCOMPRESSED, &bytes, bytes.count, nil)
        guard count == pointByteCount else { throw Libcrypto.failure("EC_POINT_point2oct") }
        return bytes
    }
}
