"""Settings of files: where they are kept, how large they may be, and who looks at them first."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from chatr.config.section import Bytes, Count, Seconds, Section


class FilesSettings(Section, frozen=True):
    """Files that people send, and images of people and groups."""

    #: In a directory of this machine, or in a bucket that speaks S3.
    storage: Literal["local", "s3"] = "local"
    #: Of local storage; empty: files, in the data directory.
    directory: str = ""
    max_bytes: Bytes = 50 * 1024 * 1024
    max_avatar_bytes: Bytes = 5 * 1024 * 1024
    max_cover_bytes: Bytes = 10 * 1024 * 1024
    #: What one person's files may take together; 0: any amount.
    quota_bytes: Annotated[int, Meta(ge=0)] = 5 * 1024 * 1024 * 1024
    #: How long a link to a file opens.
    link_s: Annotated[int, Meta(ge=10, le=86400)] = 900
    #: How long an upload that was cut can be gone on with.
    resume_s: Annotated[int, Meta(ge=60, le=7 * 86400)] = 86400
    #: Files that were never sent, or never came in whole, go after so many hours.
    orphans_h: Annotated[int, Meta(ge=1, le=8760)] = 24
    #: Where clamd listens: /path/of/socket or host:port. No file is taken that it has not found clean.
    clamd: Annotated[str, Meta(pattern=r"^(/.+|[^/:]+:\d{1,5})?$")] = ""
    clamd_timeout_s: Seconds = 60.0
    #: The internal location by which nginx serves local storage (X-Accel-Redirect), as /chatr-files/.
    accel_location: Annotated[str, Meta(pattern=r"^(/[A-Za-z0-9_./-]*/)?$")] = ""
    #: Processes that look into files, and what one of these may take.
    workers: Count = 2
    worker_memory_bytes: Bytes = 768 * 1024 * 1024
    worker_deadline_s: Seconds = 20.0
    #: Pixels of an image: more are refused, however small its file is.
    max_pixels: Count = 50_000_000


class S3Settings(Section, frozen=True):
    """The bucket of ``files.storage = "s3"``."""

    #: Where it is spoken, as https://s3.example.org: the bucket comes behind it, in the path.
    endpoint: Annotated[str, Meta(pattern=r"^(https?://[^/?#@\s]+)?$")] = ""
    #: The same as browsers reach it, for presigned links; empty: at the same place.
    public_endpoint: Annotated[str, Meta(pattern=r"^(https?://[^/?#@\s]+)?$")] = ""
    region: str = "us-east-1"
    bucket: Annotated[str, Meta(pattern=r"^([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])?$")] = ""
    access_key: str = ""
    secret_key: str = ""
    #: Before all keys, as chatr/: two systems may share a bucket.
    prefix: Annotated[str, Meta(max_length=64, pattern=r"^([A-Za-z0-9_-][A-Za-z0-9_.-]*/)*$")] = ""
    #: Whether browsers fetch from the bucket itself, by links that it opens for a few minutes.
    presigned: bool = False
    #: How long nothing may move: a large file may take longer.
    timeout_s: Seconds = 30.0
