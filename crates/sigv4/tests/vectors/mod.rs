//! Table of requests with the signatures that botocore gave them.

/// The key that signed.
pub const ACCESS_KEY_ID: &str = "AKIDEXAMPLE0000";
/// Its secret.
pub const SECRET: &str = "wJalr+EXAMPLE/KEY=";
/// The session token of some.
pub const TOKEN: &str = "IQoJb3Jp//token+with=chars";
/// When they were signed.
pub const SIGNED_AT: &str = "2026-03-04T05:06:07Z";

/// One signed request.
pub struct Vector {
    pub name: &'static str,
    pub method: &'static str,
    pub path: &'static str,
    pub query: &'static str,
    pub headers: &'static [(&'static str, &'static str)],
    pub body: &'static str,
    pub token: Option<&'static str>,
    pub signature: &'static str,
}

/// The requests.
pub const VECTORS: &[Vector] = &[
    Vector {
        name: "get_apps",
        method: "GET",
        path: "/v1/apps",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=402fd3e2a166944bceb153970f042590fc37ecfdb3a987fc78de6d34bb6b55e9",
            ),
        ],
        body: "",
        token: None,
        signature: "402fd3e2a166944bceb153970f042590fc37ecfdb3a987fc78de6d34bb6b55e9",
    },
    Vector {
        name: "query_is_sorted",
        method: "GET",
        path: "/v1/apps",
        query: "token=b%2Fc&page-size=5",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=0349b53321eac1f0eddce53712f15529f4c03ea76bf4d5cfded8757c78e87422",
            ),
        ],
        body: "",
        token: None,
        signature: "0349b53321eac1f0eddce53712f15529f4c03ea76bf4d5cfded8757c78e87422",
    },
    Vector {
        name: "repeated_query",
        method: "DELETE",
        path: "/v1/tags/arn%3Aaws%3Amobiletargeting%3Aeu-west-1%3A000000000000%3Aapps%2Fa1%2Fsegments%2Fs1",
        query: "tagKeys=b&tagKeys=a%20x&tagKeys=",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=79093d20473d6c30d9dd150aa2a32fae0ad4b6992a2f3c4c29408fb7e4f673bc",
            ),
        ],
        body: "",
        token: None,
        signature: "79093d20473d6c30d9dd150aa2a32fae0ad4b6992a2f3c4c29408fb7e4f673bc",
    },
    Vector {
        name: "encoded_colon",
        method: "PUT",
        path: "/v1/apps/a1/endpoints/eu-central-1%3A0f0e-11",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("content-type", "application/json"),
            ("x-amz-date", "20260304T050607Z"),
            ("x-amz-security-token", "IQoJb3Jp//token+with=chars"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-amz-security-token, Signature=6563a27672ab8213efc5ccd94fa0b28e863ff24eb2a93fe76d19b43722b58244",
            ),
        ],
        body: r#"{"Address":"ada@example.com"}"#,
        token: Some(TOKEN),
        signature: "6563a27672ab8213efc5ccd94fa0b28e863ff24eb2a93fe76d19b43722b58244",
    },
    Vector {
        name: "raw_arn",
        method: "GET",
        path: "/v1/tags/arn:aws:mobiletargeting:eu-west-1:000000000000:apps/a1",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=88299240e5fe0d5a3639a02eba7e28490431a591e4c602475ab858cacac89217",
            ),
        ],
        body: "",
        token: None,
        signature: "88299240e5fe0d5a3639a02eba7e28490431a591e4c602475ab858cacac89217",
    },
    Vector {
        name: "reserved_characters",
        method: "GET",
        path: "/v1/apps/a1/users/a~b-c_d.e%40f%2Bg%20h%C3%A9%25",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=a9a1b3c1aa7e19f84f60517f4154787693c8e2469bcfb5071414fd7d7bf31098",
            ),
        ],
        body: "",
        token: None,
        signature: "a9a1b3c1aa7e19f84f60517f4154787693c8e2469bcfb5071414fd7d7bf31098",
    },
    Vector {
        name: "raw_at_sign",
        method: "GET",
        path: "/v1/apps/a1/users/ada@example.com",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=3f91ae0f7ab099a91089d0f21719eddf99f00771fd453bff51bacb95fa406ed3",
            ),
        ],
        body: "",
        token: None,
        signature: "3f91ae0f7ab099a91089d0f21719eddf99f00771fd453bff51bacb95fa406ed3",
    },
    Vector {
        name: "blanks_in_headers",
        method: "POST",
        path: "/v1/apps",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("content-type", "  application/json;   charset=utf-8 "),
            ("x-custom", "a   b"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=content-type;host;x-amz-date;x-custom, Signature=726c30b12b22f115a0e5a600eeebade102fc0824692b17ec23fb0a667505b27c",
            ),
        ],
        body: r#"{"Name":"n"}"#,
        token: None,
        signature: "726c30b12b22f115a0e5a600eeebade102fc0824692b17ec23fb0a667505b27c",
    },
    Vector {
        name: "payload_header",
        method: "POST",
        path: "/v1/apps",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            (
                "x-amz-content-sha256",
                "4dbf305deae8b3f36de33813d080407548c5f046cb37b6543401e14df32538b3",
            ),
            ("amz-sdk-request", "attempt=1"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=amz-sdk-request;host;x-amz-content-sha256;x-amz-date, Signature=1a5fd997edf5067d8ebfbe259abe0e716a7c7411b5fe0d07f563b5749fb8352b",
            ),
        ],
        body: r#"{"Name":"n"}"#,
        token: None,
        signature: "1a5fd997edf5067d8ebfbe259abe0e716a7c7411b5fe0d07f563b5749fb8352b",
    },
    Vector {
        name: "trailing_slash",
        method: "GET",
        path: "/v1/apps/",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("x-amz-date", "20260304T050607Z"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=host;x-amz-date, Signature=0a89910ab53b1dca0a2bd21a4184e39f93d7f608b04b6656a770c57f1df9e62a",
            ),
        ],
        body: "",
        token: None,
        signature: "0a89910ab53b1dca0a2bd21a4184e39f93d7f608b04b6656a770c57f1df9e62a",
    },
    Vector {
        name: "date_header",
        method: "GET",
        path: "/v1/apps",
        query: "",
        headers: &[
            ("host", "127.0.0.1:8080"),
            ("date", "Wed, 04 Mar 2026 05:06:07 -0000"),
            (
                "authorization",
                "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE0000/20260304/eu-west-1/mobiletargeting/aws4_request, SignedHeaders=date;host, Signature=f38ae13fc4b7bc13e6358b7150d2cff7a098cb6ef0ee11182698d295ea52fec1",
            ),
        ],
        body: "",
        token: None,
        signature: "f38ae13fc4b7bc13e6358b7150d2cff7a098cb6ef0ee11182698d295ea52fec1",
    },
    Vector {
        name: "presigned_beacon",
        method: "POST",
        path: "/v1/apps/a1/events/legacy",
        query: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE0000%2F20260304%2Feu-west-1%2Fmobiletargeting%2Faws4_request&X-Amz-Date=20260304T050607Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Security-Token=IQoJb3Jp%2F%2Ftoken%2Bwith%3Dchars&X-Amz-Signature=93609a9c004497f68615ffaf6f18ca1e28a04c30ebc46eb60c298e57a0787f98",
        headers: &[("host", "127.0.0.1:8080")],
        body: r#"{"BatchItem":{}}"#,
        token: Some(TOKEN),
        signature: "93609a9c004497f68615ffaf6f18ca1e28a04c30ebc46eb60c298e57a0787f98",
    },
    Vector {
        name: "presigned_get",
        method: "GET",
        path: "/v1/apps",
        query: "page-size=5&X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE0000%2F20260304%2Feu-west-1%2Fmobiletargeting%2Faws4_request&X-Amz-Date=20260304T050607Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=3d48e9c15b8e0380954871f8ae72bc55181d1a81c177f6dd9f4b7ab2b679b7b6",
        headers: &[("host", "127.0.0.1:8080")],
        body: "",
        token: None,
        signature: "3d48e9c15b8e0380954871f8ae72bc55181d1a81c177f6dd9f4b7ab2b679b7b6",
    },
    Vector {
        name: "presigned_tags",
        method: "GET",
        path: "/v1/tags/arn%3Aaws%3Amobiletargeting%3Aeu-west-1%3A000000000000%3Aapps%2Fa1",
        query: "X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIDEXAMPLE0000%2F20260304%2Feu-west-1%2Fmobiletargeting%2Faws4_request&X-Amz-Date=20260304T050607Z&X-Amz-Expires=900&X-Amz-SignedHeaders=host&X-Amz-Signature=9e0fcb5c0aa5e97999b51186e20b766e22bca9f5d8285cb0c2046ee5f4b8f193",
        headers: &[("host", "127.0.0.1:8080")],
        body: "",
        token: None,
        signature: "9e0fcb5c0aa5e97999b51186e20b766e22bca9f5d8285cb0c2046ee5f4b8f193",
    },
];
