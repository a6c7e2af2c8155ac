"""A lean WebRTC load generator: full ICE, DTLS client, SRTP, in a process of its own."""
