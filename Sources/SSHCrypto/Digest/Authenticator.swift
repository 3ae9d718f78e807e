import CLibcrypto
import CSodium

/// A message authentication code's context, keyed once and used for packet after packet: HMAC, or Poly1305 with a new key
/// for each.
@safe struct Authenticator: ~Copyable {
    /// Nil where a packet mode has no MAC of its own; every use then fails.
    private let context: OpaquePointer?

    /// Authenticates nothing.
    init() {
        unsafe context = nil
    }

    init(hmac hash: HashAlgorithm, key: borrowing SecretBytes) throws(CryptoError) {
        let context = try unsafe Self.makeContext("HMAC")
        let result = unsafe key.withUnsafeBytes { unsafe Self.initialise(context, hash: hash, key: $0) }
        guard result == 1 else {
            unsafe EVP_MAC_CTX_free(context)
            throw Libcrypto.failure("EVP_MAC_init")
        }
        unsafe self.context = context
    }

    private static func initialise(
        _ context: OpaquePointer, hash: HashAlgorithm, key: UnsafeRawBufferPointer
    ) -> Int32 {
        let name = unsafe UnsafeMutablePointer(mutating: EVP_MD_get0_name(hash.implementation))
        var parameters = unsafe [
            OSSL_PARAM_construct_utf8_string(digestParameter, name, 0), OSSL_PARAM_construct_end(),
        ]
        return unsafe EVP_MAC_init(context, key.bindMemory(to: UInt8.self).baseAddress, key.count, &parameters)
    }

    /// Poly1305; `start(key:)` before each message.
    static func poly1305() throws(CryptoError) -> Authenticator {
        unsafe Authenticator(context: try makeContext("POLY1305"))
    }

    private init(context: OpaquePointer) {
        unsafe self.context = context
    }

    deinit {
        unsafe EVP_MAC_CTX_free(context)
    }

    /// Begins a message under the key at hand.
    func start() throws(CryptoError) {
        try Libcrypto.require(unsafe EVP_MAC_init(try pointer(), nil, 0, nil), "EVP_MAC_init")
    }

    /// Begins a message under a key of its own.
    func start(key: UnsafePointer<UInt8>, count: Int) throws(CryptoError) {
        try Libcrypto.require(unsafe EVP_MAC_init(try pointer(), key, count, nil), "EVP_MAC_init")
    }

    func update(_ bytes: UnsafeRawBufferPointer) throws(CryptoError) {
        guard let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else { return }
        try unsafe update(base, count: bytes.count)
    }

    func update(_ bytes: UnsafePointer<UInt8>, count: Int) throws(CryptoError) {
        try Libcrypto.require(unsafe EVP_MAC_update(try pointer(), bytes, count), "EVP_MAC_update")
    }

    func update(_ number: UInt32) throws(CryptoError) {
        try unsafe withUnsafeBytes(of: number.bigEndian) { (bytes) throws(CryptoError) in try unsafe update(bytes) }
    }

    /// Ends the message and hands out its tag, or as many first bytes of it as the algorithm sends.
    func finish(_ tag: UnsafeMutablePointer<UInt8>, count: Int) throws(CryptoError) {
        try unsafe finish(count: count) { computed in unsafe tag.update(from: computed, count: count) }
    }

    /// Ends the message and compares its tag with the one that came along, in constant time.
    func verify(_ tag: UnsafePointer<UInt8>, count: Int) throws(CryptoError) {
        guard unsafe try finish(count: count, { unsafe sodium_memcmp($0, tag, count) == 0 }) else {
            throw .authenticationFailed
        }
    }

    private func finish<Result>(
        count: Int, _ body: (UnsafePointer<UInt8>) -> Result
    ) throws(CryptoError) -> Result {
        var computed: (UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64, UInt64) = (0, 0, 0, 0, 0, 0, 0, 0)
        return try unsafe withUnsafeMutableBytes(of: &computed) { (bytes) throws(CryptoError) in
            var written = 0
            guard let base = unsafe bytes.bindMemory(to: UInt8.self).baseAddress else {
                throw .failed(operation: "a tag")
            }
            try Libcrypto.require(unsafe EVP_MAC_final(try pointer(), base, &written, bytes.count), "EVP_MAC_final")
            guard count > 0, count <= written else { throw .failed(operation: "a tag's length") }
            return unsafe body(base)
        }
    }

    private func pointer() throws(CryptoError) -> OpaquePointer {
        guard let context = unsafe context else { throw .failed(operation: "no authenticator") }
        return unsafe context
    }

    private static func makeContext(_ name: String) throws(CryptoError) -> OpaquePointer {
        let algorithm = unsafe EVP_MAC_fetch(nil, name, nil)
        defer { unsafe EVP_MAC_free(algorithm) }
        guard let algorithm = unsafe algorithm, let context = unsafe EVP_MAC_CTX_new(algorithm) else {
            throw Libcrypto.failure("EVP_MAC_fetch")
        }
        return unsafe context
    }

    /// "digest", somewhere that outlives the parameter list.
    private static var digestParameter: UnsafePointer<CChar> {
        let name: StaticString = "digest"
        return unsafe UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
}
