"""Runs the server as an operator would, and calls it as its users do."""

import json
import os
import pathlib
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials

BINARY = os.environ.get("BECKON", "target/debug/beckon")
KEY, SECRET = "AKIDBLACKBOX00000001", "blackbox-secret-for-tests-only"
REGION = "us-east-1"

# Which tests called an operation with success through a stock client, by its name.
ANSWERED = {}


def remember(http_response, model, **_):
    if http_response.status_code < 300:
        running = os.environ.get("PYTEST_CURRENT_TEST", "").split(" ")[0]
        test = running.rsplit("/", 1)[-1].split("[")[0]
        ANSWERED.setdefault(model.name, set()).add(test)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=60, pause=0.1):
    """The first true answer of `condition`; fails when there is none for too long."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        answer = condition()
        if answer:
            return answer
        time.sleep(pause)
    raise AssertionError(f"waited {seconds} s in vain for {condition}")


class Server:
    """One server process on its own data folder."""

    def __init__(self, folder, smtp=None, functions="", extra=""):
        self.folder = pathlib.Path(folder)
        self.folder.mkdir(parents=True, exist_ok=True)
        self.imports = self.folder / "crm"
        self.imports.mkdir(exist_ok=True)
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.config = self.folder / "beckon.toml"
        transport = "inbox" if smtp is None else "smtp"
        self.config.write_text(
            f"""
[server]
listen = "127.0.0.1:{self.port}"
public_url = "{self.url}"

[auth]
admin_access_key_id = "{KEY}"
admin_secret_access_key = "{SECRET}"

[buckets]
crm = "{self.imports}"

[email]
transport = "{transport}"

[email.smtp]
host = "127.0.0.1"
port = {smtp or 25}
tls = "none"

[functions]
my-hook = "inbox"
{functions}
{extra}
"""
        )
        self.process = None
        self.log = open(self.folder / "server.log", "ab")

    def __enter__(self):
        self.start()
        return self

    def __exit__(self, *_):
        self.stop()

    def start(self):
        data = self.folder / "data"
        self.process = subprocess.Popen(
            [BINARY, "serve", "--config", str(self.config), "--data", str(data)],
            stdin=subprocess.DEVNULL,
            stdout=self.log,
            stderr=self.log,
            cwd=self.folder,
        )
        wait_for(self.healthy, seconds=120, pause=0.02)

    def healthy(self):
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended:\n{self.tail()}")
        try:
            with urllib.request.urlopen(self.url + "/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    def log_text(self):
        return (self.folder / "server.log").read_text(errors="replace")

    def tail(self):
        return self.log_text()[-4000:]

    def stop(self):
        """Asks the server to end, and checks that it ends well."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.terminate()
        assert self.process.wait(timeout=60) == 0, self.tail()

    def kill(self):
        """Ends the server as a power cut would."""
        os.kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def session(self, key=KEY, secret=SECRET, token=None):
        return boto3.Session(
            aws_access_key_id=key,
            aws_secret_access_key=secret,
            aws_session_token=token,
            region_name=REGION,
        )

    def pinpoint(self, retries=0, **credentials):
        """A stock client; only the endpoint URL and the key are not the original's."""
        config = Config(retries={"max_attempts": retries}, read_timeout=60)
        session = self.session(**credentials)
        client = session.client("pinpoint", endpoint_url=self.url, config=config)
        client.meta.events.register("after-call.pinpoint", remember)
        return client

    def aws(self, *words, check=True):
        """Runs the AWS CLI."""
        environment = dict(
            os.environ,
            AWS_ACCESS_KEY_ID=KEY,
            AWS_SECRET_ACCESS_KEY=SECRET,
            AWS_DEFAULT_REGION=REGION,
            AWS_EC2_METADATA_DISABLED="true",
            AWS_CONFIG_FILE=os.devnull,
            AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        )
        python = pathlib.Path(os.sys.executable)
        done = subprocess.run(
            [str(python.with_name("aws")), "--endpoint-url", self.url, "pinpoint", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=120,
        )
        if not check:
            return done
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout) if done.stdout.strip() else None

    def call(self, method, path, body=None, key=KEY, secret=SECRET, raw=False):
        """A signed call of any route; answers (status, headers, decoded JSON or bytes)."""
        data = None
        if body is not None:
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
        request = AWSRequest(method=method, url=self.url + path, data=data)
        if key is not None:
            SigV4Auth(Credentials(key, secret), "mobiletargeting", REGION).add_auth(request)
        prepared = request.prepare()
        wire = urllib.request.Request(
            prepared.url, data=data, method=method, headers=dict(prepared.headers)
        )
        try:
            with urllib.request.urlopen(wire, timeout=120) as answer:
                status, headers, content = answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            status, headers, content = error.code, error.headers, error.read()
        if raw or not content:
            return status, headers, content
        try:
            return status, headers, json.loads(content)
        except ValueError:
            return status, headers, content

    def beckon(self, method, path, body=None):
        """A signed call of the Beckon API that must succeed."""
        status, _, answer = self.call(method, "/beckon/v1" + path, body)
        assert status < 300, (status, answer)
        return answer

    # What several tests do in the same way.

    def new_app(self, name="shop"):
        request = {"Name": name}
        return self.pinpoint().create_app(CreateApplicationRequest=request)[
            "ApplicationResponse"
        ]["Id"]

    def import_file(self, app, url, fmt="CSV", seconds=300, **flags):
        """Runs an import job to its end and answers it."""
        client = self.pinpoint()
        request = {"Format": fmt, "S3Url": url, "RoleArn": "arn:aws:iam::000000000000:role/i"}
        request.update(flags or {"RegisterEndpoints": True, "DefineSegment": True})
        job = client.create_import_job(ApplicationId=app, ImportJobRequest=request)
        job = job["ImportJobResponse"]

        def done():
            now = client.get_import_job(ApplicationId=app, JobId=job["Id"])["ImportJobResponse"]
            return now if now["JobStatus"] in ("COMPLETED", "FAILED") else None

        return wait_for(done, seconds=seconds)

    def enable_email(self, app, sender="Shop <news@shop.example>"):
        self.pinpoint().update_email_channel(
            ApplicationId=app,
            EmailChannelRequest={
                "FromAddress": sender,
                "Identity": "arn:aws:ses:us-east-1:000000000000:identity/shop.example",
                "Enabled": True,
            },
        )

    def campaign(self, app, campaign):
        got = self.pinpoint().get_campaign(ApplicationId=app, CampaignId=campaign)
        return got["CampaignResponse"]

    def wait_for_campaign(self, app, campaign, status="COMPLETED", seconds=300):
        def reached():
            now = self.campaign(app, campaign)
            return now if now["State"]["CampaignStatus"] == status else None

        return wait_for(reached, seconds=seconds, pause=0.2)

    def progress(self, app, campaign):
        return self.beckon("GET", f"/apps/{app}/campaigns/{campaign}/progress")
