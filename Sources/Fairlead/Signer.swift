package import SSHCrypto
public import SSHIdentity
import SSHWire

/// Something that signs with a private key which it does not give away: an agent, a token, a service far away.
public protocol Signer: Sendable {
    /// The public half of the key.
    var publicKey: PublicKey { get }

    /// Signs what proves a login to the server (RFC 4252 §7).
    ///
    /// It may take as long as a person needs to touch a token or to type a PIN; when the connection is lost, the task is
    /// cancelled. The library verifies the signature with `publicKey` before it sends it.
    ///
    /// - Parameters:
    ///   - data: The bytes to sign, not hashed.
    ///   - algorithm: How: `ssh-ed25519`, `ecdsa-sha2-nistp256`, `rsa-sha2-512` or another that fits the key.
    /// - Returns: The signature blob: a string with the algorithm's name and one with the signature (RFC 4253 §6.6).
    /// - Throws: Whatever kept it from signing; the next credential is tried then.
    func sign(_ data: [UInt8], algorithm: String) async throws -> [UInt8]
}

extension Signer {
    /// The signature, once the public key says that it is right: a wrong one would be held against the user.
    package func verifiedSignature(
        over data: [UInt8], algorithm: SignatureAlgorithm
    ) async throws(SSHError) -> [UInt8] {
        let signature: [UInt8]
        do {
            signature = try await sign(data, algorithm: algorithm.rawValue)
        } catch let error as SSHError {
            throw error
        } catch {
            throw Task.isCancelled
                ? SSHConnection.cancelled
                : SSHError(.authentication, .denied, "The signer did not sign: \(PeerText.line("\(error)".utf8))")
        }
        return try verified(signature, over: data, algorithm)
    }

    /// The same; when it takes longer than `patience`, the person may pass the key over.
    func verifiedSignature(
        over data: [UInt8], algorithm: SignatureAlgorithm, responder: any LoginResponder, patience: Duration
    ) async throws(SSHError) -> [UInt8] {
        let result = await withTaskGroup(of: Result<[UInt8], SSHError>?.self) { group in
            group.addTask {
                do throws(SSHError) {
                    return .success(try await verifiedSignature(over: data, algorithm: algorithm))
                } catch {
                    return .failure(error)
                }
            }
            group.addTask {
                guard (try? await Task.sleep(for: patience)) != nil, await responder.passesOver(publicKey) else {
                    return nil
                }
                return .failure(SSHError(.authentication, .cancelled, "nobody confirmed its use"))
            }
            defer { group.cancelAll() }
            for await case let result? in group { return result }
            return .failure(SSHConnection.cancelled)
        }
        return try result.get()
    }

    func verified(
        _ signature: [UInt8], over data: [UInt8], _ algorithm: SignatureAlgorithm
    ) throws(SSHError) -> [UInt8] {
        do throws(CryptoError) {
            try publicKey.verificationKey.verify(signature, over: data, algorithm: algorithm)
            return signature
        } catch {
            throw SSHError(
                .authentication, .protocolViolation,
                "What came for the key \(publicKey.fingerprint.sha256) is no \(algorithm.rawValue) signature of it")
        }
    }
}
