"""Templates of all five kinds, through a stock client: what is written is read back."""

import datetime
import json

import pytest
from botocore.exceptions import ClientError

BUTTON = {
    "Android": {"ButtonAction": "DEEP_LINK", "Link": "shop://sale"},
    "DefaultConfig": {
        "BackgroundColor": "#ffffff",
        "BorderRadius": 6,
        "ButtonAction": "LINK",
        "Link": "https://shop.example",
        "Text": "Go",
        "TextColor": "#000000",
    },
    "IOS": {"ButtonAction": "CLOSE"},
    "Web": {"ButtonAction": "LINK", "Link": "https://shop.example/web"},
}

CARD = {
    "BackgroundColor": "#eeeeee",
    "BodyConfig": {"Alignment": "CENTER", "Body": "b" * 150, "TextColor": "#111111"},
    "HeaderConfig": {"Alignment": "LEFT", "Header": "h" * 64, "TextColor": "#222222"},
    "ImageUrl": "https://shop.example/i.png",
    "PrimaryBtn": BUTTON,
    "SecondaryBtn": {"DefaultConfig": {"ButtonAction": "CLOSE", "Text": "Later"}},
}

ANDROID = {
    "Action": "URL",
    "Body": "Hi {{User.UserAttributes.Name}}",
    "ImageIconUrl": "https://shop.example/icon.png",
    "ImageUrl": "https://shop.example/{{Id}}.png",
    "RawContent": '{"data": {"title": "{{Attributes.t}}"}}',
    "SmallImageIconUrl": "https://shop.example/small.png",
    "Sound": "ping",
    "Title": "Sale",
    "Url": "https://shop.example/{{Id}}",
}

DEFAULTS = '{"User.UserAttributes.Name": "friend"}'


class Kind:
    """One kind of template: its calls, and a rich content."""

    def __init__(self, word, method, request, response, rich, other):
        self.word, self.method = word, method
        self.request, self.response = request, response
        self.rich, self.other = rich, other

    def call(self, client, verb, name, content=None, **more):
        if content is not None:
            more[self.request] = content
        return getattr(client, f"{verb}_{self.method}_template")(TemplateName=name, **more)

    def get(self, client, name, **more):
        return self.call(client, "get", name, **more)[self.response]

    def __repr__(self):
        return self.method


KINDS = [
    Kind(
        "EMAIL",
        "email",
        "EmailTemplateRequest",
        "EmailTemplateResponse",
        {
            "Subject": "Hi {{User.UserAttributes.Name}}",
            "HtmlPart": "<p>{{#if Id}}x{{/if}}</p>",
            "TextPart": "{{now \"short\" tz=Europe/Oslo}}",
            "Headers": [{"Name": "X-Shop", "Value": "{{Id}}"}],
            "RecommenderId": "rec-1",
            "DefaultSubstitutions": DEFAULTS,
        },
        {"Subject": "only"},
    ),
    Kind(
        "PUSH",
        "push",
        "PushNotificationTemplateRequest",
        "PushNotificationTemplateResponse",
        {
            "Default": {
                "Action": "OPEN_APP",
                "Body": "b",
                "Sound": "s",
                "Title": "t",
                "Url": "https://shop.example",
            },
            "APNS": {
                "Action": "DEEP_LINK",
                "Body": "b",
                "MediaUrl": "https://shop.example/m.png",
                "RawContent": '{"aps": {"alert": "{{Id}}"}}',
                "Sound": "chime",
                "Title": "t",
                "Url": "shop://x",
            },
            "GCM": ANDROID,
            "ADM": dict(ANDROID, Action="OPEN_APP"),
            "Baidu": dict(ANDROID, Title="other"),
            "RecommenderId": "rec-1",
            "DefaultSubstitutions": DEFAULTS,
        },
        {"Default": {"Title": "only"}},
    ),
    Kind(
        "SMS",
        "sms",
        "SMSTemplateRequest",
        "SMSTemplateResponse",
        {
            "Body": "Hi {{User.UserAttributes.Name}}",
            "RecommenderId": "rec-1",
            "DefaultSubstitutions": DEFAULTS,
        },
        {"Body": "only"},
    ),
    Kind(
        "VOICE",
        "voice",
        "VoiceTemplateRequest",
        "VoiceTemplateResponse",
        {
            "Body": "<speak>Hi {{User.UserAttributes.Name}}</speak>",
            "LanguageCode": "en-US",
            "VoiceId": "Joanna",
            "DefaultSubstitutions": DEFAULTS,
        },
        {"Body": "only"},
    ),
    Kind(
        "INAPP",
        "in_app",
        "InAppTemplateRequest",
        "InAppTemplateResponse",
        {
            "Content": [CARD, {"BackgroundColor": "#333333"}],
            "CustomConfig": {"theme": "dark", "k": "{{not a template"},
            "Layout": "CAROUSEL",
        },
        {"Layout": "TOP_BANNER"},
    ),
]

by_kind = pytest.mark.parametrize("kind", KINDS, ids=repr)


@pytest.fixture
def client(server):
    return server.pinpoint()


@pytest.fixture
def name(request):
    """A name that no other test uses."""
    return "".join(c for c in request.node.name if c.isalnum())[:100]


def refused(call, *words, code="BadRequestException", status=400):
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value
    assert error.response["Error"]["Code"] == code, error
    assert error.response["ResponseMetadata"]["HTTPStatusCode"] == status
    for word in words:
        assert word in error.response["Error"]["Message"], error


def content_of(kind, template):
    """The members that a request can have."""
    members = set(kind.rich) | {"TemplateDescription"}
    return {key: value for key, value in template.items() if key in members}


@by_kind
def test_rich(client, kind, name):
    content = dict(kind.rich, TemplateDescription="words", tags={"team": "crm"})
    answer = kind.call(client, "create", name, content)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 201
    created = answer.get("CreateTemplateMessageBody") or answer["TemplateCreateMessageBody"]
    arn = f"arn:aws:mobiletargeting:us-east-1:000000000000:templates/{name}/{kind.word}"
    assert (created["Arn"], created["Message"]) == (arn, "Created")
    assert created["RequestID"] == answer["ResponseMetadata"]["HTTPHeaders"]["x-amzn-requestid"]

    template = kind.get(client, name)
    expected = dict(kind.rich, TemplateDescription="words")
    found = content_of(kind, template)
    for members in (expected, found):
        if "DefaultSubstitutions" in members:
            members["DefaultSubstitutions"] = json.loads(members["DefaultSubstitutions"])
    assert found == expected
    assert template["Arn"] == arn
    assert template["TemplateName"] == name
    assert template["TemplateType"] == kind.word
    assert template["Version"] == "1"
    assert template["tags"] == {"team": "crm"}
    for member in ("CreationDate", "LastModifiedDate"):
        datetime.datetime.fromisoformat(template[member].replace("Z", "+00:00"))


@by_kind
def test_minimal(client, kind, name):
    kind.call(client, "create", name, {})
    template = kind.get(client, name)
    assert content_of(kind, template) == {}
    assert "DefaultSubstitutions" not in template
    answer = kind.call(client, "delete", name)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert answer["MessageBody"]["Message"] == "Accepted"
    refused(lambda: kind.get(client, name), code="NotFoundException", status=404)
    refused(
        lambda: kind.call(client, "delete", name), code="NotFoundException", status=404
    )
    refused(
        lambda: kind.call(client, "update", name, {}), code="NotFoundException", status=404
    )


@by_kind
def test_versions(client, kind, name):
    kind.call(client, "create", name, kind.rich)
    refused(lambda: kind.call(client, "create", name, {}), name)

    # The newest version is changed in place; what the body does not have is gone.
    kind.call(client, "update", name, kind.other)
    assert content_of(kind, kind.get(client, name)) == kind.other
    # A new version is not active by itself.
    answer = kind.call(client, "update", name, kind.rich, CreateNewVersion=True)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 202
    active = kind.get(client, name)
    assert (active["Version"], content_of(kind, active)) == ("1", kind.other)
    second = kind.get(client, name, Version="2")
    assert second["Version"] == "2" and len(content_of(kind, second)) == len(kind.rich)

    # Version is a lock on the newest.
    refused(
        lambda: kind.call(client, "update", name, {}, Version="1"), "the latest version is 2"
    )
    refused(
        lambda: kind.call(client, "update", name, {}, Version="2", CreateNewVersion=True),
        "exclude each other",
    )
    kind.call(client, "update", name, dict(kind.other, TemplateDescription="v2"), Version="2")

    page = client.list_template_versions(
        TemplateName=name, TemplateType=kind.word.lower(), PageSize="1"
    )["TemplateVersionsResponse"]
    assert [item["Version"] for item in page["Item"]] == ["2"]
    assert page["Item"][0]["TemplateDescription"] == "v2"
    rest = client.list_template_versions(
        TemplateName=name, TemplateType=kind.word, NextToken=page["NextToken"]
    )["TemplateVersionsResponse"]
    assert [item["Version"] for item in rest["Item"]] == ["1"]
    assert "NextToken" not in rest

    def activate(version):
        return client.update_template_active_version(
            TemplateName=name,
            TemplateType=kind.word,
            TemplateActiveVersionRequest={"Version": version},
        )

    assert activate("latest")["MessageBody"]["Message"] == "Accepted"
    assert kind.get(client, name)["TemplateDescription"] == "v2"
    refused(lambda: activate("3"), code="NotFoundException", status=404)
    refused(lambda: activate("first"), "version")
    refused(lambda: kind.call(client, "delete", name, Version="2"), "active version")
    kind.call(client, "delete", name, Version="1")
    refused(
        lambda: kind.get(client, name, Version="1"), code="NotFoundException", status=404
    )
    # Numbers are not used again.
    kind.call(client, "update", name, kind.rich, CreateNewVersion=True)
    assert kind.get(client, name, Version="3")["Version"] == "3"
    # The last version takes the template with it.
    kind.call(client, "delete", name, Version="3")
    kind.call(client, "delete", name, Version="2")
    refused(lambda: kind.get(client, name), code="NotFoundException", status=404)


def test_one_name_for_all_kinds(client):
    for kind in KINDS:
        kind.call(client, "create", "shared", kind.other)
        kind.call(client, "create", f"shared-{kind.method}", kind.rich)

    def listed(**filters):
        items, token = [], None
        while True:
            more = {"NextToken": token} if token else {}
            page = client.list_templates(PageSize="3", **filters, **more)["TemplatesResponse"]
            items += page["Item"]
            token = page.get("NextToken")
            if token is None:
                return items

    everything = listed(Prefix="shared")
    assert len(everything) == 10
    pairs = {(item["TemplateName"], item["TemplateType"]) for item in everything}
    assert len(pairs) == 10
    for kind in KINDS:
        found = {item["TemplateName"] for item in listed(Prefix="shared", TemplateType=kind.word)}
        assert found == {"shared", f"shared-{kind.method}"}
        assert content_of(kind, kind.get(client, "shared")) == kind.other
    item = everything[0]
    assert item["Version"] == "1" and "Arn" not in item and "DefaultSubstitutions" not in item
    assert listed(Prefix="Shared") == []
    refused(lambda: client.list_templates(TemplateType="FAX"), "template-type")
    KINDS[2].call(client, "delete", "shared")
    assert KINDS[0].get(client, "shared")["Subject"] == "only"


def test_tags(client, name):
    kind = KINDS[4]
    kind.call(client, "create", name, {"tags": {"team": "crm"}})
    arn = kind.get(client, name)["Arn"]
    client.tag_resource(ResourceArn=arn, TagsModel={"tags": {"a": "b"}})
    # An update leaves tags alone.
    kind.call(client, "update", name, {"tags": {"x": "y"}})
    assert kind.get(client, name)["tags"] == {"team": "crm", "a": "b"}


def card(**members):
    return {"Content": [dict(CARD), dict(CARD, **members)]}


@pytest.mark.parametrize(
    "kind, content, words",
    [
        (0, {"Subject": "{{#if Id}}"}, ["subject", "line 1, column 4"]),
        (0, {"TextPart": "a\n {{shout Id}}"}, ["text", "line 2, column 4", "shout"]),
        (0, {"HtmlPart": "x" * 600_001}, ["600000"]),
        (0, {"Headers": [{"Name": "X-A", "Value": "{{"}]}, ["X-A", "line 1"]),
        (0, {"DefaultSubstitutions": "{"}, ["DefaultSubstitutions"]),
        (1, {"GCM": {"Title": "{{"}}, ["GCM.Title", "line 1, column 1"]),
        (1, {"APNS": {"RawContent": "{{#each"}}, ["APNS.RawContent"]),
        (1, {"Default": {"Url": "{{a..b}}"}}, ["Default.Url", "line 1, column 3"]),
        (1, {"Baidu": {"Body": "x" * 4_001}}, ["Baidu", "4001", "4000"]),
        (1, {"ADM": {"Body": "x" * 6_000, "Title": "t"}}, ["ADM", "6001", "6000"]),
        (1, {"DefaultSubstitutions": "[]"}, ["DefaultSubstitutions"]),
        (2, {"Body": "x" * 1_601}, ["Body", "1601", "1600"]),
        (2, {"Body": "\n\n{{now \"Q\"}}"}, ["Body", "line 3, column 3"]),
        (2, {"Body": "{{> p}}"}, ["Body", "partial p"]),
        (3, {"Body": "x" * 10_001}, ["Body", "10001"]),
        (3, {"Body": "<speak>{{</speak>"}, ["Body", "line 1, column 8"]),
        (3, {"DefaultSubstitutions": '{"a": {"b": "c"}}'}, ["DefaultSubstitutions"]),
        (4, {"Content": [{}] * 6}, ["Content", "at most 5"]),
        (4, {"CustomConfig": {str(n): "" for n in range(11)}}, ["CustomConfig", "at most 10"]),
        (4, {"CustomConfig": {"k": "x" * 200_000}}, ["200000"]),
        (4, {"Layout": "SIDEWAYS"}, ["Layout", "SIDEWAYS"]),
        (
            4,
            card(HeaderConfig={"Alignment": "LEFT", "Header": "h" * 65, "TextColor": "#0"}),
            ["Content[1].HeaderConfig.Header", "at most 64"],
        ),
        (
            4,
            card(BodyConfig={"Alignment": "UP", "Body": "b", "TextColor": "#0"}),
            ["Content[1].BodyConfig.Alignment", "UP"],
        ),
        (
            4,
            card(PrimaryBtn={"DefaultConfig": {"ButtonAction": "LINK", "Text": "t" * 65}}),
            ["Content[1].PrimaryBtn.DefaultConfig.Text", "at most 64"],
        ),
        (
            4,
            card(SecondaryBtn={"Web": {"ButtonAction": "JUMP"}}),
            ["Content[1].SecondaryBtn.Web.ButtonAction", "JUMP"],
        ),
    ],
)
def test_refusals_name_the_member(client, kind, content, words):
    kind = KINDS[kind]
    refused(lambda: kind.call(client, "create", "never", content), *words)
    refused(lambda: kind.get(client, "never"), code="NotFoundException", status=404)


def test_required_members_of_cards(server):
    # The stock client would not let these out.
    missing = {
        "Content[0].HeaderConfig.Header": {
            "HeaderConfig": {"Alignment": "LEFT", "TextColor": "#000000"}
        },
        "Content[0].BodyConfig.TextColor": {"BodyConfig": {"Alignment": "LEFT", "Body": "b"}},
        "Content[0].PrimaryBtn.DefaultConfig.Text": {
            "PrimaryBtn": {"DefaultConfig": {"ButtonAction": "LINK"}}
        },
        "Content[0].SecondaryBtn.IOS.ButtonAction": {"SecondaryBtn": {"IOS": {"Link": "x"}}},
    }
    for member, content in missing.items():
        body = {"Content": [content]}
        status, headers, answer = server.call("POST", "/v1/templates/never/inapp", body)
        assert (status, answer["Message"]) == (400, f"Missing {member}")
        assert headers["x-amzn-ErrorType"].startswith("BadRequestException")


def test_names_have_rules(server, client):
    for bad in ("-a", "a b", "a.b", "x" * 129):
        refused(lambda: KINDS[2].call(client, "create", bad, {}), "template-name")


def test_preview_of_other_channels(server, app):
    server.pinpoint().update_endpoint(
        ApplicationId=app,
        EndpointId="e",
        EndpointRequest={"Address": "+4790000000", "ChannelType": "SMS"},
    )
    parts = {
        "Title": "{{add 1 2}} for {{Address}}",
        "Body": "{{Attributes.Nope}}!",
        "Url": "{{#if}}",
    }
    preview = server.beckon(
        "POST", f"/apps/{app}/preview", {"parts": parts, "endpointId": "e"}
    )
    assert preview["parts"] == {"Title": "3 for +4790000000", "Body": "!"}
    assert preview["missing"] == ["Attributes.Nope"]
    assert [error["part"] for error in preview["errors"]] == ["Url"]
    values = {variable["name"]: variable["value"] for variable in preview["variables"]}
    assert values == {"Address": "+4790000000", "Attributes.Nope": None}
