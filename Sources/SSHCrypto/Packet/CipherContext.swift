import CLibcrypto

/// A cipher keyed once and run over packet after packet.
@safe struct CipherContext: ~Copyable {
    /// Nil where a packet mode is not in use; every use then fails.
    private let context: OpaquePointer?

    /// Encrypts nothing.
    init() {
        unsafe context = nil
    }

    /// `nonce` may be nil where each packet sets its own.
    init(
        _ cipher: OpaquePointer?, key: UnsafePointer<UInt8>, nonce: UnsafePointer<UInt8>?, encrypts: Bool
    ) throws(CryptoError) {
        guard let context = unsafe EVP_CIPHER_CTX_new() else { throw Libcrypto.failure("EVP_CIPHER_CTX_new") }
        // SSH pads by itself: libcrypto must neither add a block nor hold one back.
        guard unsafe EVP_CipherInit_ex(context, cipher, nil, key, nonce, encrypts ? 1 : 0) == 1,
            unsafe EVP_CIPHER_CTX_set_padding(context, 0) == 1
        else {
            unsafe EVP_CIPHER_CTX_free(context)
            throw Libcrypto.failure("EVP_CipherInit_ex")
        }
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_CIPHER_CTX_free(context)
    }

    /// Begins a packet: same key, new nonce.
    func begin(nonce: UnsafePointer<UInt8>) throws(CryptoError) {
        let result = unsafe EVP_CipherInit_ex(try pointer(), nil, nil, nil, nonce, -1)
        try Libcrypto.require(result, "EVP_CipherInit_ex")
    }

    /// Runs over `count` bytes; input and output may be the same memory.
    ///
    /// Without an output they are authenticated only.
    func update(
        _ input: UnsafePointer<UInt8>, count: Int, into output: UnsafeMutablePointer<UInt8>?
    ) throws(CryptoError) {
        guard let length = Int32(exactly: count) else { throw .failed(operation: "EVP_CipherUpdate") }
        var written: Int32 = 0
        let result = unsafe EVP_CipherUpdate(try pointer(), output, &written, input, length)
        try Libcrypto.require(result, "EVP_CipherUpdate")
        guard written == length else { throw .failed(operation: "EVP_CipherUpdate") }
    }

    /// Ends a sealed packet and hands out its tag.
    func finish(tag: UnsafeMutablePointer<UInt8>, count: Int32) throws(CryptoError) {
        try Libcrypto.require(finish(), "EVP_CipherFinal_ex")
        let result = unsafe EVP_CIPHER_CTX_ctrl(try pointer(), EVP_CTRL_AEAD_GET_TAG, count, tag)
        try Libcrypto.require(result, "EVP_CTRL_AEAD_GET_TAG")
    }

    /// Ends an opened packet: its tag is right, or nothing that came out may be used.
    func finish(verifying tag: UnsafePointer<UInt8>, count: Int32) throws(CryptoError) {
        let tag = unsafe UnsafeMutableRawPointer(mutating: tag)
        let result = unsafe EVP_CIPHER_CTX_ctrl(try pointer(), EVP_CTRL_AEAD_SET_TAG, count, tag)
        try Libcrypto.require(result, "EVP_CTRL_AEAD_SET_TAG")
        guard try finish() == 1 else {
            ERR_clear_error()
            throw .authenticationFailed
        }
    }

    private func finish() throws(CryptoError) -> Int32 {
        var rest: (UInt64, UInt64) = (0, 0)
        var written: Int32 = 0
        let context = try unsafe pointer()
        return unsafe withUnsafeMutableBytes(of: &rest) { bytes in
            unsafe EVP_CipherFinal_ex(context, bytes.bindMemory(to: UInt8.self).baseAddress, &written)
        }
    }

    private func pointer() throws(CryptoError) -> OpaquePointer {
        guard let context = unsafe context else { throw .failed(operation: "no cipher") }
        return unsafe context
    }
}
