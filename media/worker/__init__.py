"""The SFU worker: one process, one event loop, one UDP port per announced address."""
