extension SNTRUP761 {
    /// Arithmetic modulo 4591 or 3: no division, and no branch on a number.
    struct Modulus {
        let value: Int32
        /// 1/value modulo 2^16.
        let inverse: Int32
        /// 2^40/value, rounded.
        let reciprocal: Int64

        static let q = Modulus(value: 4591, inverse: 15631, reciprocal: 239_492_840)
        static let three = Modulus(value: 3, inverse: -21845, reciprocal: 366_503_875_925)
        /// A third modulo q.
        static let third: Int32 = -1530

        /// The residue nearest to zero of a number within ±2^24: there the quotient is exact.
        func centered(_ number: Int32) -> Int32 {
            let quotient = (Int64(number) &* reciprocal &+ (1 &<< 39)) &>> 40
            return number &- Int32(truncatingIfNeeded: quotient) &* value
        }

        /// Some residue of number/2^16, within ±(value/2 + number/2^16 + 1) (Montgomery).
        ///
        /// All in 32 bits, so that the compiler makes vectors of it.
        @inline(__always)
        func reduced(_ number: Int32) -> Int32 {
            let low = ((number &* inverse) &<< 16) &>> 16
            return (number &- low &* value) &>> 16
        }

        /// 1/number by Fermat, for a centred number.
        func inverted(_ number: Int32) -> Int32 {
            var power: Int32 = 1
            for _ in 2..<value { power = centered(power &* number) }
            return power
        }
    }
}
