/// Why a cryptographic operation gave no result.
///
/// Nothing here ever means "ok".
package enum CryptoError: Error, Hashable {
    /// A library refused, or was handed what it cannot work with.
    case failed(operation: String)
    /// A wrong tag or MAC: one case for every way in which a packet can fail to open.
    case authenticationFailed
    case invalidKey
    case invalidSignature
    case invalidShare
    case unsupported
    case weakKey(bitCount: Int)
}
