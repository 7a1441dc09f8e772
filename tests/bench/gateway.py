"""What the gateway costs: the same requests to an engine's socket, and through the gateway.

The engine here answers at once, so the difference is the gateway's: TLS, the key, the body
read for its model, the limits and the log. `PYTHONPATH=generator:tests python -m bench.gateway`
"""

import argparse
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from pathlib import Path

from gateway.bed import Bed, bed
from gateway.client import NAME, chat

ENGINE = """
import asyncio, sys
ANSWER = b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\nContent-Length: 2\\r\\n\\r\\n{}"
async def serve(reader, writer):
    try:
        while True:
            head = (await reader.readuntil(b"\\r\\n\\r\\n")).lower()
            if b"content-length:" in head:
                await reader.readexactly(int(head.split(b"content-length:")[1].split(b"\\r\\n")[0]))
            writer.write(ANSWER)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        writer.close()
async def main():
    server = await asyncio.start_unix_server(serve, sys.argv[1], backlog=1024)
    await server.serve_forever()
asyncio.run(main())
"""

Connect = Callable[[], socket.socket]


@contextmanager
def _engine(one: Bed) -> Iterator[Path]:
    """An engine that costs next to nothing, in a process of its own."""
    at = one.engines["big-0"].socket
    at.unlink()
    with subprocess.Popen([sys.executable, "-c", ENGINE, str(at)]) as process:
        time.sleep(1)
        while one.client("large").complete("big").status != HTTPStatus.OK:
            time.sleep(0.1)
        try:
            yield at
        finally:
            process.terminate()


def _latencies(connect: Connect, request: bytes, seconds: float) -> list[float]:
    """How long each request took, one after the other over one connection."""
    taken = []
    end = time.perf_counter() + seconds
    with connect() as connection:
        while (begin := time.perf_counter()) < end:
            connection.sendall(request)
            answer = connection.recv(65536)
            taken.append(time.perf_counter() - begin)
            if not answer.startswith(b"HTTP/1.1 200"):
                raise AssertionError(answer)
    return taken


def _per_second(connect: Connect, request: bytes, seconds: float, connections: int) -> float:
    """Requests per second over many connections."""
    done: list[int] = []
    threads = [
        threading.Thread(target=lambda: done.append(len(_latencies(connect, request, seconds))))
        for _ in range(connections)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / seconds


def _request(one: Bed, size: int) -> bytes:
    body = chat("big", padding="x" * size)
    key = one.client("large").key
    head = (
        f"POST /v1/chat/completions HTTP/1.1\r\nHost: {NAME}\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def main() -> None:
    """Print latency and throughput on both ways, and what one is of the other."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--seconds", type=float, default=5)
    options.add_argument("--connections", type=int, default=32)
    options.add_argument("--body", type=int, default=4000, help="bytes of prompt in a request")
    asked = options.parse_args()
    with bed(at_once=1000) as one, _engine(one) as at:
        request = _request(one, asked.body)
        ways = {
            "socket": _over(at),
            "gateway": one.client("large").connect,
        }
        for name, connect in ways.items():
            alone = statistics.median(_latencies(connect, request, asked.seconds))
            rate = _per_second(connect, request, asked.seconds, asked.connections)
            sys.stdout.write(
                f"{name:8} median {alone * 1e6:5.0f} us alone, "
                f"{rate:6.0f} requests/s over {asked.connections} connections\n"
            )


def _over(path: Path) -> Connect:
    def connect() -> socket.socket:
        connection = socket.socket(socket.AF_UNIX)
        connection.connect(str(path))
        return connection

    return connect


if __name__ == "__main__":
    main()
