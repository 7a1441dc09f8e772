"""What connections need of the table besides their first packet."""

import socket
import struct
from contextlib import closing
from ipaddress import ip_address

import pytest

from netns.conftest import Load
from netns.probe import FAMILIES, Prober
from netns.sites import GATEWAY, Site

MTU = 1400
# linux/in.h and linux/in6.h; Python has no names for them.
IP_MTU, IPV6_MTU = 14, 24
RELATED = "ct state established,related accept"


@pytest.fixture(params=[GATEWAY], ids=lambda site: site.name)
def site(request: pytest.FixtureRequest) -> Site:
    assert isinstance(request.param, Site)
    return request.param


@pytest.mark.parametrize("family", [4, 6])
def test_a_session_older_than_the_table_lives_on(
    family: int, site: Site, prober: Prober, load: Load
) -> None:
    host, admin = prober.world.actors["host"], prober.world.actors["admin"]
    with host.space.entered():
        door = socket.create_server((host.address(family), 2222), family=FAMILIES[family])
    with closing(door):
        with admin.space.entered():
            near = socket.create_connection(
                door.getsockname()[:2], source_address=(admin.address(family), 0)
            )
        far, _ = door.accept()
        load(site.text.replace("port 22 ", "port 2222 "))
        with closing(near), closing(far):
            for one in (near, far):
                one.settimeout(3)
            # The host speaks first, as after a command that has loaded the table.
            far.send(b"done")
            assert near.recv(4) == b"done"
            near.send(b"next")
            assert far.recv(4) == b"next"


@pytest.mark.parametrize("family", [4, 6])
@pytest.mark.parametrize(
    ("accepted", "mtu"), [(RELATED, MTU), ("ct state established accept", 1500)]
)
def test_path_mtu_is_learned_from_errors(
    family: int, accepted: str, mtu: int, prober: Prober, load: Load
) -> None:
    load(GATEWAY.text.replace(RELATED, accepted))
    host, mirror = prober.world.actors["host"], prober.world.actors["mirror"]
    host.space.run("ip", f"-{family}", "route", "flush", "cache")
    with host.space.entered():
        flow = socket.socket(FAMILIES[family], socket.SOCK_DGRAM)
    with closing(flow):
        flow.bind((host.address(family), 0))
        flow.connect((mirror.address(family), 53))
        flow.send(b"question")
        with mirror.space.entered():
            _say_too_big(family, flow.getpeername()[0], flow.getsockname())
        asked = (socket.IPPROTO_IP, IP_MTU) if family == 4 else (socket.IPPROTO_IPV6, IPV6_MTU)
        assert flow.getsockopt(*asked) == mtu


def _say_too_big(family: int, near: str, sender: tuple[str, int]) -> None:
    """An error of a router on the way, about a datagram of `sender` to `near`."""
    udp = struct.pack("!HHHH", sender[1], 53, 16, 0)
    source, target = ip_address(sender[0]).packed, ip_address(near).packed
    if family == 4:
        quoted = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 1500, 1, 0x4000, 64, 17, 0, source, target)
        message = struct.pack("!BBHHH", 3, 4, 0, 0, MTU) + quoted + udp
        protocol = socket.IPPROTO_ICMP
        message = message[:2] + struct.pack("!H", _checksum(message)) + message[4:]
    else:
        quoted = struct.pack("!IHBB16s16s", 0x60000000, 1460, 17, 64, source, target)
        message = struct.pack("!BBHI", 2, 0, 0, MTU) + quoted + udp
        protocol = socket.IPPROTO_ICMPV6
    with closing(socket.socket(FAMILIES[family], socket.SOCK_RAW, protocol)) as raw:
        raw.bind((near, 0))
        raw.sendto(message, (sender[0], 0))


def _checksum(message: bytes) -> int:
    words: int = sum(struct.unpack(f"!{len(message) // 2}H", message))
    folded = (words & 0xFFFF) + (words >> 16)
    return ~(folded + (folded >> 16)) & 0xFFFF


def test_denied_packets_are_counted(site: Site, prober: Prober, load: Load) -> None:
    load(site.text)
    before = prober.world.host.run("nft", "list", "counters", "table", "inet", "freehold")
    assert before.count("packets 0 ") == 3
    prober.failures(site.tries)
    after = prober.world.host.run("nft", "list", "counters", "table", "inet", "freehold")
    assert "packets 0 " not in after


def test_other_tables_stay(site: Site, prober: Prober, load: Load) -> None:
    prober.world.host.run("nft", "add", "table", "inet", "others")
    load(site.text)
    load(site.text)
    tables = prober.world.host.run("nft", "list", "tables").split("\n")
    assert sorted(filter(None, tables)) == ["table inet freehold", "table inet others"]
