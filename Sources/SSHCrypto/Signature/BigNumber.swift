import CLibcrypto
import SSHWire

/// A number of libcrypto's, wiped when it goes.
@safe struct BigNumber: ~Copyable {
    let pointer: OpaquePointer

    init(_ number: MPInt) throws(CryptoError) {
        guard let count = Int32(exactly: number.magnitude.count),
            let pointer = unsafe BN_bin2bn(number.magnitude, count, nil)
        else { throw Libcrypto.failure("BN_bin2bn") }
        unsafe self.pointer = pointer
    }

    /// A secret: libcrypto is told to calculate with it in constant time.
    init(_ secret: borrowing SecretBytes) throws(CryptoError) {
        let pointer = unsafe secret.withUnsafeBytes { bytes -> OpaquePointer? in
            guard let count = Int32(exactly: bytes.count) else { return nil }
            return unsafe BN_bin2bn(bytes.bindMemory(to: UInt8.self).baseAddress, count, BN_secure_new())
        }
        guard let pointer = unsafe pointer else { throw Libcrypto.failure("BN_bin2bn") }
        unsafe BN_set_flags(pointer, BN_FLG_CONSTTIME)
        unsafe self.pointer = pointer
    }

    init(owning pointer: OpaquePointer) {
        unsafe self.pointer = pointer
    }

    /// This number mod (`prime` - 1): an exponent of the Chinese remainder theorem (RFC 8017 §3.2).
    ///
    /// Throws `invalidKey` unless it undoes `other`, the public exponent.
    func reduced(
        for prime: borrowing BigNumber, undoing other: borrowing BigNumber
    ) throws(CryptoError) -> BigNumber {
        guard let remainder = unsafe BN_secure_new() else { throw Libcrypto.failure("BN_secure_new") }
        let result = unsafe BigNumber(owning: remainder)
        guard let divisor = unsafe BN_dup(prime.pointer) else { throw Libcrypto.failure("BN_dup") }
        let less = unsafe BigNumber(owning: divisor)
        guard let scratch = unsafe BN_CTX_secure_new() else { throw Libcrypto.failure("BN_CTX_secure_new") }
        defer { unsafe BN_CTX_free(scratch) }
        unsafe BN_set_flags(remainder, BN_FLG_CONSTTIME)
        unsafe BN_set_flags(divisor, BN_FLG_CONSTTIME)
        try Libcrypto.require(unsafe BN_sub_word(less.pointer, 1), "BN_sub_word")
        try Libcrypto.require(unsafe BN_div(nil, result.pointer, pointer, less.pointer, scratch), "BN_div")
        guard result.isInverse(of: other, modulo: less) else { throw .invalidKey }
        return result
    }

    /// Whether this number times another is 1, modulo a third.
    func isInverse(of other: borrowing BigNumber, modulo modulus: borrowing BigNumber) -> Bool {
        guard let scratch = unsafe BN_CTX_secure_new() else { return false }
        defer { unsafe BN_CTX_free(scratch) }
        guard let product = unsafe BN_secure_new() else { return false }
        defer { unsafe BN_clear_free(product) }
        defer { ERR_clear_error() }
        return unsafe BN_mod_mul(product, pointer, other.pointer, modulus.pointer, scratch) == 1
            && BN_is_one(product) == 1
    }

    deinit {
        unsafe BN_clear_free(pointer)
    }

    /// This number to a power; in constant time where the exponent is a secret.
    func power(
        _ exponent: borrowing BigNumber, modulo modulus: borrowing BigNumber
    ) throws(CryptoError) -> BigNumber {
        guard let scratch = unsafe BN_CTX_secure_new() else { throw Libcrypto.failure("BN_CTX_secure_new") }
        defer { unsafe BN_CTX_free(scratch) }
        guard let result = unsafe BN_secure_new() else { throw Libcrypto.failure("BN_secure_new") }
        let power = unsafe BigNumber(owning: result)
        let code = unsafe BN_mod_exp(power.pointer, pointer, exponent.pointer, modulus.pointer, scratch)
        try Libcrypto.require(code, "BN_mod_exp")
        return power
    }

    /// Padded in front to `count` bytes; how large the number is does not show.
    func secretBytes(count: Int) throws(CryptoError) -> SecretBytes {
        guard let length = Int32(exactly: count) else { throw .failed(operation: "BN_bn2binpad") }
        var bytes = SecretBytes(count: count)
        let written = unsafe bytes.withUnsafeMutableBytes { target in
            unsafe BN_bn2binpad(pointer, target.bindMemory(to: UInt8.self).baseAddress, length)
        }
        guard written == length else { throw Libcrypto.failure("BN_bn2binpad") }
        return bytes
    }

    /// For numbers that are no secret.
    func publicNumber() throws(CryptoError) -> MPInt {
        let count = (Int(unsafe BN_num_bits(pointer)) + 7) / 8
        let bytes = try secretBytes(count: count)
        return unsafe bytes.withUnsafeBytes { unsafe MPInt(magnitude: $0) }
    }

    /// Whether this number is the product of the two.
    func isProduct(of a: borrowing BigNumber, _ b: borrowing BigNumber) -> Bool {
        guard let scratch = unsafe BN_CTX_secure_new() else { return false }
        defer { unsafe BN_CTX_free(scratch) }
        guard let product = unsafe BN_secure_new() else { return false }
        defer { unsafe BN_clear_free(product) }
        return unsafe BN_mul(product, a.pointer, b.pointer, scratch) == 1 && BN_cmp(product, pointer) == 0
    }
}
