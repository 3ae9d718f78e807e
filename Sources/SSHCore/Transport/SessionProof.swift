/// A host's key, and its signature over the session's identifier: what tells an agent which session it signs for.
package struct SessionProof: Hashable, Sendable {
    package let hostKey: [UInt8]
    package let sessionID: [UInt8]
    package let signature: [UInt8]
}
