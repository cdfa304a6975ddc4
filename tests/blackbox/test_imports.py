"""Import jobs from folders and from S3, of all sizes."""

import json
import os

import boto3
import pytest
from moto.server import ThreadedMotoServer

from beckon import KEY, SECRET, Server

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


def test_from_s3(tmp_path):
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    try:
        s3 = boto3.client("s3", endpoint_url=f"http://{host}:{port}", aws_access_key_id=KEY,
                          aws_secret_access_key=SECRET, region_name="us-east-1")
        s3.create_bucket(Bucket="warehouse")
        s3.put_object(Bucket="warehouse", Key="in/a/one.csv", Body=b"ChannelType,Address,Id\nEMAIL,1@x.example,1\n")
        s3.put_object(Bucket="warehouse", Key="in/two.csv", Body=b"ChannelType,Address,Id\nEMAIL,2@x.example,2\n")
        s3.put_object(Bucket="warehouse", Key="in/two.csv.metadata", Body=b"not a csv")
        os.environ.update(AWS_ACCESS_KEY_ID=KEY, AWS_SECRET_ACCESS_KEY=SECRET)
        extra = f'\n[aws]\nendpoint_url = "http://{host}:{port}"\nregion = "us-east-1"\n'
        with Server(tmp_path / "beckon", extra=extra) as server:
            app = server.new_app()
            job = server.import_file(app, "s3://warehouse/in/")
            assert (job["JobStatus"], job["TotalProcessed"]) == ("COMPLETED", 2), job
            assert server.beckon("GET", f"/apps/{app}/overview")["endpoints"] == 2
    finally:
        moto.stop()


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
