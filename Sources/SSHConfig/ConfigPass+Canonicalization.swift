/// The name that is really connected to, as `CanonicalizeHostname` and its kin have it (OpenSSH's ssh.c).
extension ConfigPass {
    /// Whether the files are to be read once more, for the name that was found.
    var needsSecondReading: Bool { wantsFinal || canonicalization != "no" }

    /// Finds the name at the end of the first reading.
    func canonicalName() throws(ConfigError) -> ConfigText {
        let named = try hostSoFar()
        if let entry = options.entries(for: .hostName).first,
            !(1...ConfigLimits.nameByteCount).contains(named.bytes.count)
        {
            throw ConfigError(
                .badValue(
                    keyword: .hostName, value: entry.written,
                    allowed: "a name of 1 to \(ConfigLimits.nameByteCount) bytes"), at: entry.source)
        }
        // As in ssh: an address keeps its case, for that of its zone matters. So does the path of a socket.
        if named.bytes.starts(with: "unix/".utf8) { return named }
        let isAddress =
            named.bytes.contains { "%:".utf8.contains($0) }
            || named.bytes.allSatisfy { "0123456789.".utf8.contains($0) }
        if let address = canonicalAddress(named) { return address }
        guard !isAddress else { return named }
        let name = named.lowercased
        if let found = try searchDomains(for: name) { return found }
        guard !permittedAliases.isEmpty, isDirect || canonicalization == "always" else { return name }
        // Not found before: the name alone may be an alias.
        guard let lookUp = resolver.lookUp, let alias = lookUp(name, family) else {
            if resolver.lookUp != nil, isDirect { throw unresolved(name) }
            return name
        }
        return followed(name, alias)
    }

    private var canonicalization: String { options.word(.canonicalizeHostname)?.value ?? "no" }
    private var family: AddressFamily { options.addressFamily?.value ?? .any }
    private var permittedAliases: [ConfigText] { options.canonicalizePermittedCNAMEs?.value ?? [] }

    /// Whether the name is looked up here, and not by a proxy.
    ///
    /// `ProxyJump none` leaves that open at this point, as in ssh.
    private var isDirect: Bool {
        options.text(.proxyCommand)?.value.isNone != false && options.entries(for: .proxyJump).isEmpty
    }

    /// The address as the system writes it, where the name is one of a family that is wanted.
    private func canonicalAddress(_ name: ConfigText) -> ConfigText? {
        guard let bytes = NumericAddress.bytes(of: name.bytes), family != (bytes.count == 4 ? .inet6 : .inet) else {
            return nil
        }
        let text = ConfigText(NumericAddress.text(of: bytes))
        return text == name.lowercased ? name : text
    }

    /// The name under the first domain that has it; `nil` where the name is not to be sought, or is in none.
    private func searchDomains(for name: ConfigText) throws(ConfigError) -> ConfigText? {
        guard canonicalization != "no", isDirect || canonicalization == "always" else { return nil }
        let dot = UInt8(ascii: ".")
        var candidates = [name.bytes]
        if name.bytes.last != dot {
            guard name.bytes.count(where: { $0 == dot }) <= options.number(.canonicalizeMaxDots)?.value ?? 1 else {
                return nil
            }
            let domains = options.texts(.canonicalDomains)?.value ?? []
            candidates = domains.filter { !$0.isNone }.map { name.bytes + [dot] + $0.bytes + [dot] }
        }
        for candidate in candidates where candidate.count <= ConfigLimits.nameByteCount {
            guard let alias = resolver.lookUp?(ConfigText(candidate), family) else { continue }
            return followed(ConfigText(candidate.dropLast()), alias)
        }
        guard options.flag(.canonicalizeFallbackLocal)?.value != false else { throw unresolved(name) }
        return nil
    }

    /// The alias, if the name may have that one, and no command or option could take it for more than a name.
    private func followed(_ name: ConfigText, _ alias: ConfigText) -> ConfigText {
        let isName = alias.bytes.allSatisfy { OptionSyntax.isNameByte($0) || "-.".utf8.contains($0) }
        guard canonicalization != "no", isName, let first = alias.bytes.first, first != UInt8(ascii: "-"),
            alias.bytes.count <= ConfigLimits.nameByteCount
        else { return name }
        let isPermitted = permittedAliases.contains { rule in
            let lists = rule.bytes.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
            return lists.count == 2 && HostMatcher.selects(list: Array(lists[0]), name.bytes)
                && HostMatcher.selects(list: Array(lists[1]), alias.lowercased.bytes)
        }
        return isPermitted ? alias : name
    }

    private func unresolved(_ name: ConfigText) -> ConfigError {
        ConfigError(
            .unresolvedHost(name), at: options.entries(for: .canonicalizeHostname).first?.source ?? .commandLine)
    }
}
