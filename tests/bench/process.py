"""A process seen from outside: its CPU time, its memory, the core it runs on."""

import os
from pathlib import Path


def cpu_s(pid: int) -> float:
    """CPU time of all threads that live, from the scheduler's nanosecond account."""
    tasks = Path(f"/proc/{pid}/task").iterdir()
    return sum(int((task / "schedstat").read_text().split()[0]) for task in tasks) / 1e9


def ticks_s(pid: int) -> float:
    """CPU time of all threads that ever were, in the kernel's ticks of 10 ms."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def resident_mib(pid: int) -> float:
    """Resident memory."""
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS")) / 1024


def open_files(pid: int) -> int:
    """File descriptors in use."""
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def threads(pid: int) -> int:
    """How many live."""
    return len(list(Path(f"/proc/{pid}/task").iterdir()))


def pin(pid: int, core: int) -> None:
    """Keep a process, with the threads it will yet make, on one core when there are several."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        for task in Path(f"/proc/{pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), {cores[core % len(cores)]})
