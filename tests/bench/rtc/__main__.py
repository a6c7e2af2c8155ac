"""`python -m tests.bench.rtc`: commands on standard input, answers on standard output."""

from tests.bench.rtc.generator import Generator

Generator().serve()
