"""The media plane: a pool of worker processes that forward RTP without decoding it."""
