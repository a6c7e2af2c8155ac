"""The RTP core: pure, bytes and time in, decisions out."""
