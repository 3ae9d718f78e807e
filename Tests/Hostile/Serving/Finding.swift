/// What came of one row in one delivery.
package struct Finding: Sendable, Hashable, Codable {
    package enum Verdict: String, Sendable, Codable {
        case ok
        /// It ended, but not as the row wants.
        case differs
        /// It crashed, hung, or broke what must hold whatever a peer does.
        case falls = "FALLS"
        /// It knows nothing of what the row needs.
        case unable
    }

    package var verdict: Verdict
    /// Why, in few words.
    package var reason: String
    package var status: Int32?
    package var mebibytes: Double
    package var seconds: Double
    /// What it showed, made harmless.
    package var errorText: String

    package var text: String { reason.isEmpty ? verdict.rawValue : "\(verdict.rawValue): \(reason)" }
}
