"""Event streams by boto3: what is put flows, also over a crash, and nothing flows before."""

import datetime
import json

import boto3
import pytest
from botocore.exceptions import ClientError
from moto.server import ThreadedMotoServer

from beckon import KEY, SECRET, Server, wait_for

ROLE = "arn:aws:iam::000000000000:role/stream"
KINESIS = "arn:aws:kinesis:us-east-1:000000000000:stream/shop"
FIREHOSE = "arn:aws:firehose:us-east-1:000000000000:deliverystream/shop"
UNKNOWN = "arn:aws:kinesis:us-east-1:000000000000:stream/unknown"
BROKEN = "arn:aws:kinesis:us-east-1:000000000000:stream/broken"


@pytest.fixture
def server(tmp_path):
    (tmp_path / "file").write_text("not a folder")
    extra = f"""
[streams]
"{KINESIS}" = "{tmp_path}/kinesis"
"{FIREHOSE}" = "{tmp_path}/deep/firehose"
"{BROKEN}" = "{tmp_path}/file"
"""
    with Server(tmp_path, extra=extra) as running:
        yield running


def put(server, app, arn=KINESIS, role=ROLE):
    got = server.pinpoint().put_event_stream(
        ApplicationId=app,
        WriteEventStream={"DestinationStreamArn": arn, "RoleArn": role},
    )
    return got["EventStream"]


def report(server, app, kind, count=1):
    now = datetime.datetime.now(datetime.timezone.utc).isoformat()
    events = {f"e{n}": {"EventType": kind, "Timestamp": now, "Attributes": {"n": str(n)}} for n in range(count)}
    got = server.pinpoint().put_events(
        ApplicationId=app,
        EventsRequest={"BatchItem": {"ep-1": {"Endpoint": {}, "Events": events}}},
    )
    results = got["EventsResponse"]["Results"]["ep-1"]["EventsItemResponse"]
    assert all(item["StatusCode"] == 202 for item in results.values()), results


def records(folder):
    lines = []
    for path in sorted(folder.glob("events-*.json")):
        text = path.read_text()
        assert text == "" or text.endswith("\n")
        lines.extend(json.loads(line) for line in text.splitlines())
    return lines


def wait_for_kinds(folder, kinds):
    def there():
        found = {record["event_type"] for record in records(folder)}
        return found >= set(kinds) and found

    return wait_for(there)


def test_what_is_put_is_read_back_and_removed(server):
    client = server.pinpoint()
    app = server.new_app()
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_event_stream(ApplicationId=app)
    made = put(server, app)
    assert made["ApplicationId"] == app and made["DestinationStreamArn"] == KINESIS
    assert made["RoleArn"] == ROLE and made["LastUpdatedBy"] and made["LastModifiedDate"]
    assert client.get_event_stream(ApplicationId=app)["EventStream"] == made
    other = put(server, app, FIREHOSE, ROLE + "-2")
    assert other["DestinationStreamArn"] == FIREHOSE and other["RoleArn"] == ROLE + "-2"
    assert client.delete_event_stream(ApplicationId=app)["EventStream"] == other
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_event_stream(ApplicationId=app)


def test_what_cannot_work_is_refused(server):
    client = server.pinpoint()
    app = server.new_app()
    told = "make sure the IAM Role is configured correctly"
    for arn, role, words in [
        (UNKNOWN, ROLE, told),
        (BROKEN, ROLE, told),
        ("arn:aws:s3:::bucket", ROLE, "DestinationStreamArn"),
        (KINESIS, "role", "RoleArn"),
    ]:
        with pytest.raises(ClientError) as refused:
            put(server, app, arn, role)
        assert words in refused.value.response["Error"]["Message"]
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_event_stream(ApplicationId=app)


def test_events_flow_to_where_the_stream_leads(server):
    app, other = server.new_app(), server.new_app()
    kinesis, firehose = server.folder / "kinesis", server.folder / "deep" / "firehose"
    report(server, app, "before")
    put(server, app)
    assert kinesis.is_dir()
    report(server, app, "first", count=50)
    report(server, other, "elsewhere")
    wait_for(lambda: len(records(kinesis)) >= 50)
    found = records(kinesis)
    assert [record["event_type"] for record in found] == ["first"] * 50
    assert {record["attributes"]["n"] for record in found} == {str(n) for n in range(50)}
    one = found[0]
    assert one["application"]["app_id"] == app and one["event_version"] == "3.1"
    assert one["client"]["client_id"] == "ep-1" and one["awsAccountId"] == "000000000000"
    assert isinstance(one["event_timestamp"], int) and one["endpoint"]["Id"] == "ep-1"

    put(server, app, FIREHOSE)
    report(server, app, "second")
    assert wait_for_kinds(firehose, ["second"]) == {"second"}
    server.pinpoint().delete_event_stream(ApplicationId=app)
    report(server, app, "too late")
    put(server, app, FIREHOSE)
    report(server, app, "third")
    assert wait_for_kinds(firehose, ["third"]) == {"second", "third"}
    assert {record["event_type"] for record in records(kinesis)} == {"first"}


def test_mail_leaves_as_service_events(server):
    app = server.new_app()
    server.enable_email(app)
    put(server, app)
    client = server.pinpoint()
    client.update_endpoint(
        ApplicationId=app,
        EndpointId="ep-1",
        EndpointRequest={"ChannelType": "EMAIL", "Address": "ana@mail.example", "OptOut": "NONE"},
    )
    segment = client.create_segment(
        ApplicationId=app,
        WriteSegmentRequest={
            "Name": "all",
            "SegmentGroups": {"Include": "ALL", "Groups": [{"Dimensions": []}]},
        },
    )["SegmentResponse"]["Id"]
    message = {"EmailMessage": {"Title": "Hi", "HtmlBody": "<p>Hello</p>"}}
    campaign = client.create_campaign(
        ApplicationId=app,
        WriteCampaignRequest={
            "Name": "hello",
            "SegmentId": segment,
            "MessageConfiguration": message,
            "Schedule": {"StartTime": "IMMEDIATE"},
        },
    )["CampaignResponse"]["Id"]
    server.wait_for_campaign(app, campaign)
    wanted = ["_campaign.send", "_email.send", "_email.delivered"]
    wait_for_kinds(server.folder / "kinesis", wanted)


def test_nothing_is_lost_by_a_crash(server):
    app = server.new_app()
    put(server, app)
    folder = server.folder / "kinesis"
    report(server, app, "before", count=100)
    server.kill()
    server.start()
    report(server, app, "after", count=10)

    def whole():
        found = [(r["event_type"], r["attributes"]["n"]) for r in records(folder)]
        return len({pair for pair in found if pair[0] == "before"}) == 100 and len(
            {pair for pair in found if pair[0] == "after"}
        ) == 10

    wait_for(whole)
    metrics = server.call("GET", "/metrics", raw=True)[2].decode()
    assert 'beckon_stream_events{code="ExportedEvents"}' in metrics


def test_kinesis_and_firehose_take_records(tmp_path, monkeypatch):
    moto = ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    moto.start()
    host, port = moto.get_host_and_port()
    url = f"http://{host}:{port}"
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", SECRET)
    try:
        session = boto3.Session(KEY, SECRET, region_name="us-east-1")
        kinesis = session.client("kinesis", endpoint_url=url)
        kinesis.create_stream(StreamName="shop", ShardCount=1)
        s3 = session.client("s3", endpoint_url=url)
        s3.create_bucket(Bucket="lake")
        firehose = session.client("firehose", endpoint_url=url)
        firehose.create_delivery_stream(
            DeliveryStreamName="shop",
            ExtendedS3DestinationConfiguration={"RoleARN": ROLE, "BucketARN": "arn:aws:s3:::lake"},
        )
        extra = f"""
[aws]
endpoint_url = "{url}"

[streams]
"{KINESIS}" = "aws"
"{FIREHOSE}" = "aws"
"{UNKNOWN}" = "aws"
"""
        with Server(tmp_path, extra=extra) as server:
            client = server.pinpoint()
            first, second = server.new_app(), server.new_app()
            with pytest.raises(ClientError) as refused:
                put(server, first, UNKNOWN)
            message = refused.value.response["Error"]["Message"]
            assert "make sure the IAM Role is configured correctly" in message
            put(server, first, KINESIS)
            put(server, second, FIREHOSE)
            report(server, first, "to-kinesis", count=20)
            report(server, second, "to-firehose", count=20)
            shard = kinesis.describe_stream(StreamName="shop")["StreamDescription"]["Shards"][0]

            def from_kinesis():
                iterator = kinesis.get_shard_iterator(
                    StreamName="shop",
                    ShardId=shard["ShardId"],
                    ShardIteratorType="TRIM_HORIZON",
                )["ShardIterator"]
                found = kinesis.get_records(ShardIterator=iterator)["Records"]
                return found if len(found) >= 20 else None

            found = wait_for(from_kinesis)
            assert {record["PartitionKey"] for record in found} == {"ep-1"}
            bodies = [json.loads(record["Data"]) for record in found]
            assert {body["event_type"] for body in bodies} == {"to-kinesis"}

            def from_firehose():
                text = ""
                for item in s3.list_objects_v2(Bucket="lake").get("Contents", []):
                    text += s3.get_object(Bucket="lake", Key=item["Key"])["Body"].read().decode()
                return text if text.count("\n") >= 20 else None

            lines = wait_for(from_firehose).splitlines()
            assert {json.loads(line)["event_type"] for line in lines} == {"to-firehose"}
    finally:
        moto.stop()
