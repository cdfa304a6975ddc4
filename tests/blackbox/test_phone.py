"""PhoneNumberValidate, without asking anybody."""

import botocore.exceptions
import pytest


def validate(server, number, country=None):
    request = {"PhoneNumber": number}
    if country is not None:
        request["IsoCountryCode"] = country
    return server.pinpoint().phone_number_validate(NumberValidateRequest=request)[
        "NumberValidateResponse"
    ]


def test_a_mobile_number(server):
    assert validate(server, "912 34 567", "NO") == {
        "CleansedPhoneNumberE164": "+4791234567",
        "CleansedPhoneNumberNational": "91234567",
        "Country": "Norway",
        "CountryCodeIso2": "NO",
        "CountryCodeNumeric": "47",
        "OriginalCountryCodeIso2": "NO",
        "OriginalPhoneNumber": "912 34 567",
        "PhoneType": "MOBILE",
        "PhoneTypeCode": 0,
    }


@pytest.mark.parametrize(
    "number, kind, code",
    [
        ("+4930901820", "LANDLINE", 1),
        ("+445600123456", "VOIP", 2),
        ("+18002345678", "OTHER", 4),
        ("+12065550142", "OTHER", 4),
        ("+4712", "INVALID", 3),
        ("nonsense", "INVALID", 3),
    ],
)
def test_kinds(server, number, kind, code):
    got = validate(server, number)
    assert (got["PhoneType"], got["PhoneTypeCode"]) == (kind, code)
    assert got["OriginalPhoneNumber"] == number
    assert "Carrier" not in got and "City" not in got


def test_a_number_is_needed(server):
    with pytest.raises(botocore.exceptions.ClientError, match="PhoneNumber"):
        validate(server, "")
    status, _, answer = server.call("POST", "/v1/phone/number/validate", {})
    assert (status, answer["Message"]) == (400, "Missing PhoneNumber")
