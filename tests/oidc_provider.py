"""A small OpenID provider on 127.0.0.1 that signs in whoever it is told to, and checks what clients must do."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import time
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm
from twisted.internet import reactor
from twisted.web.resource import Resource
from twisted.web.server import Site

CLIENT_ID, CLIENT_SECRET = "chatr", "Client secret/1:+"
_LOGIN_PAGE = b"""<!doctype html><html lang="en"><title>Company</title><link rel="icon" href="data:,">
<form method="post"><button name="yes">Go on as Ann</button><button name="no">Not now</button></form></html>"""


class Provider(Resource):
    """Discovery, keys, token and userinfo, and a login page for browsers, whose part :meth:`authorize` plays."""

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.person: dict[str, Any] = {"sub": "1", "email": "ann@example.org", "email_verified": True, "name": "Ann"}
        self.changes: dict[str, Any] = {}
        self.userinfo: dict[str, Any] = {}
        self.secret = CLIENT_SECRET
        self.methods = ["client_secret_basic"]
        self.down = False
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.algorithm = "RS256"
        self.rotate()
        self._port = reactor.listenTCP(0, Site(self), interface="127.0.0.1")  # type: ignore[attr-defined]
        self.port: int = self._port.getHost().port
        self.issuer = f"http://127.0.0.1:{self.port}"
        self.named = self.issuer

    def stop(self) -> Any:
        """Close the port."""
        return self._port.stopListening()

    def rotate(self, algorithm: str = "RS256") -> None:
        """A new key in place of the old one."""
        self.algorithm, self.kid = algorithm, secrets.token_hex(4)
        if algorithm == "RS256":
            self.key: Any = rsa.generate_private_key(public_exponent=65537, key_size=2048)
            made: Any = RSAAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        elif algorithm == "ES256":
            self.key = ec.generate_private_key(ec.SECP256R1())
            made = ECAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        else:
            self.key = ed25519.Ed25519PrivateKey.generate()
            made = OKPAlgorithm.to_jwk(self.key.public_key(), as_dict=True)
        self.jwk = {**made, "kid": self.kid, "use": "sig"}

    @property
    def public_pem(self) -> bytes:
        """What everybody can know of the key."""
        pem: bytes = self.key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        return pem

    def authorize(self, url: str) -> tuple[str, str]:
        """What happens between the redirect there and the redirect back: state and code."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(url).query).items()}
        assert url.startswith(f"{self.issuer}/authorize?"), url
        assert (query["response_type"], query["client_id"]) == ("code", CLIENT_ID)
        assert query["code_challenge_method"] == "S256" and "openid" in query["scope"].split()
        code = secrets.token_urlsafe(16)
        self._codes[code] = query
        return query["state"], code

    def sign(self, **claims: Any) -> str:
        """An ID token as this provider makes it, but for ``changes``."""
        now = int(time.time())
        full = {"iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, **claims, **self.changes}
        full = {name: value for name, value in full.items() if value is not None}
        key = {"HS256": self.public_pem[:32], "none": None}.get(self.algorithm, self.key)
        return jwt.encode(full, key, self.algorithm, headers={"kid": self.kid})

    def render(self, request: Any) -> bytes:
        path = request.path.decode()
        self.asked.append(path)
        if path == "/authorize":
            return self._login_page(request)
        request.setHeader("Content-Type", "application/json")
        if self.down:
            request.setResponseCode(503)
            return b"{}"
        answer = {
            "/.well-known/openid-configuration": self._discovery,
            "/keys": lambda request: {"keys": [self.jwk]},
            "/token": self._token,
            "/userinfo": lambda request: self.userinfo,
        }[path](request)
        if answer is None:
            request.setResponseCode(400)
            answer = {"error": "invalid_grant"}
        return json.dumps(answer).encode()

    def _login_page(self, request: Any) -> bytes:
        """A button that signs in, and one that does not. Both lead back."""
        if request.method != b"POST":
            request.setHeader("Content-Type", "text/html; charset=utf-8")
            return _LOGIN_PAGE
        state, code = self.authorize(f"{self.issuer}{request.uri.decode()}")
        answer = (
            {"state": state, "code": code} if b"yes" in request.args else {"state": state, "error": "access_denied"}
        )
        back = self._codes[code]["redirect_uri"]
        request.redirect(f"{back}?{urlencode(answer)}".encode())
        return b""

    def _discovery(self, request: Any) -> Any:
        return {
            "issuer": self.named,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "token_endpoint_auth_methods_supported": self.methods,
            "something_else": [1],
        }

    def _token(self, request: Any) -> Any:
        form = {name.decode(): values[0].decode() for name, values in request.args.items()}
        asked = self._codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form.get("code_verifier", "").encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        if asked is None or challenge != asked["code_challenge"] or form["redirect_uri"] != asked["redirect_uri"]:
            return None
        if form["grant_type"] != "authorization_code" or not self._is_client(request, form):
            return None
        token = self.sign(**self.person, nonce=asked["nonce"])
        return {"id_token": token, "access_token": "at", "token_type": "Bearer"}

    def _is_client(self, request: Any, form: dict[str, str]) -> bool:
        if self.secret and self.methods == ["client_secret_basic"]:
            pair = urlencode({CLIENT_ID: self.secret}).replace("=", ":", 1).replace("+", "%20")
            wanted = "Basic " + base64.b64encode(pair.encode()).decode()
            return bool(request.getHeader("authorization") == wanted)
        return form.get("client_id") == CLIENT_ID and form.get("client_secret", "") == self.secret
