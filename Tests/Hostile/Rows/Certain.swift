/// What a row is made of.
///
/// Where it cannot be made, the tables must not be shorter without a word.
package func certain<Value>(_ make: () throws -> Value) -> Value {
    do {
        return try make()
    } catch {
        fatalError("a row cannot be made: \(error)")
    }
}
