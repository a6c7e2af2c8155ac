"""Set-up on a fresh machine: environment, client build, certificates, test components."""
