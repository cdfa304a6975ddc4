use model::{ChannelType, Demographic, Location};
use proptest::prelude::*;

use super::*;

const NOW: Timestamp = Timestamp::from_millis(1_772_600_767_123);
const EARLIER: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn new_endpoint(id: &str) -> NewEndpoint {
    NewEndpoint {
        app: "app".into(),
        id: id.into(),
        ordinal: 7,
        cohort: 42,
    }
}

fn write(
    current: Option<&Endpoint>,
    update: &EndpointUpdate,
    import: bool,
) -> Result<Endpoint, Violation> {
    let limits = EndpointLimits::default();
    let context = MergeContext {
        now: NOW,
        request_id: "request",
        import,
        limits: &limits,
    };
    merge(current, &new_endpoint("dev-17"), update, &context)
}

/// An update from its members.
macro_rules! update {
    ($($member:ident: $value:expr),* $(,)?) => {
        EndpointUpdate { $($member: $value,)* ..EndpointUpdate::default() }
    };
}

fn email() -> EndpointUpdate {
    update! {
        channel: Some(ChannelType::Email),
        address: Some("ada@example.com".to_owned()),
    }
}

fn stored(update: &EndpointUpdate) -> Endpoint {
    write(None, update, false).expect("is accepted")
}

fn after(current: &Endpoint, update: &EndpointUpdate) -> Endpoint {
    write(Some(current), update, false).expect("is accepted")
}

fn attributes(pairs: &[(&str, &[&str])]) -> model::Attributes {
    pairs
        .iter()
        .map(|(name, values)| {
            let values = values.iter().map(ToString::to_string).collect();
            ((*name).to_owned(), values)
        })
        .collect()
}

#[track_caller]
fn check_refused(current: Option<&Endpoint>, update: &EndpointUpdate, want: &str) {
    let found = write(current, update, false).expect_err("is refused");
    assert_eq!(found.to_string(), want);
}

#[track_caller]
fn check_opt_out(created: &EndpointUpdate, later: &EndpointUpdate, want: (OptOut, OptOut)) {
    let one = stored(created);
    let other = after(&one, later);
    assert_eq!((one.opt_out, other.opt_out), want);
}

#[test]
fn opt_out_follows_the_address_only_at_creation() {
    let nothing = update! {};
    let all = update! { opt_out: Some(OptOut::All) };
    let none = update! { opt_out: Some(OptOut::None) };
    check_opt_out(&email(), &nothing, (OptOut::None, OptOut::None));
    check_opt_out(&nothing, &email(), (OptOut::All, OptOut::All));
    check_opt_out(&email(), &all, (OptOut::None, OptOut::All));
    let mut refusing = email();
    refusing.opt_out = Some(OptOut::All);
    check_opt_out(&refusing, &nothing, (OptOut::All, OptOut::All));
    check_opt_out(&refusing, &none, (OptOut::All, OptOut::None));
}

#[test]
fn channel_and_address_are_kept_or_replaced() {
    let one = stored(&email());
    let blank = update! { address: Some(String::new()) };
    assert_eq!(after(&one, &blank).address, one.address);
    let other = update! {
        channel: Some(ChannelType::Sms),
        address: Some("+44".to_owned()),
    };
    let other = after(&one, &other);
    assert_eq!(other.channel, Some(ChannelType::Sms));
    assert_eq!(other.address.as_deref(), Some("+44"));
}

#[test]
fn an_endpoint_may_hold_attributes_alone() {
    let one = stored(&update! { attributes: attributes(&[("a", &["1"])]) });
    assert_eq!((one.channel, one.address), (None, None));
}

#[test]
fn attributes_are_replaced_name_by_name() {
    let mut first = email();
    first.attributes = attributes(&[("a", &["1"]), ("b", &["x", "y"])]);
    let one = stored(&first);
    let other = after(
        &one,
        &update! { attributes: attributes(&[("a", &["2"]), ("b", &[])]) },
    );
    assert_eq!(other.attributes, attributes(&[("a", &["2"]), ("b", &[])]));
    assert_eq!(after(&one, &update! {}).attributes, one.attributes);
}

#[test]
fn metrics_are_replaced_name_by_name() {
    let one = stored(&update! { metrics: [("a".to_owned(), 1.0), ("b".to_owned(), 2.0)].into() });
    let other = after(&one, &update! { metrics: [("a".to_owned(), 3.0)].into() });
    let want = [("a".to_owned(), 3.0), ("b".to_owned(), 2.0)];
    assert_eq!(other.metrics, want.into());
}

#[test]
fn demographic_members_are_kept_replaced_or_cleared() {
    let text = |text: &str| Some(text.to_owned());
    let one = stored(&update! { demographic: Demographic {
        make: text("Acme"),
        model: text("One"),
        locale: text("en_US"),
        ..Demographic::default()
    }});
    let other = after(
        &one,
        &update! { demographic: Demographic {
            make: text(""),
            model: text("Two"),
            ..Demographic::default()
        }},
    );
    let want = Demographic {
        model: text("Two"),
        locale: text("en_US"),
        ..Demographic::default()
    };
    assert_eq!(other.demographic, want);
}

fn at(latitude: Option<f64>, longitude: Option<f64>) -> EndpointUpdate {
    update! { location: Location { latitude, longitude, ..Location::default() } }
}

#[track_caller]
fn check_place(given: (f64, f64), want: (f64, f64)) {
    let place = stored(&at(Some(given.0), Some(given.1))).location;
    assert_eq!(
        (place.latitude, place.longitude),
        (Some(want.0), Some(want.1))
    );
}

#[test]
fn coordinates_have_one_decimal() {
    check_place((47.61, -122.33), (47.6, -122.3));
    check_place((90.0, -180.0), (90.0, -180.0));
    check_place((0.25, -0.25), (0.3, -0.3));
    check_place((-0.04, 0.04), (0.0, 0.0));
    let zero = stored(&at(Some(-0.04), Some(0.0))).location.latitude;
    assert_eq!(zero.map(f64::is_sign_negative), Some(false));
}

#[test]
fn coordinates_come_as_a_pair() {
    let one = stored(&at(Some(1.0), Some(2.0)));
    let refused = "Location.Longitude: must come with Latitude";
    check_refused(Some(&one), &at(Some(3.0), None), refused);
    check_refused(
        None,
        &at(None, Some(3.0)),
        "Location.Latitude: must come with Longitude",
    );
    let kept = after(&one, &at(None, None)).location;
    assert_eq!((kept.latitude, kept.longitude), (Some(1.0), Some(2.0)));
    check_refused(
        None,
        &at(Some(90.1), Some(0.0)),
        "Location.Latitude: must be from -90 to 90",
    );
    check_refused(
        None,
        &at(Some(0.0), Some(f64::NAN)),
        "Location.Longitude: must be from -180 to 180",
    );
}

#[test]
fn any_write_activates_unless_it_says_otherwise() {
    let mut first = email();
    first.status = Some(EndpointStatus::Inactive);
    let one = stored(&first);
    assert_eq!(one.status, EndpointStatus::Inactive);
    assert_eq!(after(&one, &update! {}).status, EndpointStatus::Active);
    assert_eq!(after(&one, &first).status, EndpointStatus::Inactive);
}

#[test]
fn dates_and_requests_are_the_clients_or_ours() {
    let one = stored(&email());
    assert_eq!((one.effective, one.request_id.as_str()), (NOW, "request"));
    assert_eq!((one.created, one.cohort, one.ordinal), (NOW, 42, 7));
    let mut dated = one.clone();
    dated.created = EARLIER;
    let other = after(
        &dated,
        &update! { effective: Some(EARLIER), request_id: Some("theirs".to_owned()) },
    );
    assert_eq!(other.effective, EARLIER, "an older date is stored");
    assert_eq!(other.request_id, "theirs");
    assert_eq!(other.created, EARLIER);
    assert_eq!(other.last_active, Some(NOW), "activity does not go back");
}

#[test]
fn imports_are_activity_only_with_a_date() {
    let import = |current: Option<&Endpoint>, update: &EndpointUpdate| {
        write(current, update, true).expect("is accepted")
    };
    let one = import(None, &email());
    assert_eq!((one.effective, one.last_active), (NOW, None));
    let dated = update! { effective: Some(EARLIER) };
    assert_eq!(import(Some(&one), &dated).last_active, Some(EARLIER));
}

#[test]
fn imports_need_channel_and_address_to_create() {
    let mut update = email();
    update.channel = None;
    assert_eq!(
        write(None, &update, true),
        Err(Violation::MissingChannelType)
    );
    assert_eq!(
        write(None, &update! { channel: Some(ChannelType::Sms) }, true),
        Err(Violation::MissingAddress)
    );
    let one = stored(&email());
    assert!(write(Some(&one), &update! {}, true).is_ok());
    let inactive = update! { status: Some(EndpointStatus::Inactive) };
    let imported = write(Some(&one), &inactive, true).expect("is accepted");
    assert_eq!(imported.status, EndpointStatus::Active);
}

#[test]
fn the_first_broken_rule_is_named() {
    let address = update! { address: Some("a".to_owned()) };
    check_refused(None, &address, "Missing ChannelType");
    let wants = update! { opt_out: Some(OptOut::None) };
    check_refused(None, &wants, "Missing Address");

    let mut worst = address.clone();
    worst.user = UserLink::Link("u$".into());
    worst.metrics = [("x".to_owned(), f64::INFINITY)].into();
    let identifier = "User.UserId: must not contain '$', '{' or '}'";
    check_refused(None, &worst, identifier);
    worst.user = UserLink::Keep;
    check_refused(None, &worst, "Missing ChannelType");
    worst.channel = Some(ChannelType::Sms);
    check_refused(None, &worst, "Metrics.x: must be a number");
}

#[track_caller]
fn check_content(update: &EndpointUpdate, want: Option<&str>) {
    let found = write(None, update, false).err().map(|e| e.to_string());
    assert_eq!(found.as_deref(), want);
}

#[test]
fn lengths_and_counts_have_limits() {
    let named = |name: &str| update! { attributes: attributes(&[(name, &["v"])]) };
    check_content(&named(&"é".repeat(50)), None);
    let long = "é".repeat(51);
    let want = format!("Attributes.{long}: a name has at most 50 characters");
    check_content(&named(&long), Some(&want));

    let valued = |value: &str| update! { user_attributes: attributes(&[("n", &[value])]) };
    check_content(&valued(&"é".repeat(100)), None);
    check_content(
        &valued(&"v".repeat(101)),
        Some("User.UserAttributes.n: a value has at most 100 characters"),
    );

    let counted = |count| update! { attributes: attributes(&[("n", &vec!["v"; count])]) };
    check_content(&counted(50), None);
    check_content(
        &counted(51),
        Some("Attributes.n: at most 50 values, found 51"),
    );

    let city = |length| {
        let city = Some("x".repeat(length));
        update! { location: Location { city, ..Location::default() } }
    };
    check_content(&city(75), None);
    check_content(&city(76), Some("Location.City: at most 75 characters"));

    let model = |length| {
        let model = Some("x".repeat(length));
        update! { demographic: Demographic { model, ..Demographic::default() } }
    };
    check_content(&model(100), None);
    check_content(
        &model(101),
        Some("Demographic.Model: at most 100 characters"),
    );

    let country = |code: &str| {
        let country = Some(code.to_owned());
        update! { location: Location { country, ..Location::default() } }
    };
    for code in ["US", "usa", ""] {
        check_content(&country(code), None);
    }
    let want = "Location.Country: must be an ISO 3166-1 code of two or three letters";
    for code in ["U", "U1", "Germany"] {
        check_content(&country(code), Some(want));
    }
}

#[track_caller]
fn check_id(id: &str, want: Option<&str>) {
    let found = validate_id(id).err().map(|error| error.to_string());
    assert_eq!(found.as_deref(), want);
}

#[test]
fn identifiers_have_forbidden_characters() {
    check_id("eu-central-1:9c/x@y", None);
    check_id(&"x".repeat(1024), None);
    check_id(&"x".repeat(1025), Some("Id: at most 1024 bytes"));
    check_id("", Some("Id: must not be empty"));
    for id in ["a$", "{a", "a}"] {
        check_id(id, Some("Id: must not contain '$', '{' or '}'"));
    }
}

#[test]
fn attributes_of_no_user_wait_for_one() {
    let held = stored(&update! { user_attributes: attributes(&[("a", &["1"]), ("b", &["1"])]) });
    assert_eq!(held.user, None);
    let linked = after(
        &held,
        &update! {
            user: UserLink::Link("u".into()),
            user_attributes: attributes(&[("a", &["2"])]),
        },
    );
    assert_eq!(linked.user, Some("u".into()));
    let brought = attributes(&[("a", &["2"]), ("b", &["1"])]);
    assert_eq!(linked.user_attributes, brought);

    // From here on the endpoint shows the user's attributes, which it does not bring again.
    let kept = after(&linked, &update! {});
    assert_eq!(kept.user_attributes, attributes(&[]));
    let moved = after(&linked, &update! { user: UserLink::Link("v".into()) });
    assert_eq!(moved.user, Some("v".into()));
    assert_eq!(moved.user_attributes, attributes(&[]));
    let left = after(
        &linked,
        &update! {
            user: UserLink::Unlink,
            user_attributes: attributes(&[("c", &["3"])]),
        },
    );
    assert_eq!(left.user, None);
    assert_eq!(left.user_attributes, attributes(&[("c", &["3"])]));
}

#[track_caller]
fn check_bytes(endpoint: &Endpoint, bytes: usize) {
    let allowing = |bytes| EndpointLimits {
        bytes,
        ..EndpointLimits::default()
    };
    assert_eq!(check_size(endpoint, &allowing(bytes)), Ok(()));
    let found = check_size(endpoint, &allowing(bytes - 1)).expect_err("is too large");
    let want = format!("Endpoint: at most {} bytes, found {bytes}", bytes - 1);
    assert_eq!(found.to_string(), want);
}

#[test]
fn size_is_that_of_the_whole_text() {
    let mut endpoint = stored(&email());
    for name in 0..40 {
        let value = "\u{1}\"é".repeat(30);
        endpoint
            .user_attributes
            .insert(format!("n{name}"), vec![value; 3]);
        endpoint.metrics.insert(format!("m{name}"), 0.1 + 1e-16);
    }
    let text = serde_json::to_string(&endpoint).expect("is text");
    check_bytes(&endpoint, text.len());
}

fn some_update() -> impl Strategy<Value = EndpointUpdate> {
    let word = "[a-c]{0,2}";
    let lists =
        || proptest::collection::btree_map("[a-c]", proptest::collection::vec(word, 0..3), 0..3);
    let user = prop_oneof![
        Just(UserLink::Keep),
        Just(UserLink::Unlink),
        "[uv]".prop_map(|user| UserLink::Link(UserId::new(user))),
    ];
    (
        proptest::option::of(Just(ChannelType::Email)),
        proptest::option::of(word),
        (lists(), lists()),
        user,
        proptest::option::of((-90.0..=90.0, -180.0..=180.0)),
        proptest::option::of(prop_oneof![Just(OptOut::None), Just(OptOut::All)]),
        proptest::option::of(word),
    )
        .prop_map(
            |(channel, address, (attributes, user_attributes), user, place, opt_out, make)| {
                EndpointUpdate {
                    channel,
                    address,
                    attributes,
                    user,
                    user_attributes,
                    location: Location {
                        latitude: place.map(|(latitude, _)| latitude),
                        longitude: place.map(|(_, longitude)| longitude),
                        ..Location::default()
                    },
                    demographic: Demographic {
                        make,
                        ..Demographic::default()
                    },
                    opt_out,
                    ..EndpointUpdate::default()
                }
            },
        )
}

proptest! {
    #[test]
    fn merging_twice_changes_nothing(updates in proptest::collection::vec(some_update(), 1..6)) {
        let mut current: Option<Endpoint> = None;
        for update in &updates {
            let Ok(once) = write(current.as_ref(), update, false) else { continue };
            let twice = after(&once, update);
            // What the second merge brings to the user is what the update says of it.
            let mut brought = once.user_attributes.clone();
            merge_attributes(&mut brought, &twice.user_attributes);
            prop_assert_eq!(&brought, &once.user_attributes);
            let twice = Endpoint { user_attributes: once.user_attributes.clone(), ..twice };
            prop_assert_eq!(&twice, &once);
            current = Some(once);
        }
    }

    #[test]
    fn an_accepted_endpoint_keeps_the_invariants(updates in proptest::collection::vec(some_update(), 1..6)) {
        let mut current: Option<Endpoint> = None;
        for update in &updates {
            let Ok(next) = write(current.as_ref(), update, false) else { continue };
            prop_assert!(next.address.is_none() || next.channel.is_some());
            prop_assert!(next.address.as_deref() != Some(""));
            prop_assert_eq!(next.location.latitude.is_some(), next.location.longitude.is_some());
            if let Some(before) = &current {
                prop_assert_eq!(&before.created, &next.created);
                prop_assert_eq!(before.cohort, next.cohort);
                let kept = before.attributes.keys().all(|name| next.attributes.contains_key(name));
                prop_assert!(kept);
            }
            current = Some(next);
        }
    }
}
