"""Export jobs to folders and to S3, and back by import jobs."""

import gzip
import json
import os
import subprocess

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from beckon import BINARY, KEY, SECRET, Server, wait_for

ROLE = "arn:aws:iam::000000000000:role/exports"
RICH = {
    "ChannelType": "EMAIL",
    "Address": "ada@example.com",
    "OptOut": "ALL",
    "Attributes": {"size": ["M", "L"], "none": []},
    "Metrics": {"orders": 12.5},
    "Demographic": {"Locale": "en_US", "Timezone": "America/Lima", "Make": "m", "Platform": "p"},
    "Location": {"Country": "PE", "City": "Lima", "Latitude": -12.0, "Longitude": -77.1},
    "User": {"UserId": "u-1", "UserAttributes": {"Name": ["Ada \"é\""]}},
}


def export(server, app, url="s3://crm/out", **more):
    """Runs an export job to its end and answers it."""
    client = server.pinpoint()
    request = {"S3UrlPrefix": url, "RoleArn": ROLE, **more}
    created = client.create_export_job(ApplicationId=app, ExportJobRequest=request)
    assert created["ResponseMetadata"]["HTTPStatusCode"] == 202
    job = created["ExportJobResponse"]
    assert job["Type"] == "EXPORT" and job["Definition"]["S3UrlPrefix"] == url, job

    def done():
        now = client.get_export_job(ApplicationId=app, JobId=job["Id"])["ExportJobResponse"]
        return now if now["JobStatus"] in ("COMPLETED", "FAILED") else None

    return wait_for(done)


def rows(server, job):
    """The endpoints in a job's files in the folder `out`."""
    found = []
    for file in sorted((server.imports / "out").glob(f"{job['Id']}-*.json.gz")):
        found += [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
    return found


def put(client, app, name, **endpoint):
    client.update_endpoint(ApplicationId=app, EndpointId=name, EndpointRequest=endpoint)


def test_an_export_is_imported_again(server, app):
    client = server.pinpoint()
    put(client, app, "Ada-1", **RICH)
    put(client, app, "second", ChannelType="SMS", Address="+44", User={"UserId": "u-1"})
    job = export(server, app)
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", 2, 0), job
    assert job["TotalPieces"] == job["CompletedPieces"] == 1 and job["FailedPieces"] == 0
    assert job["Definition"] == {"S3UrlPrefix": "s3://crm/out", "RoleArn": ROLE}
    lines = rows(server, job)
    assert [row["Id"] for row in lines] == ["Ada-1", "second"]
    for row in lines:
        shown = client.get_endpoint(ApplicationId=app, EndpointId=row["Id"])["EndpointResponse"]
        assert row == shown
    text = "".join(json.dumps(row) + "\n" for row in lines)
    (server.imports / f"{app}.json").write_text(text)
    other = server.new_app("other")
    back = server.import_file(other, f"s3://crm/{app}.json", fmt="JSON", RegisterEndpoints=True)
    assert (back["JobStatus"], back["TotalFailures"]) == ("COMPLETED", 0), back
    for row in lines:
        got = client.get_endpoint(ApplicationId=other, EndpointId=row["Id"])["EndpointResponse"]
        for own in ("ApplicationId", "CohortId", "CreationDate"):
            assert got.pop(own) and row.pop(own)
        assert got == row


def test_an_application_without_endpoints_makes_no_file(server, app):
    job = export(server, app, "s3://crm/out/")
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalPieces"]) == ("COMPLETED", 0, 0)
    assert rows(server, job) == []


def test_segments_and_their_versions(server, app):
    client = server.pinpoint()
    for n in range(4):
        put(client, app, f"e{n}", ChannelType="EMAIL", Address=f"{n}@x.example",
            EndpointStatus="INACTIVE" if n == 1 else "ACTIVE", Attributes={"odd": [str(n % 2)]})

    def criteria(value):
        return {"Name": "odd", "Dimensions": {"Attributes": {"odd": {"Values": [value]}}}}

    segment = client.create_segment(ApplicationId=app, WriteSegmentRequest=criteria("1"))["SegmentResponse"]["Id"]
    client.update_segment(ApplicationId=app, SegmentId=segment, WriteSegmentRequest=criteria("0"))
    first = export(server, app, SegmentId=segment, SegmentVersion=1)
    assert [row["Id"] for row in rows(server, first)] == ["e1", "e3"]
    latest = export(server, app, SegmentId=segment)
    assert [row["Id"] for row in rows(server, latest)] == ["e0", "e2"]
    assert latest["Definition"]["SegmentVersion"] == 2
    export(server, app)
    listed = client.get_segment_export_jobs(ApplicationId=app, SegmentId=segment)["ExportJobsResponse"]
    assert [job["Id"] for job in listed["Item"]] == [latest["Id"], first["Id"]]
    page = client.get_export_jobs(ApplicationId=app, PageSize="2")["ExportJobsResponse"]
    rest = client.get_export_jobs(ApplicationId=app, Token=page["NextToken"])["ExportJobsResponse"]
    assert len(page["Item"]) == 2 and len(rest["Item"]) == 1 and "NextToken" not in rest


def test_refusals(server, app):
    client = server.pinpoint()
    errors = client.exceptions

    def refused(kind, text, **request):
        with pytest.raises(kind) as caught:
            client.create_export_job(ApplicationId=app, ExportJobRequest=request)
        assert text in caught.value.response["Message"], caught.value.response

    refused(errors.BadRequestException, "S3UrlPrefix", S3UrlPrefix="crm/out", RoleArn=ROLE)
    refused(errors.BadRequestException, "S3UrlPrefix", S3UrlPrefix="s3://crm/../x", RoleArn=ROLE)
    refused(errors.BadRequestException, "RoleArn", S3UrlPrefix="s3://crm/out", RoleArn="")
    refused(errors.BadRequestException, "SegmentVersion", S3UrlPrefix="s3://crm/out", RoleArn=ROLE, SegmentVersion=1)
    refused(errors.BadRequestException, "upload", S3UrlPrefix="s3://beckon-uploads/x", RoleArn=ROLE)
    refused(errors.NotFoundException, "Resource not found", S3UrlPrefix="s3://crm/out", RoleArn=ROLE, SegmentId="0" * 32)
    with pytest.raises(errors.NotFoundException):
        client.get_export_job(ApplicationId=app, JobId="0" * 32)


def test_at_most_so_many_at_once(tmp_path):
    with Server(tmp_path / "beckon", extra="\n[limits]\nactive_export_jobs = 1\n") as server:
        app = server.new_app()
        client = server.pinpoint()
        # A job that cannot end quickly: its file system refuses, slowly or not, only after the next call.
        request = {"S3UrlPrefix": "s3://crm/out", "RoleArn": ROLE}
        for n in range(0, 3000, 100):
            items = [{"Id": f"e{n + i}", "ChannelType": "EMAIL", "Address": f"{n + i}@x.example"} for i in range(100)]
            client.update_endpoints_batch(ApplicationId=app, EndpointBatchRequest={"Item": items})
        refused = None
        for _ in range(20):
            try:
                client.create_export_job(ApplicationId=app, ExportJobRequest=request)
            except ClientError as error:
                refused = error.response
                break
        assert refused, "twenty jobs ended before the next was created"
        assert refused["Error"]["Code"] == "TooManyRequestsException"
        assert "Maximum concurrent exports limit exceeded" in refused["Message"]


def test_a_killed_server_goes_on(tmp_path):
    server = Server(tmp_path / "beckon")
    server.start()
    app = server.new_app()
    lines = "".join(
        json.dumps({"Id": f"e{n}", "ChannelType": "EMAIL", "Address": f"{n}@x.example"}) + "\n" for n in range(120_000))
    (server.imports / "in.json").write_text(lines)
    server.import_file(app, "s3://crm/in.json", fmt="JSON", RegisterEndpoints=True)
    client = server.pinpoint()
    job = client.create_export_job(
        ApplicationId=app, ExportJobRequest={"S3UrlPrefix": "s3://crm/out", "RoleArn": ROLE})["ExportJobResponse"]

    def state():
        return client.get_export_job(ApplicationId=app, JobId=job["Id"])["ExportJobResponse"]

    wait_for(lambda: state()["CompletedPieces"] >= 1, pause=0.01)
    server.kill()
    server.start()
    ended = wait_for(lambda: state()["JobStatus"] == "COMPLETED" and state())
    assert (ended["TotalProcessed"], ended["TotalPieces"], ended["CompletedPieces"]) == (120_000, 2, 2)
    ids = [row["Id"] for row in rows(server, job)]
    assert len(ids) == len(set(ids)) == 120_000
    server.stop()


def test_to_s3(tmp_path):
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    try:
        s3 = boto3.client("s3", endpoint_url=f"http://{host}:{port}", aws_access_key_id=KEY,
                          aws_secret_access_key=SECRET, region_name="us-east-1")
        s3.create_bucket(Bucket="warehouse")
        os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
        extra = f'\n[aws]\nendpoint_url = "http://{host}:{port}"\nregion = "us-east-1"\n'
        with Server(tmp_path / "beckon", extra=extra) as server:
            app = server.new_app()
            client = server.pinpoint()
            put(client, app, "one", ChannelType="EMAIL", Address="1@x.example")
            job = export(server, app, "s3://warehouse/out/deep")
            assert job["JobStatus"] == "COMPLETED", job
            key = f"out/deep/{job['Id']}-00001.json.gz"
            found = s3.get_object(Bucket="warehouse", Key=key)
            assert found["ContentType"] == "application/gzip" and not found.get("ContentEncoding")
            content = gzip.decompress(found["Body"].read())
            assert content.endswith(b"\n") and json.loads(content)["Id"] == "one"
            with pytest.raises(client.exceptions.BadRequestException):
                client.create_export_job(ApplicationId=app, ExportJobRequest={
                    "S3UrlPrefix": "s3://nowhere-to-be-found/x", "RoleArn": ROLE})
    finally:
        moto.stop()


def test_by_the_command(tmp_path):
    with Server(tmp_path / "beckon") as server:
        app, other = server.new_app(), server.new_app("other")
        put(server.pinpoint(), app, "Ada-1", **RICH)
    data = ["--config", str(server.config), "--data", str(server.folder / "data")]

    def beckon(*words):
        done = subprocess.run([BINARY, *words], capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, done.stderr
        return done.stdout

    target = tmp_path / "backup" / "today"
    assert "1 rows exported to 1 files" in beckon("export", *data, "--app", app, str(target))
    (file,) = target.glob("*.json.gz")
    plain = tmp_path / "rows.json"
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    assert "1 rows imported, 0 refused" in beckon("import", *data, "--app", other, str(plain))
    with server:
        got = server.pinpoint().get_endpoint(ApplicationId=other, EndpointId="ada-1")["EndpointResponse"]
        assert got["User"] == RICH["User"] and got["Attributes"] == RICH["Attributes"]
