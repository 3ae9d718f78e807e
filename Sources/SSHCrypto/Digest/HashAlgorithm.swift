import CLibcrypto

/// The hash functions.
///
/// MD5 and SHA-1 serve fingerprints and hashed host names, SHA-1 also the legacy profile.
package enum HashAlgorithm: Sendable {
    case md5
    case sha1
    case sha256
    case sha384
    case sha512

    package var byteCount: Int {
        switch self {
        case .md5: 16
        case .sha1: 20
        case .sha256: 32
        case .sha384: 48
        case .sha512: 64
        }
    }

    var implementation: OpaquePointer? {
        switch self {
        case .md5: unsafe EVP_md5()
        case .sha1: unsafe EVP_sha1()
        case .sha256: unsafe EVP_sha256()
        case .sha384: unsafe EVP_sha384()
        case .sha512: unsafe EVP_sha512()
        }
    }
}
