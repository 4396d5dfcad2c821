"""A whole server that keeps its files in a bucket: the tests of one that keeps them in a directory, again."""

from __future__ import annotations

import treq
from twisted.internet import reactor

from tests.files.s3 import moto
from tests.files.s3.front import ACCESS_KEY, SECRET_KEY, Front
from tests.rest.transfers import test_server


class BucketServerTests(test_server.ServerTests):
    """In by one way, out by another, by way of a bucket."""

    async def setUp(self) -> None:
        for method, path in (("POST", "/moto-api/reset"), ("PUT", "/chatr-files")):
            await (await treq.request(method, moto.running().url + path, persistent=False)).content()
        self.front = Front(reactor, moto.running().url)
        self.addCleanup(self.front.stop)
        self.settings = {
            "files.storage": "s3",
            "s3.endpoint": self.front.url,
            "s3.bucket": "chatr-files",
            "s3.access_key": ACCESS_KEY,
            "s3.secret_key": SECRET_KEY,
        }
        await super().setUp()
