"""Import jobs from folders, from S3 and from uploads, of all sizes."""

import hashlib
import json
import os
import urllib.error
import urllib.request

import boto3
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from beckon import KEY, REGION, SECRET, Server, wait_for

# A row of a million fits the run on demand; CI takes a smaller file of the same form.
ROWS = int(os.environ.get("BECKON_IMPORT_ROWS", "200000"))


def rows(count):
    yield "ChannelType,Address,Id,User.UserId,Attributes.plan,Attributes.plan,Metrics.orders,OptOut\n"
    for n in range(count):
        yield f"EMAIL,m{n}@mail.example,m-{n},mu-{n},{'gold' if n % 10 == 0 else 'basic'},new,{n % 7},\n"


def test_many_rows(server):
    app = server.new_app("large")
    with open(server.imports / "large.csv", "w") as file:
        file.writelines(rows(ROWS))
    job = server.import_file(app, "s3://crm/large.csv", seconds=600)
    assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", ROWS, 0)
    assert job["CompletedPieces"] == job["TotalPieces"] >= -(-ROWS // 10_000)
    segment = server.pinpoint().get_segment(ApplicationId=app, SegmentId=job["Definition"]["SegmentId"])
    definition = segment["SegmentResponse"]["ImportDefinition"]
    assert definition["Size"] == ROWS and definition["ChannelCounts"] == {"EMAIL": ROWS}
    size = server.beckon("POST", f"/apps/{app}/segments/size",
                         {"Dimensions": {"Attributes": {"plan": {"Values": ["gold"]}}}})
    assert size["endpoints"] == -(-ROWS // 10)


def test_json_lines_with_broken_rows(server, app):
    good = {"Id": "j1", "ChannelType": "SMS", "Address": "+4407700900000", "Attributes": {"size": ["M", "L"]}}
    lines = [json.dumps(good), "", '{"Id": "j2", "ChannelType": "FAX", "Address": "1"}', '{"Id": ']
    (server.imports / "rows.jsonl").write_text("\n".join(lines) + "\n")
    job = server.import_file(app, "s3://crm/rows.jsonl", fmt="JSON")
    assert job["JobStatus"] == "COMPLETED" and job["TotalFailures"] == 2 and job["TotalProcessed"] == 3
    assert any("rows.jsonl:3" in f for f in job["Failures"]) and any("rows.jsonl:4" in f for f in job["Failures"])
    got = server.pinpoint().get_endpoint(ApplicationId=app, EndpointId="j1")["EndpointResponse"]
    assert got["Attributes"] == {"size": ["M", "L"]}


def test_a_broken_first_record_is_refused_at_once(server, app):
    client = server.pinpoint()
    (server.imports / "broken.json").write_text('{"Id": }\n')
    (server.imports / "strange.csv").write_text("foo,bar\n1,2\n")
    for url, fmt in (("s3://crm/broken.json", "JSON"), ("s3://crm/strange.csv", "CSV"),
                     ("s3://crm/missing.csv", "CSV"), ("s3://nowhere-to-be-found/x.csv", "CSV")):
        with pytest.raises(client.exceptions.BadRequestException):
            client.create_import_job(ApplicationId=app, ImportJobRequest={
                "Format": fmt, "S3Url": url, "RoleArn": "r", "RegisterEndpoints": True})


def test_segment_id_alone_refreshes(server, app):
    (server.imports / "first.csv").write_text("ChannelType,Address,Id\nEMAIL,a@x.example,a\nEMAIL,b@x.example,b\n")
    first = server.import_file(app, "s3://crm/first.csv")
    segment = first["Definition"]["SegmentId"]
    (server.imports / "second.csv").write_text("Id\nb\n")
    second = server.import_file(app, "s3://crm/second.csv", SegmentId=segment)
    assert second["JobStatus"] == "COMPLETED" and second["Definition"]["SegmentId"] == segment
    got = server.pinpoint().get_segment(ApplicationId=app, SegmentId=segment)["SegmentResponse"]
    assert got["Version"] == 2 and got["SegmentType"] == "IMPORT"
    assert server.beckon("GET", f"/apps/{app}/segments/{segment}/size")["endpoints"] == 1


@pytest.fixture
def s3(monkeypatch):
    """A service that speaks S3, with the bucket `warehouse`; its client and the server's settings."""
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    client = boto3.client("s3", endpoint_url=url, region_name="us-east-1")
    client.create_bucket(Bucket="warehouse")
    yield client, f'[aws]\nendpoint_url = "{url}"\nregion = "us-east-1"\n'
    # What it keeps is the process's, not the server's.
    urllib.request.urlopen(urllib.request.Request(f"{url}/moto-api/reset", method="POST")).close()
    moto.stop()


def test_from_s3(tmp_path, s3):
    client, settings = s3
    for key, body in (("in/a/one.csv", b"ChannelType,Address,Id\nEMAIL,1@x.example,1\n"),
                      ("in/two.csv", b"ChannelType,Address,Id\nEMAIL,2@x.example,2\n"),
                      ("in/two.csv.metadata", b"not a csv")):
        client.put_object(Bucket="warehouse", Key=key, Body=body)
    with Server(tmp_path / "beckon", extra=settings) as server:
        app = server.new_app()
        job = server.import_file(app, "s3://warehouse/in/")
        assert (job["JobStatus"], job["TotalProcessed"]) == ("COMPLETED", 2), job
        assert server.beckon("GET", f"/apps/{app}/overview")["endpoints"] == 2


def upload(server, app, content, name="people.csv", announced=None):
    """A signed upload, whose signature covers the hash of the content; answers status and JSON."""
    digest = announced or hashlib.sha256(content).hexdigest()
    request = AWSRequest(method="POST", url=f"{server.url}/beckon/v1/apps/{app}/uploads?name={name}",
                         data=content, headers={"x-amz-content-sha256": digest})
    SigV4Auth(Credentials(KEY, SECRET), "mobiletargeting", REGION).add_auth(request)
    prepared = request.prepare()
    wire = urllib.request.Request(prepared.url, data=content, method="POST", headers=dict(prepared.headers))
    try:
        with urllib.request.urlopen(wire, timeout=120) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        return refused.code, json.load(refused)


def test_uploads_lie_in_s3(tmp_path, s3):
    """Also one of several parts; what failed leaves nothing, and an application finds only its own."""
    client, settings = s3
    people = 120_000
    rows = "".join(f"EMAIL,{n}@mail.example,e{n},{'x' * 60}\n" for n in range(people))
    content = f"ChannelType,Address,Id,Attributes.note\n{rows}".encode()
    assert len(content) > 8 << 20, "more than one part"
    keys = lambda: [found["Key"] for found in client.list_objects_v2(Bucket="warehouse").get("Contents", [])]
    place = f'[objects]\nurl = "s3://warehouse/eu/beckon"\n{settings}'
    with Server(tmp_path / "beckon", extra=place) as server:
        app, other = server.new_app(), server.new_app("other")
        status, uploaded = upload(server, app, content)
        assert (status, uploaded.get("bytes")) == (201, len(content)), uploaded
        url = uploaded["s3Url"]
        [key] = keys()
        assert key == "eu/beckon/uploads/" + url.removeprefix("s3://beckon-uploads/")
        assert client.get_object(Bucket="warehouse", Key=key)["Body"].read() == content
        assert not (server.folder / "data/objects/uploads").exists()

        job = server.import_file(app, url)
        assert (job["JobStatus"], job["TotalProcessed"], job["TotalFailures"]) == ("COMPLETED", people, 0), job

        for theirs in (url, f"s3://warehouse/{key}", "s3://warehouse/eu/"):
            with pytest.raises(ClientError, match="other applications"):
                server.import_file(other, theirs)

        status, refused = upload(server, app, content, announced=hashlib.sha256(b"").hexdigest())
        assert status == 400 and "another hash" in refused["Message"]
        status, empty = upload(server, app, b"", name="empty.csv")
        assert (status, empty.get("bytes")) == (201, 0), empty
        assert [found.rsplit("/", 1)[1] for found in keys()] == ["people.csv", "empty.csv"]
        wait_for(lambda: not client.list_multipart_uploads(Bucket="warehouse").get("Uploads"))

        client.delete_objects(Bucket="warehouse", Delete={"Objects": [{"Key": k} for k in keys()]})
        client.delete_bucket(Bucket="warehouse")
        status, failed = upload(server, app, b"Id\n1\n")
        assert status == 500 and "warehouse" not in failed["Message"]
        assert server.beckon("GET", f"/apps/{app}/overview")["endpoints"] == people


def test_jobs_are_listed_by_application_and_by_segment(server, app):
    client = server.pinpoint()
    (server.imports / "listed.csv").write_text("ChannelType,Address\nEMAIL,a@mail.example\n")
    first = server.import_file(app, "s3://crm/listed.csv")
    second = server.import_file(app, "s3://crm/listed.csv", RegisterEndpoints=True)
    jobs = client.get_import_jobs(ApplicationId=app)["ImportJobsResponse"]["Item"]
    assert [job["Id"] for job in jobs] == [second["Id"], first["Id"]]
    assert jobs[1] == first
    segment = first["Definition"]["SegmentId"]
    own = client.get_segment_import_jobs(ApplicationId=app, SegmentId=segment)["ImportJobsResponse"]["Item"]
    assert [job["Id"] for job in own] == [first["Id"]]
    page = client.get_import_jobs(ApplicationId=app, PageSize="1")["ImportJobsResponse"]
    rest = client.get_import_jobs(ApplicationId=app, PageSize="1", Token=page["NextToken"])
    assert [job["Id"] for job in page["Item"] + rest["ImportJobsResponse"]["Item"]] == [second["Id"], first["Id"]]
