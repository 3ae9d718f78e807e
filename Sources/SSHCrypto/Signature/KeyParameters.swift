import CLibcrypto

/// The parts of a key on their way into libcrypto.
///
/// It keeps pointers to all of them until `make`: names are static, and numbers and bytes are the caller's to keep
/// alive.
@safe struct KeyParameters: ~Copyable {
    enum Selection {
        case publicKey
        case keyPair

        /// libcrypto's macros for these are not visible from Swift.
        var bits: Int32 {
            let publicKey = OSSL_KEYMGMT_SELECT_ALL_PARAMETERS | OSSL_KEYMGMT_SELECT_PUBLIC_KEY
            return switch self {
            case .publicKey: publicKey
            case .keyPair: publicKey | OSSL_KEYMGMT_SELECT_PRIVATE_KEY
            }
        }
    }

    private let builder: OpaquePointer

    init() throws(CryptoError) {
        guard let builder = unsafe OSSL_PARAM_BLD_new() else { throw Libcrypto.failure("OSSL_PARAM_BLD_new") }
        unsafe self.builder = builder
    }

    deinit {
        unsafe OSSL_PARAM_BLD_free(builder)
    }

    func add(_ name: StaticString, _ number: borrowing BigNumber) throws(CryptoError) {
        let result = unsafe OSSL_PARAM_BLD_push_BN(builder, Self.characters(name), number.pointer)
        try Libcrypto.require(result, "OSSL_PARAM_BLD_push_BN")
    }

    func add(_ name: StaticString, _ text: StaticString) throws(CryptoError) {
        let result = unsafe OSSL_PARAM_BLD_push_utf8_string(
            builder, Self.characters(name), Self.characters(text), text.utf8CodeUnitCount)
        try Libcrypto.require(result, "OSSL_PARAM_BLD_push_utf8_string")
    }

    func add(_ name: StaticString, _ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        let result = unsafe OSSL_PARAM_BLD_push_octet_string(
            builder, Self.characters(name), bytes.baseAddress, bytes.count)
        try Libcrypto.require(result, "OSSL_PARAM_BLD_push_octet_string")
    }

    /// Makes the key; libcrypto copies what it needs.
    func make(_ type: String, _ selection: Selection) throws(CryptoError) -> LibcryptoKey {
        guard let parameters = unsafe OSSL_PARAM_BLD_to_param(builder) else {
            throw Libcrypto.failure("OSSL_PARAM_BLD_to_param")
        }
        defer { unsafe OSSL_PARAM_free(parameters) }
        guard let context = unsafe EVP_PKEY_CTX_new_from_name(nil, type, nil) else {
            throw Libcrypto.failure("EVP_PKEY_CTX_new_from_name")
        }
        defer { unsafe EVP_PKEY_CTX_free(context) }
        try Libcrypto.require(unsafe EVP_PKEY_fromdata_init(context), "EVP_PKEY_fromdata_init")
        var key: OpaquePointer?
        let result = unsafe EVP_PKEY_fromdata(context, &key, selection.bits, parameters)
        guard result == 1, let key = unsafe key else {
            ERR_clear_error()
            throw .invalidKey
        }
        return unsafe LibcryptoKey(key)
    }

    private static func characters(_ text: StaticString) -> UnsafePointer<CChar> {
        unsafe UnsafeRawPointer(text.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
