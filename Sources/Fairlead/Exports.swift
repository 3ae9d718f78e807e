// The keys, fingerprints and known hosts that this library's own signatures speak of come with it: who writes
// `import Fairlead` can name them. See Docs/Decisions/0004-reexport-identity.md.
@_exported public import SSHIdentity
