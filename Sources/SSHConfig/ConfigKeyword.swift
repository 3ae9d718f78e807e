/// The keywords of `ssh_config(5)`: the 104 of OpenSSH 10.5, those that distributions add for GSSAPI, and ours.
public enum ConfigKeyword: String, Hashable, Sendable, CaseIterable {
    // Needed first.
    case host, match, include, hostName, user, port, identityFile, identitiesOnly, identityAgent, certificateFile,
        proxyJump, proxyCommand, userKnownHostsFile, globalKnownHostsFile, strictHostKeyChecking, hostKeyAlias,
        hashKnownHosts, batchMode, connectTimeout, connectionAttempts, serverAliveInterval, serverAliveCountMax,
        tcpKeepAlive, addressFamily, bindAddress, preferredAuthentications, pubkeyAuthentication,
        passwordAuthentication, kbdInteractiveAuthentication, numberOfPasswordPrompts, forwardAgent, forwardX11,
        localForward, remoteForward, dynamicForward, exitOnForwardFailure, clearAllForwardings, gatewayPorts,
        requestTTY, remoteCommand, sessionType, sendEnv, setEnv, escapeChar, logLevel, compression, ciphers, macs,
        kexAlgorithms, hostKeyAlgorithms, pubkeyAcceptedAlgorithms, rekeyLimit, controlMaster, controlPath,
        controlPersist, permitLocalCommand, localCommand, stdinNull, forkAfterAuthentication, ignoreUnknown,
        noHostAuthenticationForLocalhost
    // Needed soon.
    case caSignatureAlgorithms, updateHostKeys, fingerprintHash, tag, revokedHostKeys, addKeysToAgent, checkHostIP,
        streamLocalBindUnlink, streamLocalBindMask, warnWeakCrypto, requiredRSASize, knownHostsCommand,
        canonicalDomains, canonicalizeFallbackLocal, canonicalizeHostname, canonicalizeMaxDots,
        canonicalizePermittedCNAMEs, bindInterface, ipQoS, verifyHostKeyDNS, channelTimeout, obscureKeystrokeTiming,
        versionAddendum, refuseConnection, proxyUseFdpass, permitRemoteOpen, enableEscapeCommandline, visualHostKey,
        logVerbose
    // Rarely needed.
    case pkcs11Provider, securityKeyProvider, syslogFacility, gssapiAuthentication, gssapiDelegateCredentials,
        hostbasedAuthentication, hostbasedAcceptedAlgorithms, enableSSHKeysign, kbdInteractiveDevices, tunnel,
        tunnelDevice, forwardX11Timeout, forwardX11Trusted, xAuthLocation
    // Added by distributions.
    case gssapiKeyExchange, gssapiKexAlgorithms, gssapiTrustDns, gssapiServerIdentity, gssapiClientIdentity,
        gssapiRenewalForcesRekey
    // Ours.
    case algorithmProfile

    /// The keyword as `ssh_config(5)` writes it.
    public var name: String {
        if let name = Self.irregularNames[self] { return name }
        if rawValue.hasPrefix("gssapi") { return "GSSAPI" + rawValue.dropFirst(6) }
        return rawValue.prefix(1).uppercased() + rawValue.dropFirst()
    }

    private static let irregularNames: [ConfigKeyword: String] = [
        .tcpKeepAlive: "TCPKeepAlive", .macs: "MACs", .caSignatureAlgorithms: "CASignatureAlgorithms",
        .ipQoS: "IPQoS", .pkcs11Provider: "PKCS11Provider",
    ]
}
