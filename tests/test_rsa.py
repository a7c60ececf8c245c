"""RSA: what OpenSSL wrote with a key made for this test, and what we write ourselves."""

from __future__ import annotations

import pytest

from engine import Engine
from engine.rsa import decrypt, encrypt

PRIVATE = bytes.fromhex("""
    30820276020100300d06092a864886f70d0101010500048202603082025c02010002818100e1342e39bcb3737e1a80a264261ea9f842f2bd
    e13db1186e9bdf248aa0b1608f371b2b37105cedb28bf18febcd846d3e7179c84010c1be89e675dea168dd5ab9d425e1c5808a9b14a532d9
    f97b48c651126bfa923206b69ee2285cc08a91aec2006112c75ff6fcaec260b63ae65872e303e2d98ea5e5247c527b921507c7d717020301
    00010281800ea1b747250d7bb97bbb53d1b1f05816bb32ce476e1cad7bb240e33ce687dfc02e526392664bc35dd05dd77df8925c0eac8cbf
    07fa8ebbf475b6beca39e7f7d6efd035e1ccc3ccbfd484bca8d995b4d817f9d69115d4244025b4d29e5dce65a9d1b67b85fd03fb435f5236
    48fd24a4ee8ebc36637764326fdd2b4c75ea75e711024100f1577f30f0fd3f88b1768a699542afea8e88b914888caa241ccaada673aa268c
    4c41b144133fced93ea4f354899b09e0c38200bef8e6d50153645ab0bf7995bb024100eee1c3418da6ffb3cc055934dbe3cac761fba1fdd1
    908797a1d5e8a09e0357231a6eaaf42d369f05d150e34b294c22b6c213579167080f81c0f989ce67196055024100b639e6a3c192b68233dc
    d9add731bf3a4fdd144258c83d3f7f2dd9e830b56cddca465fde92da3f08f1b002baf61bc65d9bc17166c0f12a2c12175812d4c0ad390240
    7ba1802a67236ce722ca09d71f8e8f1e0d89ebd6af24fbe7f02c030f4d78311acbcd46d0c4ada6339e971c6b83de118140843e27d489096d
    7ff025f01acfb95902406b007a2c739c73b7b2ec9c64750db2af18a41e47802123ce6bb4b938ca91735dd2b0eac717eca07a3d6ab65dfcef
    b849f5ff846a8947195a6d73592f01bae745
""")
PUBLIC = bytes.fromhex("""
    30819f300d06092a864886f70d010101050003818d0030818902818100e1342e39bcb3737e1a80a264261ea9f842f2bde13db1186e9bdf24
    8aa0b1608f371b2b37105cedb28bf18febcd846d3e7179c84010c1be89e675dea168dd5ab9d425e1c5808a9b14a532d9f97b48c651126bfa
    923206b69ee2285cc08a91aec2006112c75ff6fcaec260b63ae65872e303e2d98ea5e5247c527b921507c7d7170203010001
""")
SECRET = bytes.fromhex("""
    a883c2ed7099be0974885886bf36f60092ac1070cbaa4131485ba44783398996a2d80801401caec0b0c1b01586ba2edef826c3905fb0e555
    c562d10b3745d977e542a6c1df43e5de43a8fdb338710157ded831696a112c79fd4133081f115cbe2fda9f63c17d2eab14a1bb066e58ca72
    921af399b4caebfec2afa56cc41536c6
""")


def test_it_reads_what_openssl_wrote_and_what_it_writes_itself() -> None:
    assert decrypt(PRIVATE, SECRET) == b"hello"
    made = encrypt(PUBLIC, b"hello")
    assert made is not None
    assert decrypt(PRIVATE, made) == b"hello"
    assert encrypt(PUBLIC, b"hello") != made


@pytest.mark.parametrize("key", [b"", b"no key", PRIVATE[:-3], PUBLIC, b"\x30\x80"])
def test_what_is_no_private_key_gives_nothing(key: bytes) -> None:
    assert decrypt(key, b"\x00" * 128) is None


def test_data_that_do_not_fit_give_nothing() -> None:
    assert encrypt(PUBLIC, b"x" * 118) is None
    assert decrypt(PRIVATE, b"x" * 127) is None
    assert decrypt(PRIVATE, b"\x01" * 128) is None
    assert encrypt(PRIVATE, b"x") is None


def test_the_functions_of_the_language() -> None:
    private = f'fromhex("{PRIVATE.hex()}")'
    read = f'decode(decrypt("RSA", {private}, fromhex("{SECRET.hex()}")))'
    made = f'encrypt("RSA/ECB/PKCS1Padding", fromhex("{PUBLIC.hex()}"), binary("a"))'
    query = f'eval v = {read}, w = decode(decrypt("RSA", {private}, {made})), n = decrypt("RSA", "k", "d")'
    assert Engine().run(f'json "{{}}" | {query}').to_dict("records") == [{"n": None, "v": "hello", "w": "a"}]
