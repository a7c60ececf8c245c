"""The server of `tests.aws.server` as tests hold it: where it is, and how to fill and disturb it."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

ACCOUNT = "123456789012"  # of the credentials `testing`


@dataclass(frozen=True)
class AwsServer:
    """A running fake of AWS. Its state is one for all tests: `reset` first."""

    url: str

    @property
    def environment(self) -> dict[str, str]:
        """What a process needs to take it for AWS."""
        return {
            "AWS_ENDPOINT_URL": self.url,
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": "us-east-1",
            "AWS_EC2_METADATA_DISABLED": "true",
            "TRAILBOARD_PROFILES": "",
        }

    @contextmanager
    def client(self, service: str, region: str = "us-east-1", account: str = ACCOUNT) -> Iterator[Any]:
        """A boto3 client of an account, to put things there; any twelve digits are an account."""
        import botocore.session

        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        if account != ACCOUNT:
            with self.client("sts") as sts:
                role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/seed", RoleSessionName="seed")
            given = role["Credentials"]
            keys = {
                "aws_access_key_id": given["AccessKeyId"],
                "aws_secret_access_key": given["SecretAccessKey"],
                "aws_session_token": given["SessionToken"],
            }
        session = botocore.session.Session()
        with closing(session.create_client(service, region_name=region, endpoint_url=self.url, **keys)) as made:
            yield made

    def seed(self, **state: Any) -> None:
        """Give what moto cannot be given through boto3: `volume_status`, `events`, `costs`, `forecast`."""
        self._post("fake/seed", state)

    def fail(self, call: str, how: str, times: int | None = None, **where: str) -> None:
        """Answer a call (`DescribeInstances`, `*`) with an error code, `garbage` or `hang`, so often or always."""
        self._post("fake/faults", [{"call": call, "how": how, "times": times, **where}])

    def mend(self) -> None:
        """No faults any more; what hangs is let go."""
        self._post("fake/faults", [])

    def calls(self, name: str = "") -> list[dict[str, Any]]:
        """The calls so far, of one name or all."""
        return [call for call in self._post("fake/calls", None) if name in ("", call["call"])]

    def reset(self) -> None:
        """An empty AWS."""
        self._post("reset", None)
        self._post("fake/reset", None)

    def _post(self, path: str, content: Any) -> Any:
        request = Request(f"{self.url}/moto-api/{path}", json.dumps(content).encode(), method="POST")
        with urlopen(request, timeout=60) as answer:
            return json.loads(answer.read())


@contextmanager
def serving() -> Iterator[AwsServer]:
    """A server of its own, as long as it is needed; it ends with this process in any case."""
    command = [sys.executable, "-m", "tests.aws.server"]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    with process:
        try:
            assert process.stdout is not None
            port = process.stdout.readline().decode().strip()
            assert port, "the AWS server did not start: run `python -m tests.aws.server` to see why"
            yield AwsServer(f"http://127.0.0.1:{port}")
        finally:
            process.kill()
