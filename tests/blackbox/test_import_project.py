"""`beckon import-project`: a project moves from one server to another by what boto3 returned of it."""

import json
import subprocess

import pytest

from beckon import BINARY, KEY, SECRET, Server

SENDER = "Shop <news@shop.example>"


def settled(answer):
    """What a response says, without what belongs to the call."""
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


def take(server, *files):
    """Runs the command on a stopped server's data, and answers its report as lines."""
    data = ["--config", str(server.config), "--data", str(server.folder / "data")]
    done = subprocess.run([BINARY, "import-project", *data, *map(str, files)],
                          capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def line_of(report, text):
    (line,) = [line for line in report if text in line]
    return line


@pytest.fixture
def target(tmp_path):
    """A server that is not running."""
    server = Server(tmp_path / "target")
    yield server
    server.stop()


def write(folder, name, content):
    path = folder / f"{name}.json"
    # Dates of journeys are objects in Python; `default=str` is what people write.
    path.write_text(json.dumps(content, indent=1, default=str))
    return path


def build(server):
    """A project with one of everything, and what boto3 returns of it, by name of the file."""
    client = server.pinpoint()
    app = client.create_app(CreateApplicationRequest={"Name": "moving", "tags": {"team": "crm"}})
    app = app["ApplicationResponse"]["Id"]
    client.update_application_settings(ApplicationId=app, WriteApplicationSettingsRequest={
        "QuietTime": {"Start": "22:00", "End": "07:30"}, "Limits": {"Daily": 3, "MessagesPerSecond": 50}})
    server.enable_email(app, SENDER)
    client.update_sms_channel(ApplicationId=app, SMSChannelRequest={"SenderId": "Shop", "Enabled": False})
    client.update_gcm_channel(ApplicationId=app, GCMChannelRequest={"ApiKey": "AAAA" + "x" * 140})

    for n in (1, 2):
        request = {"Subject": f"Hello {n} {{{{User.UserAttributes.Name}}}}", "HtmlPart": "<p>Hi</p>", "TextPart": "Hi",
                   "DefaultSubstitutions": json.dumps({"User.UserAttributes.Name": "you"}), "tags": {"a": "b"}}
        if n == 1:
            client.create_email_template(TemplateName="hello", EmailTemplateRequest=request)
        else:
            client.update_email_template(TemplateName="hello", EmailTemplateRequest=request, CreateNewVersion=True)
    client.update_template_active_version(
        TemplateName="hello", TemplateType="EMAIL", TemplateActiveVersionRequest={"Version": "latest"})
    client.create_sms_template(TemplateName="text", SMSTemplateRequest={"Body": "Hi {{Address}}"})
    client.create_push_template(TemplateName="ping", PushNotificationTemplateRequest={
        "Default": {"Title": "T", "Body": "B"}, "GCM": {"Title": "G", "Body": "B"}})

    def segment(**request):
        made = client.create_segment(ApplicationId=app, WriteSegmentRequest=request)
        return made["SegmentResponse"]["Id"]

    gold = segment(Name="gold", Dimensions={"Attributes": {"plan": {"Values": ["gold"]}}}, tags={"x": "y"})
    client.update_segment(ApplicationId=app, SegmentId=gold, WriteSegmentRequest={"Name": "gold members"})
    near = segment(Name="near", SegmentGroups={"Include": "ALL", "Groups": [{
        "SourceSegments": [{"Id": gold, "Version": 2}], "SourceType": "ANY", "Type": "ALL",
        "Dimensions": [{"Location": {"Country": {"Values": ["PE"]}}}]}]})
    everyone = segment(Name="everyone")
    (server.imports / "people.csv").write_text("ChannelType,Address,Id\nEMAIL,a@x.example,a\nEMAIL,b@x.example,b\n")
    imported = server.import_file(app, "s3://crm/people.csv")["Definition"]["SegmentId"]

    def campaign(name, **request):
        made = client.create_campaign(ApplicationId=app, WriteCampaignRequest={
            "Name": name, "SegmentId": near, "TemplateConfiguration": {"EmailTemplate": {"Name": "hello", "Version": "2"}},
            **request})
        return made["CampaignResponse"]["Id"]

    done = campaign("done", SegmentId=everyone, Schedule={"StartTime": "IMMEDIATE"})
    server.wait_for_campaign(app, done)
    campaigns = {
        "done": done,
        "later": campaign("later", Schedule={"StartTime": "2099-01-01T00:00:00Z", "Timezone": "UTC"},
                          HoldoutPercent=10, Limits={"Total": 5}, tags={"c": "d"}),
        "held": campaign("held", IsPaused=True, Schedule={"StartTime": "2099-01-01T00:00:00Z"}, AdditionalTreatments=[
            {"SizePercent": 30, "TreatmentName": "B", "MessageConfiguration": {
                "EmailMessage": {"Title": "B", "HtmlBody": "<p>B</p>", "FromAddress": SENDER}}}]),
    }
    recommender = client.create_recommender_configuration(CreateRecommenderConfiguration={
        "Name": "moving", "RecommendationProviderRoleArn": "arn:aws:iam::000000000000:role/r",
        "RecommendationProviderUri": "arn:aws:personalize:us-east-1:000000000000:campaign/c",
        "RecommendationsDisplayName": "items"})["RecommenderConfigurationResponse"]["Id"]
    journey = client.create_journey(ApplicationId=app, WriteJourneyRequest={
        "Name": "welcome", "StartActivity": "mail", "StartCondition": {"SegmentStartCondition": {"SegmentId": near}},
        "Activities": {"mail": {"EMAIL": {"TemplateName": "hello", "MessageConfig": {"FromAddress": SENDER}, "NextActivity": "wait"}},
                       "wait": {"Wait": {"WaitTime": {"WaitFor": "PT2H"}, "NextActivity": "end"}},
                       "end": {"Holdout": {"Percentage": 10}}},
        "QuietTime": {"Start": "22:00", "End": "06:00"}, "Schedule": {"StartTime": "2098-01-01T00:00:00Z"}})["JourneyResponse"]["Id"]
    answers = {
        "app": client.get_app(ApplicationId=app),
        "settings": client.get_application_settings(ApplicationId=app),
        "email-channel": client.get_email_channel(ApplicationId=app),
        "sms-channel": client.get_sms_channel(ApplicationId=app),
        "gcm-channel": client.get_gcm_channel(ApplicationId=app),
        "segments": client.get_segments(ApplicationId=app),
        "gold-versions": client.get_segment_versions(ApplicationId=app, SegmentId=gold),
        "campaigns": client.get_campaigns(ApplicationId=app),
        "recommenders": client.get_recommender_configurations(),
        "journeys": client.list_journeys(ApplicationId=app),
        "hello": client.get_email_template(TemplateName="hello"),
        "text": client.get_sms_template(TemplateName="text"),
        "ping": client.get_push_template(TemplateName="ping"),
    }
    ids = {"app": app, "gold": gold, "near": near, "everyone": everyone, "imported": imported, "journey": journey, "recommender": recommender, **campaigns}
    return ids, answers


def without(answer, *names):
    return {name: value for name, value in answer.items() if name not in names}


def test_a_project_moves_whole(server, target, tmp_path):
    ids, answers = build(server)
    app = ids["app"]
    files = [write(tmp_path, name, answer) for name, answer in answers.items()]
    # The order of the files means nothing: references come first anyway.
    report = take(target, *sorted(files, reverse=True))
    assert line_of(report, f"application {app} moving").startswith("taken")
    assert line_of(report, f"segment {ids['near']}").startswith("taken")
    assert line_of(report, f"segment {ids['imported']}").startswith("adapted") and "2 members" in line_of(report, ids["imported"])
    assert line_of(report, f"campaign {ids['done']}").startswith("taken")
    assert line_of(report, f"campaign {ids['later']}").startswith("taken")
    assert line_of(report, f"journey {ids['journey']}").startswith("taken")
    assert "credentials" in line_of(report, " GCM ")
    assert report[-1].endswith(" 0 refused"), report

    with target:
        there, here = server.pinpoint(), target.pinpoint()
        own = [("get_app", {}), ("get_application_settings", {}), ("get_sms_channel", {}),
               ("get_segment_versions", {"SegmentId": ids["gold"]}), ("get_email_channel", {})]
        own += [("get_segment", {"SegmentId": ids[name]}) for name in ("gold", "near", "everyone")]
        own += [("get_journey", {"JourneyId": ids["journey"]})]
        own += [("get_campaign", {"CampaignId": ids[name]}) for name in ("done", "later", "held")]
        for operation, more in own:
            want = settled(getattr(there, operation)(ApplicationId=app, **more))
            assert settled(getattr(here, operation)(ApplicationId=app, **more)) == want
        want = settled(there.get_recommender_configuration(RecommenderId=ids["recommender"]))
        assert settled(here.get_recommender_configuration(RecommenderId=ids["recommender"])) == want
        for operation, name in (("get_email_template", "hello"), ("get_sms_template", "text"), ("get_push_template", "ping")):
            want = settled(getattr(there, operation)(TemplateName=name))
            assert settled(getattr(here, operation)(TemplateName=name)) == want
        imported = here.get_segment(ApplicationId=app, SegmentId=ids["imported"])["SegmentResponse"]
        assert imported["SegmentType"] == "IMPORT" and imported["ImportDefinition"]["Size"] == 0
        gcm = here.get_gcm_channel(ApplicationId=app)["GCMChannelResponse"]
        assert gcm["HasCredential"] is False
        # The imported segment can be filled under its own identifier.
        (target.imports / "people.csv").write_text("ChannelType,Address,Id\nEMAIL,a@x.example,a\n")
        job = target.import_file(app, "s3://crm/people.csv", SegmentId=ids["imported"], RegisterEndpoints=True)
        assert job["JobStatus"] == "COMPLETED"
        assert here.get_segment(ApplicationId=app, SegmentId=ids["imported"])["SegmentResponse"]["Version"] == 2
        # A campaign that was taken can be changed and sent.
        here.update_campaign(ApplicationId=app, CampaignId=ids["later"], WriteCampaignRequest={
            "SegmentId": ids["everyone"], "Schedule": {"StartTime": "IMMEDIATE"}, "HoldoutPercent": 0})
        target.wait_for_campaign(app, ids["later"])

    again = take(target, *files)
    assert again[-1].startswith("0 taken, 0 adapted, ") and again[-1].endswith(" 0 refused"), again


APP = "5f0c" + "0" * 28


def a_campaign(number, status, start="IMMEDIATE", **more):
    return {"ApplicationId": APP, "Id": f"c{number}" + "0" * 30, "Name": f"c{number}", "SegmentId": "a" * 32,
            "SegmentVersion": 7, "Version": 4, "CreationDate": "2024-01-02T03:04:05.678Z",
            "LastModifiedDate": "2024-02-02T03:04:05.678Z", "State": {"CampaignStatus": status},
            "Schedule": {"StartTime": start, "Timezone": "UTC"}, "IsPaused": False, "HoldoutPercent": 0,
            "MessageConfiguration": {"EmailMessage": {"Title": "t", "HtmlBody": "b", "FromAddress": SENDER}},
            "Arn": f"arn:aws:mobiletargeting:eu-central-1:123456789012:apps/{APP}/campaigns/c{number}", "tags": {}, **more}


def test_nothing_is_sent_by_itself(target, tmp_path):
    """What was at work arrives paused; what has ended stays ended; bare objects and lists will do."""
    segment = {"ApplicationId": APP, "Id": "a" * 32, "Name": "all", "SegmentType": "DIMENSIONAL", "Version": 7,
               "CreationDate": "2024-01-02T03:04:05.678Z", "Dimensions": {}, "SegmentGroups": {"Groups": []}, "tags": {}}
    campaigns = [
        a_campaign(1, "SCHEDULED"),
        a_campaign(2, "EXECUTING", start="2024-01-03T00:00:00Z"),
        a_campaign(3, "COMPLETED"),
        a_campaign(4, "DELETED"),
        a_campaign(5, "SCHEDULED", start="2099-01-03T00:00:00Z"),
        a_campaign(6, "COMPLETED", SegmentId="b" * 32),
        a_campaign(7, "PAUSED", SegmentVersion=3, IsPaused=True),
    ]
    journey = {"ApplicationId": APP, "Id": "d" * 32, "Name": "walk", "State": "ACTIVE", "tags": {"a": "b"}, "StartActivity": "x",
               "CreationDate": "2024-01-02T03:04:05.678Z", "Activities": {"x": {"Wait": {"WaitTime": {"WaitFor": "PT2H"}}}},
               "StartCondition": {"SegmentStartCondition": {"SegmentId": "a" * 32}}}
    report = take(target, write(tmp_path, "bare", {"Item": campaigns}), write(tmp_path, "list", [journey, segment]))
    assert line_of(report, "journey").startswith("adapted") and "ACTIVE" in line_of(report, "journey")
    assert line_of(report, f"application {APP}").startswith("adapted")
    outcomes = {n: line_of(report, f"campaign c{n}") for n in range(1, 8)}
    assert outcomes[1].startswith("adapted") and "paused" in outcomes[1]
    assert outcomes[2].startswith("adapted") and "EXECUTING" in outcomes[2]
    assert outcomes[3].startswith("taken") and outcomes[5].startswith("taken")
    assert outcomes[4].startswith("refused") and "deleted" in outcomes[4]
    assert outcomes[6].startswith("refused") and "b" * 32 in outcomes[6]
    assert outcomes[7].startswith("adapted") and "version 3" in outcomes[7]
    with target:
        client = target.pinpoint()
        found = {n: client.get_campaign(ApplicationId=APP, CampaignId=f"c{n}" + "0" * 30)["CampaignResponse"]
                 for n in (1, 2, 3, 5, 7)}
        assert [found[n]["State"]["CampaignStatus"] for n in found] == [
            "PAUSED", "PAUSED", "COMPLETED", "SCHEDULED", "PAUSED"]
        walk = client.get_journey(ApplicationId=APP, JourneyId="d" * 32)["JourneyResponse"]
        assert (walk["State"], walk["tags"], walk["CreationDate"]) == ("DRAFT", {"a": "b"}, "2024-01-02T03:04:05.678Z")
        for campaign in found.values():
            assert campaign["Version"] == 4 and campaign["CreationDate"] == "2024-01-02T03:04:05.678Z"
        got = client.get_app(ApplicationId=APP)["ApplicationResponse"]
        assert got["Name"] == APP
    named = {"Id": APP, "Name": "named later", "tags": {}, "Arn": f"arn:aws:mobiletargeting:eu-central-1:1:apps/{APP}"}
    report = take(target, write(tmp_path, "app", {"ApplicationResponse": named}))
    assert "eu-central-1" in line_of(report, "named later")
    with target:
        assert target.pinpoint().get_app(ApplicationId=APP)["ApplicationResponse"]["Name"] == "named later"


def test_what_cannot_be_taken_is_named(target, tmp_path):
    segments = [
        {"ApplicationId": APP, "Id": "1" * 32, "SegmentType": "DIMENSIONAL", "Dimensions": {"Metrics": {"m": {}}}},
        {"ApplicationId": APP, "Id": "2" * 32, "SegmentType": "DIMENSIONAL", "SegmentGroups": {
            "Groups": [{"SourceSegments": [{"Id": "3" * 32}]}]}},
        {"ApplicationId": APP, "Id": "3" * 32, "SegmentType": "DIMENSIONAL", "SegmentGroups": {
            "Groups": [{"SourceSegments": [{"Id": "2" * 32}]}]}},
        {"Id": "4" * 32, "SegmentType": "DIMENSIONAL"},
    ]
    listed = {"TemplatesResponse": {"Item": [{"TemplateName": "hello", "TemplateType": "EMAIL", "Version": "1"}]}}
    broken = {"EmailTemplateResponse": {"TemplateName": "broken", "TemplateType": "EMAIL", "Subject": "{{#if x}}"}}
    report = take(target, write(tmp_path, "segments", {"SegmentsResponse": {"Item": segments, "NextToken": "more"}}),
                  write(tmp_path, "odd", [listed, broken, 7, {"Colour": "red"}]))
    for text in ("segment " + "1" * 32, f"segment {'2' * 32} (", f"segment {'3' * 32} (", "segment " + "4" * 32,
                 "email template broken", "NextToken", "item hello", "not a response"):
        assert line_of(report, text).startswith("refused"), report
    assert report[-1] == "0 taken, 1 adapted, 0 there already, 9 refused", report


def test_an_event_stream_needs_its_destination(target, tmp_path):
    arn = "arn:aws:firehose:us-east-1:000000000000:deliverystream/events"
    stream = {"EventStream": {"ApplicationId": APP, "DestinationStreamArn": arn, "RoleArn": "arn:aws:iam::000000000000:role/r"}}
    file = write(tmp_path, "stream", stream)
    refused = line_of(take(target, file), "event stream")
    assert refused.startswith("refused") and "[streams]" in refused
    (target.folder / "events").mkdir()
    target.config.write_text(target.config.read_text() + f'\n[streams]\n"{arn}" = "{target.folder / "events"}"\n')
    assert line_of(take(target, file), "event stream").startswith("taken")
    with target:
        got = target.pinpoint().get_event_stream(ApplicationId=APP)["EventStream"]
        assert got["DestinationStreamArn"] == arn


def test_a_file_that_is_not_json_stops_it_before_anything(target, tmp_path):
    good = write(tmp_path, "app", {"ApplicationResponse": {"Id": APP, "Name": "x"}})
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    data = ["--config", str(target.config), "--data", str(target.folder / "data")]
    done = subprocess.run([BINARY, "import-project", *data, str(good), str(bad)], capture_output=True, text=True, timeout=60)
    assert done.returncode != 0 and "bad.json" in done.stderr
    with target:
        assert target.pinpoint().get_apps()["ApplicationsResponse"]["Item"] == []
