//! Keys, certificates and chains: bytes in, bytes out. Never touches the network or the disk.
