"""Journeys by boto3: every member read back, every transition, every fault of a path."""

import datetime

import pytest

UTC = datetime.timezone.utc
START = datetime.datetime(2031, 4, 1, 8, tzinfo=UTC)
END = datetime.datetime(2031, 5, 1, 8, tzinfo=UTC)


@pytest.fixture
def client(server):
    return server.pinpoint()


@pytest.fixture
def segment(client, app):
    request = {"Name": "everyone", "Dimensions": {}}
    made = client.create_segment(ApplicationId=app, WriteSegmentRequest=request)
    return made["SegmentResponse"]["Id"]


@pytest.fixture(scope="session")
def templates(server):
    """A template of each kind that journeys send."""
    client = server.pinpoint()
    client.create_email_template(
        TemplateName="journey-mail", EmailTemplateRequest={"Subject": "Hi", "TextPart": "Hello"}
    )
    client.create_sms_template(TemplateName="journey-text", SMSTemplateRequest={"Body": "Hello"})
    client.create_push_template(
        TemplateName="journey-push",
        PushNotificationTemplateRequest={"Default": {"Title": "Hi", "Body": "Hello"}},
    )


def create(client, app, **members):
    request = {"Name": "cart_rescue-1", **members}
    answer = client.create_journey(ApplicationId=app, WriteJourneyRequest=request)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    return answer["JourneyResponse"]


def get(client, app, journey):
    answer = client.get_journey(ApplicationId=app, JourneyId=journey)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
    return answer["JourneyResponse"]


def update(client, app, journey, **members):
    request = {"Name": "cart_rescue-1", **members}
    answer = client.update_journey(ApplicationId=app, JourneyId=journey, WriteJourneyRequest=request)
    return answer["JourneyResponse"]


def go(client, app, journey, state):
    answer = client.update_journey_state(
        ApplicationId=app, JourneyId=journey, JourneyStateRequest={"State": state}
    )
    return answer["JourneyResponse"]["State"]


def refused(call, *arguments, kind="BadRequestException", **members):
    """The message of a call that must fail in this way."""
    client = arguments[0]
    with pytest.raises(getattr(client.exceptions, kind)) as error:
        call(*arguments, **members)
    return error.value.response["Error"]["Message"] or error.value.response["Message"]


def entering(segment):
    return {"SegmentStartCondition": {"SegmentId": segment}}


def mail(following=None, **members):
    email = {"TemplateName": "journey-mail", **members}
    if following:
        email["NextActivity"] = following
    return {"EMAIL": email}


def live(segment, **members):
    """A definition that may be published."""
    return {
        "StartCondition": entering(segment),
        "StartActivity": "a",
        "Activities": {"a": mail()},
        **members,
    }


def opened(activity):
    return {
        "EventCondition": {
            "MessageActivity": activity,
            "Dimensions": {
                "EventType": {"DimensionType": "INCLUSIVE", "Values": ["_email.open"]}
            },
        }
    }


def rich(segment):
    """Every member but the dialler's, on a path through every kind of activity but its own."""
    criteria = {
        "SegmentDimensions": {
            "Attributes": {"plan": {"AttributeType": "INCLUSIVE", "Values": ["gold"]}},
            "Metrics": {"orders": {"ComparisonOperator": "GREATER_THAN", "Value": 2.0}},
            "UserAttributes": {"town": {"AttributeType": "EXCLUSIVE", "Values": ["Ulm"]}},
            "Behavior": {"Recency": {"Duration": "DAY_7", "RecencyType": "ACTIVE"}},
            "Demographic": {"Channel": {"DimensionType": "INCLUSIVE", "Values": ["EMAIL"]}},
            "Location": {"Country": {"DimensionType": "INCLUSIVE", "Values": ["DE"]}},
        }
    }
    member = {"SegmentCondition": {"SegmentId": segment}}
    hours = [{"StartTime": "09:00", "EndTime": "12:00"}, {"StartTime": "13:00", "EndTime": "18:00"}]
    closed = [
        {
            "Name": "holidays",
            "StartDateTime": "2031-04-11T00:00:00",
            "EndDateTime": "2031-04-15T00:00:00",
        }
    ]
    channels = ("EMAIL", "SMS", "PUSH", "VOICE", "CUSTOM")
    return {
        "StartCondition": {"Description": "left their cart", **entering(segment)},
        "StartActivity": "mail1",
        "Schedule": {"StartTime": START, "EndTime": END, "Timezone": "UTC+08:45"},
        "Limits": {
            "DailyCap": 2,
            "EndpointReentryCap": 1,
            "EndpointReentryInterval": "P7D",
            "MessagesPerSecond": 100,
            "TimeframeCap": {"Cap": 3, "Days": 7},
            "TotalCap": 5,
        },
        "LocalTime": True,
        "QuietTime": {"Start": "22:00", "End": "07:00"},
        "WaitForQuietTime": True,
        "SendingSchedule": True,
        "OpenHours": {channel: {"MONDAY": hours, "SUNDAY": []} for channel in channels},
        "ClosedDays": {channel: closed for channel in channels},
        "RefreshFrequency": "PT12H",
        "RefreshOnSegmentUpdate": True,
        "TimezoneEstimationMethods": ["PHONE_NUMBER", "POSTAL_CODE"],
        "Activities": {
            "mail1": {
                "Description": "the first word",
                **mail(
                    "opened",
                    TemplateVersion="1",
                    MessageConfig={"FromAddress": "shop@example.com"},
                ),
            },
            "opened": {
                "ConditionalSplit": {
                    "Condition": {"Operator": "ANY", "Conditions": [opened("mail1"), member, criteria]},
                    "EvaluationWaitTime": {"WaitFor": "P2D"},
                    "TrueActivity": "chance",
                    "FalseActivity": "sms1",
                }
            },
            "chance": {
                "RandomSplit": {
                    "Branches": [
                        {"Percentage": 30, "NextActivity": "push1"},
                        {"Percentage": 50, "NextActivity": "hold"},
                        {"Percentage": 20},
                    ]
                }
            },
            "hold": {"Holdout": {"Percentage": 10, "NextActivity": "push1"}},
            "push1": {
                "PUSH": {
                    "TemplateName": "journey-push",
                    "MessageConfig": {"TimeToLive": "3600"},
                    "NextActivity": "hook",
                }
            },
            "sms1": {
                "SMS": {
                    "TemplateName": "journey-text",
                    "MessageConfig": {
                        "MessageType": "PROMOTIONAL",
                        "OriginationNumber": "+12065550100",
                        "SenderId": "SHOP",
                        "EntityId": "entity",
                        "TemplateId": "template",
                    },
                    "NextActivity": "pause",
                }
            },
            "pause": {"Wait": {"WaitTime": {"WaitFor": "PT6H"}, "NextActivity": "until"}},
            "until": {
                "Wait": {"WaitTime": {"WaitUntil": "2031-04-20T08:00:00Z"}, "NextActivity": "many"}
            },
            "many": {
                "MultiCondition": {
                    "Branches": [
                        {"Condition": member, "NextActivity": "hook"},
                        {"Condition": criteria},
                        {"Condition": opened("mail1"), "NextActivity": "last"},
                    ],
                    "DefaultActivity": "last",
                    "EvaluationWaitTime": {"WaitUntil": "2031-04-21T08:00:00Z"},
                }
            },
            "hook": {
                "CUSTOM": {
                    "DeliveryUri": "https://shop.example/hook",
                    "EndpointTypes": ["EMAIL", "CUSTOM"],
                    "MessageConfig": {"Data": "cart"},
                    "TemplateName": "none",
                    "TemplateVersion": "3",
                    "NextActivity": "last",
                }
            },
            "last": mail(),
        },
    }


def test_a_name_is_enough(client, app):
    made = create(client, app)
    assert set(made) == {
        "ApplicationId", "CreationDate", "Id", "LastModifiedDate", "Name", "State", "tags"
    }
    assert made["State"] == "DRAFT" and made["tags"] == {} and made["ApplicationId"] == app
    assert get(client, app, made["Id"]) == made


def test_every_member_comes_back(client, app, segment, templates):
    definition = rich(segment)
    journey = create(client, app, **definition)["Id"]
    found = get(client, app, journey)
    for name, value in definition.items():
        assert found[name] == value, name
    # What is right as a draft is right to publish.
    assert go(client, app, journey, "ACTIVE") == "ACTIVE"
    assert get(client, app, journey)["Activities"] == definition["Activities"]


def test_members_that_only_a_draft_can_have(client, app):
    definition = {
        "JourneyChannelSettings": {
            "ConnectCampaignArn": "arn:aws:connect-campaigns:us-east-1:000000000000:campaign/c",
            "ConnectCampaignExecutionRoleArn": "arn:aws:iam::000000000000:role/dialler",
        },
        "Activities": {
            "call": {"ContactCenter": {"NextActivity": "nowhere"}},
            "half": {"RandomSplit": {"Branches": [{"Percentage": 30}]}},
        },
    }
    journey = create(client, app, **definition)["Id"]
    found = get(client, app, journey)
    for name, value in definition.items():
        assert found[name] == value, name


def test_an_event_starts_a_journey(client, app, segment, templates):
    event = {
        "EventStartCondition": {
            "EventFilter": {
                "FilterType": "ENDPOINT",
                "Dimensions": {
                    "EventType": {"DimensionType": "INCLUSIVE", "Values": ["cart.left"]},
                    "Attributes": {"shop": {"AttributeType": "INCLUSIVE", "Values": ["north"]}},
                    "Metrics": {"total": {"ComparisonOperator": "GREATER_THAN", "Value": 9.5}},
                },
            },
            "SegmentId": segment,
        }
    }
    made = create(client, app, **live(segment, StartCondition=event, State="ACTIVE"))
    assert made["State"] == "ACTIVE" and made["StartCondition"] == event
    late = live(segment, StartCondition=event, State="ACTIVE", LocalTime=True)
    assert "LocalTime" in refused(create, client, app, **late)


def test_absent_members_stay(client, app, segment):
    journey = create(client, app, **live(segment, RefreshFrequency="PT12H", LocalTime=False))["Id"]
    changed = update(client, app, journey, Limits={"DailyCap": 3}, QuietTime={"Start": "22:00", "End": "06:00"})
    assert changed["RefreshFrequency"] == "PT12H" and changed["LocalTime"] is False
    assert changed["Limits"] == {"DailyCap": 3} and changed["Activities"] == {"a": mail()}
    replaced = update(client, app, journey, Name="renamed", Limits={"TotalCap": 1}, QuietTime={"Start": "", "End": ""})
    assert replaced["Name"] == "renamed" and replaced["Limits"] == {"TotalCap": 1}
    assert "QuietTime" not in replaced
    assert replaced["LastModifiedDate"] >= replaced["CreationDate"]


@pytest.mark.parametrize("members, named", [
    ({"Name": "two words"}, "Name"),
    ({"Name": "n" * 151}, "Name"),
    ({"State": "PAUSED"}, "State"),
    ({"State": "COMPLETED"}, "State"),
    ({"Limits": {"DailyCap": 101}}, "Limits.DailyCap"),
    ({"Limits": {"TotalCap": -1}}, "Limits.TotalCap"),
    ({"Limits": {"TimeframeCap": {"Cap": 1, "Days": 31}}}, "Limits.TimeframeCap.Days"),
    ({"Limits": {"EndpointReentryInterval": "soon"}}, "Limits.EndpointReentryInterval"),
    ({"RefreshFrequency": "PT10M"}, "RefreshFrequency"),
    ({"Schedule": {"Timezone": "Europe/Berlin"}}, "Schedule.Timezone"),
    ({"QuietTime": {"Start": "25:00", "End": "07:00"}}, "QuietTime"),
    ({"OpenHours": {"EMAIL": {"MONDAY": [{"StartTime": "9", "EndTime": "12:00"}]}}}, "OpenHours.EMAIL.MONDAY[0].StartTime"),
    ({"ClosedDays": {"SMS": [{"StartDateTime": "2031-04-11T00:00:00Z", "EndDateTime": "x"}]}}, "ClosedDays.SMS[0].StartDateTime"),
    ({"Activities": {"not-a-word": {"EMAIL": {}}}}, "Activities.not-a-word"),
    ({"Activities": {"a": {}}}, "Activities.a"),
    ({"Activities": {"a": {"EMAIL": {}, "SMS": {}}}}, "Activities.a"),
    ({"Activities": {f"a{n}": {"EMAIL": {}} for n in range(41)}}, "Activities"),
    ({"JourneyChannelSettings": {"ConnectCampaignExecutionRoleArn": "arn:aws:iam::000000000000:role/a/b"}}, "ConnectCampaignExecutionRoleArn"),
])
def test_drafts_keep_their_form(client, app, members, named):
    assert named in refused(create, client, app, **members)


def faults():
    """Paths that cannot be published, with what the refusal must say."""
    split = {"ConditionalSplit": {"Condition": {"Conditions": [opened("a")]}}}
    yes = {"ConditionalSplit": {**split["ConditionalSplit"], "TrueActivity": "c"}}
    shares = lambda *percentages: {"RandomSplit": {"Branches": [{"Percentage": it} for it in percentages]}}
    wait = lambda **time: {"Wait": {"WaitTime": time}}
    return {
        "no start condition": ({"StartCondition": {"Description": "later"}}, "StartCondition"),
        "no start": ({"StartActivity": ""}, "StartActivity"),
        "unknown start": ({"StartActivity": "z"}, "StartActivity: there is no activity 'z'"),
        "unknown segment": ({"StartCondition": entering("nobody")}, "SegmentId: segment nobody"),
        "unknown next": ({"Activities": {"a": mail("z")}}, "Activities.a.EMAIL.NextActivity: there is no activity 'z'"),
        "itself": ({"Activities": {"a": mail("a")}}, "Activities.a leads back to itself"),
        "ring": ({"Activities": {"a": mail("b"), "b": {"Wait": {"WaitTime": {"WaitFor": "P1D"}, "NextActivity": "c"}}, "c": mail("b")}}, "Activities.b leads back to itself by c, b"),
        "unreachable": ({"Activities": {"a": mail(), "b": mail()}}, "Activities.b cannot be reached"),
        "no template": ({"Activities": {"a": {"SMS": {}}}}, "Activities.a.SMS.TemplateName"),
        "unknown template": ({"Activities": {"a": mail(TemplateName="none")}}, "Activities.a.EMAIL.TemplateName: EMAIL template none"),
        "unknown version": ({"Activities": {"a": mail(TemplateVersion="9")}}, "version 9"),
        "time to live": ({"Activities": {"a": {"PUSH": {"TemplateName": "journey-push", "MessageConfig": {"TimeToLive": "long"}}}}}, "Activities.a.PUSH.MessageConfig.TimeToLive"),
        "no target": ({"Activities": {"a": {"CUSTOM": {}}}}, "Activities.a.CUSTOM.DeliveryUri"),
        "plain target": ({"Activities": {"a": {"CUSTOM": {"DeliveryUri": "http://x.example"}}}}, "Activities.a.CUSTOM.DeliveryUri"),
        "long data": ({"Activities": {"a": {"CUSTOM": {"DeliveryUri": "https://x.example", "MessageConfig": {"Data": "x" * 5001}}}}}, "Activities.a.CUSTOM.MessageConfig.Data"),
        "no wait": ({"Activities": {"a": {"Wait": {}}}}, "Activities.a.Wait.WaitTime"),
        "short wait": ({"Activities": {"a": wait(WaitFor="PT30M")}}, "Activities.a.Wait.WaitTime.WaitFor"),
        "long wait": ({"Activities": {"a": wait(WaitFor="P366D")}}, "Activities.a.Wait.WaitTime.WaitFor"),
        "late wait": ({"Schedule": {"StartTime": START, "EndTime": END}, "Activities": {"a": wait(WaitUntil="2031-05-02T00:00:00Z")}}, "Activities.a.Wait.WaitTime.WaitUntil"),
        "no question": ({"Activities": {"a": {"ConditionalSplit": {}}}}, "Activities.a.ConditionalSplit.Condition"),
        "question about itself": ({"Activities": {"a": split}}, "Activities.a.ConditionalSplit.Condition.Conditions[0].EventCondition.MessageActivity"),
        "question about later": ({"Activities": {"a": {"ConditionalSplit": {**yes["ConditionalSplit"], "Condition": {"Conditions": [opened("c")]}}}, "c": mail()}}, "activity 'c' does not come before it"),
        "unknown member": ({"Activities": {"a": {"ConditionalSplit": {"Condition": {"Conditions": [{"SegmentCondition": {"SegmentId": "none"}}]}}}}}, "Conditions[0].SegmentCondition.SegmentId: segment none"),
        "no branches": ({"Activities": {"a": {"MultiCondition": {"Branches": []}}}}, "Activities.a.MultiCondition.Branches"),
        "five branches": ({"Activities": {"a": {"MultiCondition": {"Branches": [{}] * 5}}}}, "expected 1 to 4 branches, found 5"),
        "one share": ({"Activities": {"a": shares(100)}}, "Activities.a.RandomSplit.Branches: expected 2 to 5"),
        "shares": ({"Activities": {"a": shares(30, 60)}}, "must add up to 100, found 90"),
        "no share": ({"Activities": {"a": shares(0, 100)}}, "Activities.a.RandomSplit.Branches[0].Percentage"),
        "holdout": ({"Activities": {"a": {"Holdout": {"Percentage": 101}}}}, "Activities.a.Holdout.Percentage"),
        "dialler settings": ({"Activities": {"a": {"ContactCenter": {}}}}, "Activities.a.ContactCenter: JourneyChannelSettings"),
        "past end": ({"Schedule": {"EndTime": datetime.datetime(2020, 1, 1, tzinfo=UTC)}}, "Schedule.EndTime"),
        "end before start": ({"Schedule": {"StartTime": END, "EndTime": START}}, "Schedule.EndTime"),
        "too long": ({"Schedule": {"StartTime": START, "EndTime": START + datetime.timedelta(days=541)}}, "540 days"),
        "loud hours": ({"SendingSchedule": True, "QuietTime": {"Start": "20:00", "End": "07:00"}, "OpenHours": {"EMAIL": {"MONDAY": [{"StartTime": "09:00", "EndTime": "21:00"}]}}}, "OpenHours.EMAIL.MONDAY[0]: overlaps QuietTime"),
        "hours without quiet": ({"SendingSchedule": True, "ClosedDays": {"EMAIL": [{"StartDateTime": "2031-04-11T00:00:00", "EndDateTime": "2031-04-12T00:00:00"}]}}, "QuietTime"),
    }


@pytest.mark.parametrize("case", faults())
def test_faults_name_their_place(client, app, segment, templates, case):
    members, named = faults()[case]
    definition = live(segment, **members)
    journey = create(client, app, **definition)
    for attempt in (
        lambda: refused(go, client, app, journey["Id"], "ACTIVE"),
        lambda: refused(update, client, app, journey["Id"], State="ACTIVE"),
        lambda: refused(create, client, app, **definition, State="ACTIVE"),
    ):
        assert named in attempt()
    # A refusal changes nothing.
    assert get(client, app, journey["Id"]) == journey
    assert len(client.list_journeys(ApplicationId=app)["JourneysResponse"]["Item"]) == 1


def test_criteria_of_a_question_make_sense(client, app, segment, templates):
    many = {"Values": [str(n) for n in range(201)], "AttributeType": "INCLUSIVE"}
    question = {"SegmentDimensions": {"Attributes": {"plan": many}}}
    split = {"ConditionalSplit": {"Condition": {"Conditions": [question]}}}
    said = refused(create, client, app, **live(segment, Activities={"a": split}, State="ACTIVE"))
    assert said.startswith("Activities.a.ConditionalSplit.Condition.Conditions[0]"), said


def test_states(client, app, segment, templates):
    states = ("DRAFT", "ACTIVE", "PAUSED", "CLOSED", "COMPLETED", "CANCELLED")

    def stuck(journey, *allowed):
        for state in states:
            if state not in allowed:
                refused(go, client, app, journey, state)

    draft = create(client, app, **live(segment, RefreshFrequency="PT12H"))["Id"]
    stuck(draft, "ACTIVE", "CANCELLED")
    assert go(client, app, draft, "ACTIVE") == "ACTIVE"
    stuck(draft, "PAUSED", "CANCELLED")
    assert go(client, app, draft, "PAUSED") == "PAUSED"
    assert "5 minutes" in refused(go, client, app, draft, "ACTIVE")
    stuck(draft, "CANCELLED")
    assert go(client, app, draft, "CANCELLED") == "CANCELLED"
    stuck(draft)

    once = create(client, app, **live(segment, State="ACTIVE"))["Id"]
    assert "RefreshFrequency" in refused(go, client, app, once, "PAUSED")
    assert go(client, app, once, "CANCELLED") == "CANCELLED"
    assert go(client, app, create(client, app)["Id"], "CANCELLED") == "CANCELLED"
    assert get(client, app, draft)["State"] == "CANCELLED"


def test_what_may_be_edited(client, app, segment, templates):
    journey = create(
        client, app, **live(segment, State="ACTIVE", RefreshFrequency="PT12H", Schedule={"StartTime": START})
    )["Id"]
    changed = update(
        client,
        app,
        journey,
        State="ACTIVE",
        Limits={"DailyCap": 1},
        QuietTime={"Start": "22:00", "End": "07:00"},
        Schedule={"StartTime": START, "EndTime": END},
    )
    assert changed["Schedule"]["EndTime"] == END and changed["Limits"] == {"DailyCap": 1}
    for name, value in {
        "Activities": {"a": mail("b"), "b": mail()},
        "StartActivity": "b",
        "StartCondition": {"Description": "other", **entering(segment)},
        "Schedule": {"StartTime": END},
    }.items():
        refused(update, client, app, journey, kind="ConflictException", **{name: value})
    refused(update, client, app, journey, Schedule={"StartTime": START, "EndTime": START})
    refused(update, client, app, journey, State="DRAFT")
    go(client, app, journey, "PAUSED")
    refused(update, client, app, journey, kind="ConflictException", Limits={"DailyCap": 2})
    go(client, app, journey, "CANCELLED")
    refused(update, client, app, journey, kind="ConflictException", Limits={"DailyCap": 2})
    assert get(client, app, journey)["Limits"] == {"DailyCap": 1}


def test_pages(client, app):
    made = [create(client, app, Name=f"journey{n}")["Id"] for n in range(5)]
    found, token = [], None
    while True:
        more = {"Token": token} if token else {}
        page = client.list_journeys(ApplicationId=app, PageSize="2", **more)["JourneysResponse"]
        assert len(page["Item"]) <= 2
        found += [item["Id"] for item in page["Item"]]
        token = page.get("NextToken")
        if not token:
            break
    assert found == made[::-1]
    with pytest.raises(client.exceptions.BadRequestException):
        client.list_journeys(ApplicationId=app, Token="x")


def test_runs_and_metrics_of_a_journey_that_waits(client, app, segment, templates):
    journey = create(client, app, **rich(segment))["Id"]
    where = {"ApplicationId": app, "JourneyId": journey}
    assert client.get_journey_runs(**where)["JourneyRunsResponse"]["Item"] == []
    go(client, app, journey, "ACTIVE")
    (run,) = client.get_journey_runs(**where, PageSize="1")["JourneyRunsResponse"]["Item"]
    assert run["Status"] == "SCHEDULED" and run["CreationTime"] and run["LastUpdateTime"]

    whole = client.get_journey_execution_metrics(**where)["JourneyExecutionMetricsResponse"]
    assert whole["Metrics"] == {} and whole["LastEvaluatedTime"]
    assert (whole["ApplicationId"], whole["JourneyId"]) == (app, journey)
    in_run = client.get_journey_run_execution_metrics(**where, RunId=run["RunId"])
    in_run = in_run["JourneyRunExecutionMetricsResponse"]
    assert in_run["Metrics"] == {} and in_run["RunId"] == run["RunId"]
    for activity, kind in {
        "mail1": "MESSAGE",
        "sms1": "MESSAGE",
        "push1": "MESSAGE",
        "hook": "MESSAGE",
        "pause": "WAIT",
        "opened": "CONDITIONAL_SPLIT",
        "many": "MULTI_CONDITIONAL_SPLIT",
        "chance": "RANDOM_SPLIT",
        "hold": "HOLDOUT",
    }.items():
        at = {**where, "JourneyActivityId": activity}
        one = client.get_journey_execution_activity_metrics(**at)
        one = one["JourneyExecutionActivityMetricsResponse"]
        assert (one["ActivityType"], one["Metrics"]) == (kind, {})
        assert one["JourneyActivityId"] == activity
        one = client.get_journey_run_execution_activity_metrics(**at, RunId=run["RunId"])
        one = one["JourneyRunExecutionActivityMetricsResponse"]
        assert (one["ActivityType"], one["RunId"]) == (kind, run["RunId"])
    missing = client.exceptions.NotFoundException
    with pytest.raises(missing):
        client.get_journey_execution_activity_metrics(**where, JourneyActivityId="none")
    with pytest.raises(missing):
        client.get_journey_run_execution_metrics(**where, RunId="none")
    go(client, app, journey, "CANCELLED")
    (run,) = client.get_journey_runs(**where)["JourneyRunsResponse"]["Item"]
    assert run["Status"] == "CANCELLED"


SINGLE = ("sent", "delivered", "opened", "clicked", "hardbounced", "softbounced", "complained", "rejected", "unsubscribed")


def test_kpis_of_a_journey(client, app):
    journey = create(client, app)["Id"]
    where = {"ApplicationId": app, "JourneyId": journey}
    names = [f"journey-emails-{word}" for word in SINGLE]
    names += [f"emails-{word}-grouped-by-journey-activity" for word in SINGLE]
    for name in names:
        kpi = client.get_journey_date_range_kpi(**where, KpiName=name)["JourneyDateRangeKpiResponse"]
        assert kpi["KpiName"] == name and kpi["KpiResult"]["Rows"] == []
        assert (kpi["ApplicationId"], kpi["JourneyId"]) == (app, journey)
        assert kpi["EndTime"] - kpi["StartTime"] == datetime.timedelta(days=31)
    now = datetime.datetime.now(UTC)
    ask = lambda **times: client.get_journey_date_range_kpi(**where, KpiName=names[0], **times)
    bad = client.exceptions.BadRequestException
    for times in (
        {"StartTime": now - datetime.timedelta(days=32), "EndTime": now},
        {"StartTime": now - datetime.timedelta(days=91)},
        {"StartTime": now, "EndTime": now - datetime.timedelta(days=1)},
    ):
        with pytest.raises(bad):
            ask(**times)
    for name in ("successful-delivery-rate", "nothing"):
        with pytest.raises(bad):
            client.get_journey_date_range_kpi(**where, KpiName=name)
    with pytest.raises(client.exceptions.NotFoundException):
        client.get_journey_date_range_kpi(ApplicationId=app, JourneyId="none", KpiName=names[0])


def test_deletion(client, app, segment, templates):
    journey = create(client, app, **live(segment, State="ACTIVE"))["Id"]
    gone = client.delete_journey(ApplicationId=app, JourneyId=journey)["JourneyResponse"]
    assert (gone["Id"], gone["State"]) == (journey, "CANCELLED")
    missing = client.exceptions.NotFoundException
    for call in (client.get_journey, client.delete_journey, client.get_journey_runs, client.get_journey_execution_metrics):
        with pytest.raises(missing):
            call(ApplicationId=app, JourneyId=journey)
    with pytest.raises(missing):
        go(client, app, journey, "ACTIVE")
    with pytest.raises(missing):
        update(client, app, journey)
    other = create(client, app, **live(segment, State="ACTIVE"))["Id"]
    client.delete_app(ApplicationId=app)
    with pytest.raises(missing):
        get(client, app, other)


def test_tags(server, client, app):
    journey = create(client, app)
    arn = f"arn:aws:mobiletargeting:us-east-1:000000000000:apps/{app}/journeys/{journey['Id']}"
    client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"team": "crm", "old": "x"}})
    client.untag_resource(ResourceArn=arn, TagKeys=["old"])
    tags = client.list_tags_for_resource(ResourceArn=arn)["TagsModel"]["tags"]
    assert tags == {"team": "crm"}
    found = get(client, app, journey["Id"])
    assert found["tags"] == tags and found["LastModifiedDate"] == journey["LastModifiedDate"]


def test_limits_of_the_application(client, app):
    limits = {"DailyCap": 5, "TotalCap": 7, "TimeframeCap": {"Cap": 9, "Days": 30}}
    settings = client.update_application_settings(
        ApplicationId=app, WriteApplicationSettingsRequest={"JourneyLimits": limits}
    )
    assert settings["ApplicationSettingsResource"]["JourneyLimits"] == limits
    half = {"TimeframeCap": {"Cap": 9}}
    settings = client.update_application_settings(
        ApplicationId=app, WriteApplicationSettingsRequest={"JourneyLimits": half}
    )
    assert settings["ApplicationSettingsResource"]["JourneyLimits"] == half
    for bad in ({"DailyCap": 101}, {"TotalCap": -1}, {"TimeframeCap": {"Cap": 1, "Days": 31}}):
        with pytest.raises(client.exceptions.BadRequestException):
            client.update_application_settings(
                ApplicationId=app, WriteApplicationSettingsRequest={"JourneyLimits": bad}
            )


def test_who_may_do_what(server, app):
    def key(policy):
        wish = {"policy": policy, **({"app": app} if policy == "client" else {})}
        made = server.beckon("POST", "/keys", wish)
        return {"key": made["accessKeyId"], "secret": made["secretAccessKey"]}

    admin = server.pinpoint()
    journey = create(admin, app)["Id"]
    reader = server.pinpoint(**key("read"))
    assert get(reader, app, journey)["Id"] == journey
    for policy in ("read", "send", "client"):
        caller = server.pinpoint(**key(policy))
        with pytest.raises(caller.exceptions.ClientError) as error:
            create(caller, app)
        assert error.value.response["Error"]["Code"] == "AccessDeniedException"
