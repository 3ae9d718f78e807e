import CLibcrypto

/// The one way in which a result of libcrypto is judged: 1 is success, everything else (0, negative, more) is not.
enum Libcrypto {
    static func require(_ result: Int32, _ operation: String) throws(CryptoError) {
        guard result == 1 else { throw failure(operation) }
    }

    /// Empties the thread's error queue as well, lest it grow with each refusal.
    static func failure(_ operation: String) -> CryptoError {
        ERR_clear_error()
        return .failed(operation: operation)
    }
}
