import SSHCore
import SSHCrypto
import SSHIdentity

/// Reads what an identity file and its companions hold.
enum KeyFileLoader {
    struct KeyFile: Sendable {
        var publicKey: PublicKey?
        /// Nil where only a public key is there.
        var source: LoginKey.Source?
        /// The one in `PATH-cert.pub`, where it is for this key.
        var certificate: Certificate?
        /// Why the private half that is there does not do.
        var refusal: SSHError?
    }

    /// A private key, or a public one whose private half an agent may hold, even where the file's is refused; nil where
    /// neither the file nor `PATH.pub` is there.
    static func load(_ path: String, minimumRSABitCount: Int) throws(SSHError) -> KeyFile? {
        var file: KeyFile?
        do throws(SSHError) {
            file = try readPrivate(path, minimumRSABitCount)
        } catch {
            file = KeyFile(refusal: error)
        }
        if file?.publicKey == nil {
            // Encrypted PEM does not tell, and tokens and agents may leave nothing but this.
            let publicKey = try? publicKey(path + ".pub", minimumRSABitCount)
            if let publicKey { file = KeyFile(publicKey: publicKey, source: file?.source, refusal: file?.refusal) }
        }
        if let refusal = file?.refusal, file?.publicKey == nil { throw refusal }
        let stem = path.hasSuffix(".pub") ? String(path.dropLast(4)) : path
        if let certificate = try? certificate(stem + "-cert.pub", minimumRSABitCount: minimumRSABitCount),
            certificate.key == file?.publicKey
        {
            file?.certificate = certificate
        }
        return file
    }

    static func certificate(_ path: String, minimumRSABitCount: Int) throws(SSHError) -> Certificate? {
        guard let line = try firstLine(path) else { return nil }
        do throws(KeyError) {
            return try Certificate(line: line, minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw SSHError(.authentication, .file, "Certificate \"\(path)\": \(error)")
        }
    }

    /// Opens a locked key's file, and makes sure that it is the key that it was taken for.
    static func unlock(
        _ contents: Password, _ passphrase: Password, expecting publicKey: PublicKey?, minimumRSABitCount: Int
    ) throws(KeyFileError) -> PrivateKey {
        let key = try PrivateKeyFile.parse(
            contents.secret, passphrase: passphrase.secret, minimumRSABitCount: minimumRSABitCount)
        guard publicKey == nil || key.publicKey == publicKey else { throw .halvesDiffer }
        return key
    }

    private static func readPrivate(_ path: String, _ minimumRSABitCount: Int) throws(SSHError) -> KeyFile? {
        let file: (contents: Password, access: PlatformFiles.Access)
        do throws(PlatformFiles.Failure) {
            file = try PlatformFiles.readSecret(path, upTo: PrivateKeyFile.maximumByteCount)
        } catch {
            if error == .missing { return nil }
            throw SSHError(.authentication, .file, "Load key \"\(path)\": \(error.text)")
        }
        let found: KeyFile
        do throws(KeyFileError) {
            found = try read(file.contents, minimumRSABitCount)
        } catch {
            if case .notAPrivateKey = error, let key = try? publicKey(path, minimumRSABitCount) {
                return KeyFile(publicKey: key)
            }
            throw refusal(path, error)
        }
        guard !file.access.isOurs || !file.access.isReadableByOthers else {
            let mode = String(file.access.mode, radix: 8)
            throw SSHError(
                .authentication, .file,
                "Load key \"\(path)\": bad permissions: mode 0\(mode) lets others read this private key; run: chmod 600 \(path)"
            )
        }
        return found
    }

    private static func read(_ contents: Password, _ minimumRSABitCount: Int) throws(KeyFileError) -> KeyFile {
        do throws(KeyFileError) {
            let key = try PrivateKeyFile.parse(contents.secret, minimumRSABitCount: minimumRSABitCount)
            return KeyFile(publicKey: key.publicKey, source: .open(key))
        } catch {
            guard case .encrypted = error else { throw error }
            let key = try PrivateKeyFile.publicKey(of: contents.secret, minimumRSABitCount: minimumRSABitCount)
            return KeyFile(publicKey: key, source: .locked(contents: contents))
        }
    }

    static func refusal(_ path: String, _ error: KeyFileError) -> SSHError {
        SSHError(.authentication, .file, "Load key \"\(path)\": \(error.sentence)")
    }

    private static func publicKey(_ path: String, _ minimumRSABitCount: Int) throws(SSHError) -> PublicKey? {
        guard let line = try firstLine(path) else { return nil }
        do throws(KeyError) {
            return try PublicKey(line: line, minimumRSABitCount: minimumRSABitCount)
        } catch {
            throw SSHError(.authentication, .file, "Public key \"\(path)\": \(error)")
        }
    }

    private static func firstLine(_ path: String) throws(SSHError) -> [UInt8]? {
        do throws(PlatformFiles.Failure) {
            let bytes = try PlatformFiles.read(path, upTo: PrivateKeyFile.maximumByteCount)
            return Array(bytes.prefix { $0 != UInt8(ascii: "\n") })
        } catch {
            if error == .missing { return nil }
            throw SSHError(.authentication, .file, "\(path): \(error.text)")
        }
    }
}

extension PlatformFiles.Failure {
    package var text: String {
        switch self {
        case .missing: "No such file or directory"
        case .system(let number): PlatformFiles.errorText(number)
        case .directory: "Is a directory"
        case .notRegular: "not a regular file"
        case .tooLarge: "the file is too large"
        case .writableByOthers: "bad owner or permissions"
        }
    }
}

extension PlatformFiles {
    /// Makes the `.ssh` that a file is to lie in, for the user alone, unless it is there; no other directory, as in ssh.
    static func makeParentDirectory(of path: String) throws(Failure) {
        let bytes = Array(path.utf8)
        guard let slash = bytes.lastIndex(of: UInt8(ascii: "/")), bytes[..<slash].suffix(5).elementsEqual("/.ssh".utf8)
        else { return }
        try makeDirectory(String(decoding: bytes[..<slash], as: UTF8.self))
    }

    /// Makes the directories that a file is to lie in, for the user alone, as far as they are not there: the last three
    /// (`.local/state/fairlead`), and never a home.
    static func makeStateDirectories(of path: String) throws(Failure) {
        let slashes = path.indices.dropFirst().filter { path[$0] == "/" }
        for slash in slashes.suffix(3) { try makeDirectory(String(path[..<slash])) }
    }
}
