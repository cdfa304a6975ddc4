"""Recommender configurations by boto3."""

import pytest
from botocore.exceptions import ClientError

from beckon import Server

LEAST = {
    "RecommendationProviderRoleArn": "arn:aws:iam::000000000000:role/ask",
    "RecommendationProviderUri": "arn:aws:personalize:us-east-1:000000000000:campaign/shop",
    "RecommendationsDisplayName": "For you",
}
RICH = {
    "Attributes": {"Title": "Title", "Link-2": "Where to buy"},
    "Description": "Best sellers (weekly), by user",
    "Name": "best-sellers",
    "RecommendationProviderIdType": "PINPOINT_USER_ID",
    "RecommendationProviderRoleArn": "arn:aws:iam::000000000000:role/ask",
    "RecommendationProviderUri": "https://models.example/recommend",
    "RecommendationTransformerUri": "arn:aws:lambda:us-east-1:000000000000:function:f",
    "RecommendationsPerMessage": 3,
}


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with Server(tmp_path_factory.mktemp("recommenders")) as running:
        yield running


def create(client, body):
    got = client.create_recommender_configuration(CreateRecommenderConfiguration=body)
    return got["RecommenderConfigurationResponse"]


def test_from_first_to_last(server):
    client = server.pinpoint()
    least = create(client, LEAST)
    defaults = {"RecommendationProviderIdType": "PINPOINT_ENDPOINT_ID", "RecommendationsPerMessage": 5}
    members = {**LEAST, **defaults}
    assert {name: least.get(name) for name in members} == members
    assert set(least) == {*members, "Id", "CreationDate", "LastModifiedDate"}
    rich = create(client, RICH)
    assert {name: rich.get(name) for name in RICH} == RICH
    assert set(rich) == {*RICH, "Id", "CreationDate", "LastModifiedDate"}

    def get(one):
        got = client.get_recommender_configuration(RecommenderId=one["Id"])
        return got["RecommenderConfigurationResponse"]

    assert get(least) == least and get(rich) == rich
    listed = client.get_recommender_configurations()["ListRecommenderConfigurationsResponse"]
    assert listed["Item"] == [rich, least]
    page = client.get_recommender_configurations(PageSize="1")
    page = page["ListRecommenderConfigurationsResponse"]
    assert page["Item"] == [rich]
    page = client.get_recommender_configurations(PageSize="1", Token=page["NextToken"])
    assert page["ListRecommenderConfigurationsResponse"]["Item"] == [least]

    changed = client.update_recommender_configuration(
        RecommenderId=least["Id"], UpdateRecommenderConfiguration=RICH
    )["RecommenderConfigurationResponse"]
    assert {name: changed.get(name) for name in RICH} == RICH
    assert changed["Id"] == least["Id"] and changed["CreationDate"] == least["CreationDate"]
    last = client.delete_recommender_configuration(RecommenderId=least["Id"])
    assert last["RecommenderConfigurationResponse"] == changed
    with pytest.raises(client.exceptions.NotFoundException):
        get(least)
    with pytest.raises(client.exceptions.NotFoundException):
        client.delete_recommender_configuration(RecommenderId=least["Id"])
    with pytest.raises(client.exceptions.NotFoundException):
        client.update_recommender_configuration(
            RecommenderId="unknown", UpdateRecommenderConfiguration=RICH
        )


@pytest.mark.parametrize(
    "change",
    [
        {"RecommendationsPerMessage": 0},
        {"RecommendationsPerMessage": 6},
        {"RecommendationProviderIdType": "EMAIL"},
        {"RecommendationProviderUri": "model"},
        {"RecommendationsDisplayName": "x" * 26},
        {"RecommendationsDisplayName": ""},
        {"Attributes": {"Title": "Title"}},
        {"RecommendationTransformerUri": "f"},
        {"RecommendationTransformerUri": "f", "Attributes": {"bad name": "x"}},
        {"RecommendationTransformerUri": "f", "Attributes": {f"a{n}": "x" for n in range(11)}},
        {"Name": "x" * 129},
        {"Description": "semi<colon>"},
    ],
)
def test_rules(server, change):
    client = server.pinpoint()
    with pytest.raises(ClientError) as refused:
        create(client, {**LEAST, **change})
    assert refused.value.response["Error"]["Code"] == "BadRequestException"
