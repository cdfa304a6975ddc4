//! What is read, what is refused, and how it is said.

use std::path::PathBuf;

use config::{Config, EmailTransport, FunctionTarget, LogFormat};

fn load(toml: &str, env: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("beckon.toml");
    std::fs::write(&file, toml).expect("writes");
    let env = env
        .iter()
        .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    Config::load(Some(&file), env).map_err(|error| error.to_string())
}

#[track_caller]
fn refuses(toml: &str, env: &[(&str, &str)], want: &str) {
    let said = load(toml, env).expect_err("is refused");
    assert_eq!(said, want);
}

#[test]
fn defaults_serve() {
    let config = Config::load(None, std::iter::empty()).unwrap();
    assert_eq!(config.server.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.public_url, "http://127.0.0.1:8080");
    assert_eq!(config.account.regions, ["us-east-1"]);
    assert_eq!(config.email.transport, EmailTransport::Inbox);
    assert_eq!(config.limits.request_bytes, 7 * 1024 * 1024);
    assert!(config.auth.admin.is_none());
}

#[test]
fn the_contract_is_accepted() {
    let config = load(
        r#"
        [server]
        listen = "127.0.0.1:9090"
        public_url = "https://mail.example.com/"
        [account]
        id = "123456789012"
        regions = ["eu-west-1", "us-east-1"]
        [auth]
        admin_access_key_id = "AKIATEST"
        admin_secret_access_key = "secret"
        [store]
        engine = "embedded"
        [objects]
        url = ""
        [buckets]
        crm = "./imports"
        [aws]
        endpoint_url = ""
        region = "us-east-1"
        [email]
        transport = "smtp"
        [email.smtp]
        host = "127.0.0.1"
        port = 2525
        tls = "none"
        username = ""
        password_file = ""
        [push.apns]
        base_url = ""
        [push.fcm]
        base_url = ""
        token_url = ""
        [sms]
        transport = "inbox"
        [voice]
        transport = "inbox"
        [outbound]
        ca_file = ""
        allow_private = ["127.0.0.0/8"]
        [functions]
        my-hook = "http://127.0.0.1:9000/hook"
        "arn:aws:lambda:us-east-1:000000000000:function:offer" = "inbox"
        [limits]
        "#,
        &[],
    )
    .unwrap();
    assert_eq!(config.server.public_url, "https://mail.example.com");
    assert_eq!(config.buckets["crm"], PathBuf::from("./imports"));
    assert_eq!(
        config.auth.admin,
        Some(("AKIATEST".to_owned(), "secret".to_owned()))
    );
    assert_eq!(config.email.smtp.port, 2525);
    let loopback = std::net::IpAddr::from([127, 0, 0, 0]);
    assert_eq!(config.outbound.allow_private, [(loopback, 8)]);
    let hook = FunctionTarget::Url("http://127.0.0.1:9000/hook".to_owned());
    assert_eq!(config.functions["my-hook"], hook);
    let offer = "arn:aws:lambda:us-east-1:000000000000:function:offer";
    assert_eq!(config.functions[offer], FunctionTarget::Inbox);
}

#[test]
fn ranges_and_functions_are_checked() {
    const RANGES: &str = "a list of address ranges such as [\"10.1.0.0/16\"]";
    for bad in [
        "10.0.0.0/33",
        "10.0.0.0/",
        "ten",
        "::1/129",
        "10.0.0.0/-1",
        "",
    ] {
        refuses(
            &format!("[outbound]\nallow_private = [\"{bad}\"]"),
            &[],
            &format!("outbound.allow_private: expected {RANGES}, found \"{bad}\""),
        );
    }
    let config = load("[outbound]\nallow_private = [\"::1\", \"fd00::/8\"]", &[]).unwrap();
    assert_eq!(config.outbound.allow_private[0].1, 128);
    refuses(
        "[functions]\nf = \"ftp://x\"",
        &[],
        "functions.f: expected `inbox` or an http or https URL, found \"ftp://x\"",
    );
}

#[test]
fn objects_lie_in_the_data_folder_or_in_s3() {
    let place = |url: &str| load(&format!("[objects]\nurl = \"{url}\""), &[]).map(|c| c.objects.s3);
    let s3 = |bucket: &str, prefix: &str| Some((bucket.to_owned(), prefix.to_owned()));
    assert_eq!(place("").unwrap(), None);
    assert_eq!(place("s3://warehouse").unwrap(), s3("warehouse", ""));
    assert_eq!(place("s3://warehouse/").unwrap(), s3("warehouse", ""));
    assert_eq!(
        place("s3://warehouse/eu/beckon/").unwrap(),
        s3("warehouse", "eu/beckon")
    );
    for bad in [
        "s3://",
        "s3:///x",
        "/srv/objects",
        "https://warehouse/x",
        "s3://a b/x",
        "s3://a/x//y",
        "s3://a/../y",
    ] {
        refuses(
            &format!("[objects]\nurl = \"{bad}\""),
            &[],
            &format!("objects.url: expected empty or s3://bucket/prefix, found \"{bad}\""),
        );
    }
}

#[test]
fn the_environment_overrides() {
    let config = load(
        "[email.smtp]\nport = 25\n[log]\nformat = \"text\"",
        &[
            ("BECKON__EMAIL__SMTP__PORT", "2525"),
            ("BECKON__LOG__FORMAT", "json"),
            ("BECKON__ACCOUNT__REGIONS", "eu-west-1, us-east-1"),
            ("BECKON__BUCKETS__CRM", "/data/crm"),
            ("PATH", "/bin"),
        ],
    )
    .unwrap();
    assert_eq!(config.email.smtp.port, 2525);
    assert_eq!(config.log.format, LogFormat::Json);
    assert_eq!(config.account.regions, ["eu-west-1", "us-east-1"]);
    assert_eq!(config.buckets["crm"], PathBuf::from("/data/crm"));
}

#[test]
fn bad_keys_are_named_by_their_path() {
    refuses(
        "[server]\nlisten = 80",
        &[],
        "server.listen: expected an address and port such as 127.0.0.1:8080, found 80",
    );
    refuses(
        "[email.smtp]\nport = 0",
        &[],
        "email.smtp.port: expected 1 to 65535, found 0",
    );
    refuses(
        "[email]\ntransport = \"fax\"",
        &[],
        "email.transport: expected \"inbox\" or \"smtp\", found \"fax\"",
    );
    refuses(
        "[email.smpt]\nport = 1",
        &[],
        "email.smpt.port: there is no such key",
    );
    refuses(
        "",
        &[("BECKON__SERVER__LISTN", "x")],
        "BECKON__SERVER__LISTN: there is no such key",
    );
    refuses(
        "[account]\nid = \"1\"\nregions = []",
        &[],
        "account.id: expected 12 digits, found \"1\"\naccount.regions: expected at least one region, found none",
    );
    refuses(
        "[auth]\nadmin_access_key_id = \"A\"",
        &[],
        "auth.admin_secret_access_key: is missing while the key id is given",
    );
    refuses(
        "[buckets]\ncrm = 1",
        &[],
        "buckets.crm: expected a folder, found 1",
    );
}

#[test]
fn secrets_come_from_files() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("secret");
    std::fs::write(&file, "hunter2\n").unwrap();
    let env = [
        ("BECKON__AUTH__ADMIN_ACCESS_KEY_ID", "A"),
        (
            "BECKON__AUTH__ADMIN_SECRET_ACCESS_KEY_FILE",
            file.to_str().unwrap(),
        ),
    ];
    assert_eq!(
        load("", &env).unwrap().auth.admin,
        Some(("A".to_owned(), "hunter2".to_owned()))
    );
    let twice = [
        env[0],
        env[1],
        ("BECKON__AUTH__ADMIN_SECRET_ACCESS_KEY", "x"),
    ];
    assert!(load("", &twice).unwrap_err().contains("is given twice"));
}

#[test]
fn the_master_key_has_a_variable_of_its_own() {
    let config = load("", &[("BECKON_MASTER_KEY", &"0a".repeat(32))]).unwrap();
    assert_eq!(config.store.master_key, Some([10; 32]));
    assert!(load("", &[("BECKON_MASTER_KEY", "0a")]).is_err());
}

#[test]
fn what_is_not_toml_is_shown_where() {
    let said = load("[server\n", &[]).expect_err("is refused");
    assert!(
        said.contains("is not TOML") && said.contains("line 1"),
        "{said}"
    );
}
