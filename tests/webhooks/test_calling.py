"""Where we call, and where nobody can make us call."""

from __future__ import annotations

import socket
import ssl
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from cordiale.webhooks.calling import Caller
from tests.webhooks.servers import answering, endless, serving, waiting


@pytest.mark.parametrize("host", [
    "127.0.0.1", "127.1", "0x7f.1", "2130706433", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "10.0.0.1",
    "192.168.1.1", "172.16.0.1", "169.254.169.254", "[fe80::1]", "[fd00::1]", "100.64.0.1", "[64:ff9b::7f00:1]",
    "[2002:7f00:1::]", "[::7f00:1]", "[fec0::1]", "224.0.0.1",
])  # fmt: skip
def test_a_private_address_is_never_called_however_it_is_written(host: str) -> None:
    with Caller(frozenset()) as caller:
        answer = caller.post(f"https://{host}/", b"{}", {})
    assert answer.status == 0
    assert "private network" in answer.reason


@pytest.mark.parametrize("host", ["169.254.169.254", "[fe80::1]", "0.0.0.0", "224.0.0.1"])
def test_some_addresses_are_called_by_nobody_whatever_is_allowed(host: str) -> None:
    with Caller({"loopback", "private"}) as caller:
        assert "private network" in caller.post(f"http://{host}/", b"{}", {}).reason


def test_only_https_is_called_unless_this_machine_may_be() -> None:
    with serving(answering(200)) as other:
        with Caller(frozenset()) as caller:
            assert "nly https" in caller.post(other.url, b"{}", {}).reason
        with Caller({"loopback"}) as caller:
            assert caller.post(other.url, b"{}", {}).status == 200
    assert len(other.received) == 1


def test_the_address_that_was_checked_is_the_one_called(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    real = socket.getaddrinfo

    def resolve(host: Any, *rest: Any, **named: Any) -> Any:
        """A name that leads here once, and into a private network ever after."""
        if host != "crm.example":
            return real(host, *rest, **named)
        asked.append(host)
        return real("127.0.0.1" if len(asked) == 1 else "10.0.0.1", *rest, **named)

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    with serving(answering(200)) as other, Caller({"loopback"}) as caller:
        url = other.url.replace("127.0.0.1", "crm.example")
        assert caller.post(url, b"{}", {}).status == 200
        assert "private network" in caller.post(url, b"{}", {}).reason
    assert other.received[0].headers["host"] == url.removeprefix("http://").removesuffix("/hooks")
    assert (len(asked), len(other.received)) == (2, 1)


def test_one_private_address_of_a_name_is_enough_to_refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, 443)) for one in ("1.1.1.1", "10.0.0.1")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_rest, **_named: found)
    with Caller(frozenset()) as caller:
        assert "private network" in caller.post("https://crm.example/", b"{}", {}).reason


def test_a_name_that_leads_nowhere_is_said() -> None:
    with Caller(frozenset()) as caller:
        assert caller.post("https://no-such-name.invalid/", b"{}", {}).reason.startswith("No server has the name")


def test_the_next_address_is_tried_where_one_takes_no_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(answering(200)) as other, Caller({"loopback"}) as caller:
        port = int(other.url.split(":")[2].split("/")[0])
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in ("127.0.0.9", "127.0.0.1")]
        real = socket.getaddrinfo
        monkeypatch.setattr(
            socket,
            "getaddrinfo",
            lambda host, *rest, **named: found if host == "two.example" else real(host, *rest, **named),
        )
        assert caller.post(f"http://two.example:{port}/", b"{}", {}).status == 200


def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with serving(answering(200)) as other, Caller({"loopback"}) as caller:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(_self_signed(tmp_path))
        other.secure(context)
        answer = caller.post(other.url.replace("http://127.0.0.1", "https://localhost"), b"{}", {})
    assert (answer.status, "certificate" in answer.reason.lower()) == (0, True)
    assert other.received == []


def test_a_server_that_says_nothing_is_left_after_a_while() -> None:
    forever = threading.Event()
    with serving(waiting(forever)) as other, Caller({"loopback"}, seconds=0.2) as caller:
        assert caller.post(other.url, b"{}", {}).reason.startswith("No answer within")
        forever.set()


def test_an_endless_answer_does_not_hold_the_next_call_up() -> None:
    with serving(endless) as other, Caller({"loopback"}) as caller:
        assert caller.post(other.url, b"{}", {}).status == 200
        other.behave = answering(204)
        assert caller.post(other.url, b"{}", {}).status == 204


@pytest.mark.parametrize(
    "bad", [b"\x00garbage\r\n\r\n", b"HTTP/1.1 999999 X\r\n\r\n", b"HTTP/1.1 200 OK\r\nA: " + b"a" * 300_000, b""]
)
def test_what_is_no_http_is_a_failure_not_an_accident(bad: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, Caller({"loopback"}, seconds=2) as caller:

        def talk() -> None:
            connection, _ = server.accept()
            with connection:
                connection.recv(65_536)
                connection.sendall(bad)

        thread = threading.Thread(target=talk)
        thread.start()
        answer = caller.post(f"http://127.0.0.1:{server.getsockname()[1]}/", b"{}", {})
        thread.join(10)
    assert (answer.status, answer.reason.startswith("no answer")) == (0, True)


def _self_signed(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    today = datetime.now(UTC)
    made = (
        x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key())
        .serial_number(1).not_valid_before(today - timedelta(days=1)).not_valid_after(today + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    file = folder / "server.pem"
    written = serialization.Encoding.PEM
    file.write_bytes(
        key.private_bytes(written, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
        + made.public_bytes(written)
    )
    return file
