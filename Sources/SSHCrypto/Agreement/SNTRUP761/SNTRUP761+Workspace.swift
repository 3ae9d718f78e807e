import CSodium

extension SNTRUP761 {
    typealias Coefficients = UnsafeMutablePointer<Int32>

    /// The memory of one operation: polynomials, all of them secret and wiped at the end.
    ///
    /// What runs here depends on public sizes alone, whatever the numbers are. Nothing is checked for overflow: the bounds
    /// beside the arithmetic show that there is none, and a trap would tell.
    @safe struct Workspace {
        /// Four polynomials, and what inverting one takes.
        private static let numberCount = 12 * SNTRUP761.p + 2
        private let base: Coefficients

        static func run<E>(_ body: (Workspace) throws(E) -> Void) throws(E) {
            // A multiple of the numbers' alignment, which guarded memory needs: it ends with a page.
            var memory = SecretBytes(count: numberCount * MemoryLayout<Int32>.stride)
            try unsafe memory.withUnsafeMutableBytes { (memory) throws(E) in
                guard let base = unsafe memory.bindMemory(to: Int32.self).baseAddress else { return }
                try body(unsafe Workspace(base: base))
            }
        }

        var p: Int { SNTRUP761.p }

        /// One of the polynomials, lowest power first.
        subscript(_ index: Int) -> Coefficients {
            unsafe base + index * p
        }

        /// What multiplying, inverting and sorting use.
        var scratch: Coefficients {
            unsafe self[4]
        }
    }
}

extension SNTRUP761.Workspace {
    /// From rounded c in 0, f in 1 and 1/g in 2, the r that made c, in 0; one of the right weight whatever c was.
    func decrypt() {
        multiply(0, 1, into: 3, .q)
        scale(3, by: 3, .q)
        scale(3, by: 1, .three)
        multiply(3, 2, into: 0, .three)
        var weight: Int32 = 0
        for index in 0..<p { unsafe weight &+= self[0][index] & 1 }
        let fault = Self.mask(weight &- Int32(SNTRUP761.w))
        for index in 0..<p {
            let substitute: Int32 = index < SNTRUP761.w ? 1 : 0
            unsafe self[0][index] ^= fault & (self[0][index] ^ substitute)
        }
    }

    func scale(_ polynomial: Int, by factor: Int32, _ modulus: SNTRUP761.Modulus) {
        for index in 0..<p { unsafe self[polynomial][index] = modulus.centered(factor &* self[polynomial][index]) }
    }

    /// The product modulo x^p − x − 1; one of the factors is of −1, 0 and 1, and both are centred.
    func multiply(_ left: Int, _ right: Int, into result: Int, _ modulus: SNTRUP761.Modulus) {
        let (p, left, product) = unsafe (p, self[left], scratch)
        let reversed = unsafe scratch + 2 * p
        for index in 0..<p { unsafe reversed[index] = self[right][p - 1 - index] }
        for power in 0..<2 * p - 1 {
            let (end, other) = unsafe (min(power + 1, p), reversed + (p - 1 - power))
            var (index, sum) = (max(0, power - p + 1), Int32(0))
            while index < end {
                unsafe sum &+= left[index] &* other[index]
                index &+= 1
            }
            unsafe product[power] = sum
        }
        // x^p is x + 1. At most 2p products of at most q/2 meet, which is below 2^24.
        for power in p..<2 * p - 1 {
            unsafe product[power - p] &+= product[power]
            unsafe product[power - p + 1] &+= product[power]
        }
        for index in 0..<p { unsafe self[result][index] = modulus.centered(product[index]) }
    }

    /// The inverse modulo x^p − x − 1, by 2p − 1 division steps (Bernstein and Yang, 2019, "Fast constant-time gcd
    /// computation and modular inversion"): zero comes back, or all ones where there is no inverse.
    ///
    /// Rows (f, v) and (g, r) hold reversed polynomials; each step multiplies row (g, r) by some unit, which cancels out
    /// in v/f at the end. v moves up and g moves down by a place in each step, so their memory is longer.
    func invert(_ polynomial: Int, into result: Int, _ modulus: SNTRUP761.Modulus) -> Int32 {
        let (p, f, stepCount) = unsafe (p, scratch, 2 * p - 1)
        let r = unsafe f + (p + 1)
        var g = unsafe r + (p + 1)
        var v = unsafe g + (p + 1 + stepCount) + stepCount
        unsafe f.update(repeating: 0, count: 2 * (p + 1) + 2 * (p + 1 + stepCount))
        unsafe (f[0], f[p - 1], f[p], r[0]) = (1, -1, -1, 1)
        for index in 0..<p { unsafe g[p - 1 - index] = self[polynomial][index] }
        var delta: Int32 = 1
        for _ in 0..<stepCount {
            unsafe v -= 1
            let (f0, g0) = unsafe (modulus.centered(f[0]), modulus.centered(g[0]))
            let swap = (0 &- delta) &>> 31 & Self.mask(g0)
            delta = (delta ^ swap) &- swap &+ 1
            unsafe Self.step(f, g, (f0, g0), swap, modulus)
            unsafe Self.step(v, r, (f0, g0), swap, modulus)
            unsafe g += 1
        }
        let scale = unsafe modulus.inverted(modulus.centered(f[0]))
        for index in 0..<p { unsafe self[result][index] = modulus.centered(scale &* v[p - 1 - index]) }
        return Self.mask(delta)
    }

    /// f0·lower − g0·upper takes the place of `lower`, and `lower` that of `upper` where `swap` is all ones.
    ///
    /// Factors are within ±q/2 and numbers within ±q, so they stay there.
    private static func step(
        _ upper: SNTRUP761.Coefficients, _ lower: SNTRUP761.Coefficients, _ factors: (f0: Int32, g0: Int32),
        _ swap: Int32, _ modulus: SNTRUP761.Modulus
    ) {
        var index = 0
        while index <= SNTRUP761.p {
            let (a, b) = unsafe (upper[index], lower[index])
            unsafe upper[index] = a ^ (swap & (a ^ b))
            unsafe lower[index] = modulus.reduced(factors.f0 &* b &- factors.g0 &* a)
            index &+= 1
        }
    }

    /// All ones, or zero for zero: by libsodium, since the compiler makes branches of masks that it sees made.
    private static func mask(_ number: Int32) -> Int32 {
        var (number, zero) = (number, Int32(0))
        return unsafe sodium_memcmp(&number, &zero, MemoryLayout<Int32>.size)
    }
}
