/// The encodings of NTRU Prime, round 3: four small coefficients to a byte, or numbers below a bound without waste.
///
/// In the second, neighbours merge in pairs until one number is left, and whole bytes leave as soon as a bound allows it.
extension SNTRUP761.Workspace {
    private static let half: Int32 = 2295
    /// From this bound on, a number sheds a byte before it merges with another.
    private static let mergeLimit: Int32 = 1 << 14

    private static func bounds(isRounded: Bool) -> [Int32] {
        [Int32](repeating: isRounded ? 1531 : 4591, count: SNTRUP761.p)
    }

    func pack(_ polynomial: Int, into secret: inout SecretBytes) {
        unsafe secret.withUnsafeMutableBytes { bytes in
            for index in 0..<p {
                let bits = unsafe UInt8(truncatingIfNeeded: self[polynomial][index] &+ 1) &<< UInt8(2 * (index % 4))
                unsafe bytes[index / 4] = index % 4 == 0 ? bits : bytes[index / 4] | bits
            }
        }
    }

    func unpack(_ secret: borrowing SecretBytes, into result: Int) {
        unsafe secret.withUnsafeBytes { bytes in
            for index in 0..<p {
                unsafe self[result][index] = Int32(bytes[index / 4] &>> UInt8(2 * (index % 4)) & 3) &- 1
            }
        }
    }

    /// Encodes the polynomial, centred modulo q, or its thirds, rounded; and spoils it.
    func encode(_ polynomial: Int, isRounded: Bool, into bytes: UnsafeMutableRawBufferPointer) {
        let numbers = unsafe self[polynomial]
        for index in 0..<p {
            let (number, shifted) = unsafe (numbers[index], numbers[index] &+ Self.half)
            // The quotient is exact: below 2^14 it is, of what three divides.
            let third = ((shifted &- SNTRUP761.Modulus.three.centered(number)) &* 10923) &>> 15
            unsafe numbers[index] = isRounded ? third : shifted
        }
        var bounds = Self.bounds(isRounded: isRounded)
        var offset = 0
        func shed(_ index: Int, to limit: Int32) {
            while bounds[index] >= limit {
                unsafe bytes[offset] = UInt8(truncatingIfNeeded: numbers[index])
                unsafe numbers[index] &>>= 8
                bounds[index] = (bounds[index] + 255) >> 8
                offset += 1
            }
        }
        while bounds.count > 1 {
            let (pairCount, oddCount) = bounds.count.quotientAndRemainder(dividingBy: 2)
            for index in 0..<pairCount {
                unsafe numbers[index] = numbers[2 * index] &+ bounds[2 * index] &* numbers[2 * index + 1]
                bounds[index] = bounds[2 * index] * bounds[2 * index + 1]
                shed(index, to: Self.mergeLimit)
            }
            if oddCount == 1 {
                unsafe (numbers[pairCount], bounds[pairCount]) = (numbers[2 * pairCount], bounds[2 * pairCount])
            }
            bounds.removeLast(pairCount)
        }
        shed(0, to: 2)
    }

    /// What is decoded came from the peer or goes there: it is public.
    func decode(_ bytes: some Collection<UInt8>, isRounded: Bool, into result: Int) {
        var rest = Array(bytes)[...]
        for (index, number) in Self.numbers(from: &rest, below: Self.bounds(isRounded: isRounded)).enumerated() {
            unsafe self[result][index] = (isRounded ? 3 : 1) &* number &- Self.half
        }
    }

    /// A number that reaches its bound, which no honest peer sends, is reduced modulo it, as others do.
    private static func numbers(from bytes: inout ArraySlice<UInt8>, below bounds: [Int32]) -> [Int32] {
        func low(_ bound: inout Int32, limit: Int32) -> (number: Int32, shift: Int32) {
            var (number, shift) = (Int32(0), Int32(0))
            while bound >= limit {
                number |= Int32(bytes.popFirst() ?? 0) &<< shift
                shift += 8
                bound = (bound + 255) >> 8
            }
            return (number, shift)
        }
        var merged = stride(from: 0, to: bounds.count - 1, by: 2).map { bounds[$0] * bounds[$0 + 1] }
        guard !merged.isEmpty else {
            var bound = bounds[0]
            return [low(&bound, limit: 2).number % bounds[0]]
        }
        let lows = merged.indices.map { low(&merged[$0], limit: mergeLimit) }
        let upper = numbers(from: &bytes, below: merged + bounds.dropFirst(2 * merged.count))
        return lows.indices.flatMap { index in
            // Below 2^16 · 2^14.
            let whole = lows[index].number &+ upper[index] &<< lows[index].shift
            return [whole % bounds[2 * index], whole / bounds[2 * index] % bounds[2 * index + 1]]
        } + upper.dropFirst(lows.count)
    }
}
