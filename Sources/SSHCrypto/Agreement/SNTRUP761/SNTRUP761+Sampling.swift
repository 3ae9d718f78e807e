extension SNTRUP761.Workspace {
    /// Coefficients of −1, 0 and 1, each as good as equally likely.
    func sampleSmall(_ result: Int, from random: inout RandomSource) {
        draw(from: &random)
        for index in 0..<p {
            let number = unsafe Int64(scratch[index] & 0x3FFF_FFFF)
            unsafe self[result][index] = Int32(truncatingIfNeeded: (number &* 3) &>> 30) &- 1
        }
    }

    /// Coefficients of −1, 0 and 1, of which w are not zero: random numbers with a mark in their lowest bits are sorted.
    func sampleShort(_ result: Int, from random: inout RandomSource) {
        draw(from: &random)
        for index in 0..<p {
            let number = unsafe scratch[index]
            unsafe scratch[index] = index < SNTRUP761.w ? number & ~1 : number & ~3 | 1
        }
        sort()
        for index in 0..<p { unsafe self[result][index] = (scratch[index] & 3) &- 1 }
    }

    private func draw(from random: inout RandomSource) {
        let target = unsafe UnsafeMutableRawBufferPointer(start: scratch, count: 4 * p)
        unsafe random.secret(count: target.count).withUnsafeBytes { unsafe target.copyMemory(from: $0) }
    }

    /// Batcher's merge exchange (Knuth, volume 3, 5.2.2, algorithm M): what is compared depends on the count alone.
    func sort() {
        var span = 512
        while span > 0 {
            var (reach, remainder, distance) = (512, 0, span)
            while true {
                for index in 0..<p - distance where index & span == remainder {
                    unsafe Self.exchange(scratch + index, scratch + (index + distance))
                }
                guard reach != span else { break }
                (distance, reach, remainder) = (reach - span, reach / 2, span)
            }
            span /= 2
        }
    }

    private static func exchange(_ lower: SNTRUP761.Coefficients, _ upper: SNTRUP761.Coefficients) {
        let (a, b) = unsafe (lower.pointee, upper.pointee)
        let swap = Int32(truncatingIfNeeded: (Int64(b) &- Int64(a)) &>> 63) & (a ^ b)
        unsafe (lower.pointee, upper.pointee) = (a ^ swap, b ^ swap)
    }
}
