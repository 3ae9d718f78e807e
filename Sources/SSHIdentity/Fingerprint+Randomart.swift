/// Which hash a fingerprint shows.
public enum FingerprintHash: String, Sendable {
    /// SHA-256, in base64.
    case sha256 = "SHA256"
    /// MD5, in hexadecimal; for comparison with old records only.
    case md5 = "MD5"
}

extension Fingerprint {
    /// The fingerprint by one hash, as OpenSSH shows it.
    ///
    /// - Parameter hash: SHA-256 or MD5.
    /// - Returns: `SHA256:…` or `MD5:…`.
    public func text(by hash: FingerprintHash) -> String {
        hash == .sha256 ? sha256 : md5
    }
}

extension PublicKey {
    /// The fingerprint as a picture that people recognise at a glance, the same as `ssh-keygen -lv` draws.
    ///
    /// A bishop walks the diagonals of a board as the hash's bits say, two a step, from the middle (Loss, Limmer and von
    /// Gernler, "The drunken bishop", 2009); the more often a field was visited, the darker its sign.
    ///
    /// - Parameter hash: The hash that leads the walk. Default SHA-256.
    /// - Returns: Eleven lines, without a line feed after the last.
    public func randomart(by hash: FingerprintHash = .sha256) -> String {
        let (width, height) = (17, 9)
        let signs = Array(" .o+=*BOX@%&#/^")
        var visits = [Int](repeating: 0, count: width * height)
        var (x, y) = (width / 2, height / 2)
        for byte in fingerprint.digest(by: hash) {
            for shift in [0, 2, 4, 6] {
                let step = byte >> shift
                x = min(max(x + (step & 1 == 0 ? -1 : 1), 0), width - 1)
                y = min(max(y + (step & 2 == 0 ? -1 : 1), 0), height - 1)
                visits[y * width + x] += 1
            }
        }
        var board = visits.map { signs[min($0, signs.count - 1)] }
        board[height / 2 * width + width / 2] = "S"
        board[y * width + x] = "E"
        let border = { (title: String) in
            let left = (width - title.count) / 2
            return "+" + String(repeating: "-", count: left) + title
                + String(repeating: "-", count: width - title.count - left) + "+"
        }
        let rows = (0..<height).map { "|" + String(board[($0 * width)..<(($0 + 1) * width)]) + "|" }
        return ([border("[\(typeDisplayName) \(bitCount)]")] + rows + [border("[\(hash.rawValue)]")])
            .joined(separator: "\n")
    }
}
