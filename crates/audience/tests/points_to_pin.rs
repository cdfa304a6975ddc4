//! The points of `docs/spec/audience.md §15` that concern pure rules, by number.

use std::collections::BTreeMap;
use std::convert::Infallible;

use audience::{
    EndpointLimits, Index, MergeContext, NewEndpoint, Registry, ResolvedGroup, ResolvedSegment,
    Violation, merge, takeover, user,
};
use clock::Timestamp;
use model::{
    AttributeDimension, AttributeOperator, Attributes, ChannelType, Dimensions, Endpoint,
    EndpointId, EndpointStatus, EndpointUpdate, OptOut, Ordinal, Quantifier, UserId, UserLink,
};

const NOW: Timestamp = Timestamp::from_millis(1_772_600_767_123);

/// What a store does with the rules, without storing.
#[derive(Default, Clone)]
struct Application {
    endpoints: BTreeMap<Ordinal, Endpoint>,
    users: BTreeMap<UserId, Attributes>,
    registry: Registry,
    limits: EndpointLimits,
}

impl Application {
    fn ordinal(&self, id: &str) -> Option<Ordinal> {
        let key = EndpointId::new(id).key();
        let found = self
            .endpoints
            .values()
            .find(|endpoint| endpoint.id.key() == key);
        found.map(|endpoint| endpoint.ordinal)
    }

    fn write(&mut self, id: &str, update: &EndpointUpdate) -> Result<(), Violation> {
        let update = self.registry.filter(update).into_owned();
        let ordinal = self.ordinal(id);
        let new = NewEndpoint {
            app: "app".into(),
            id: id.into(),
            ordinal: ordinal.unwrap_or(u32::try_from(self.endpoints.len()).expect("few")),
            cohort: 0,
        };
        let limits = self.limits.clone();
        let context = MergeContext {
            now: NOW,
            request_id: "r",
            import: false,
            limits: &limits,
        };
        let current = ordinal.and_then(|ordinal| self.endpoints.get(&ordinal));
        let before = current.and_then(|current| current.user.clone());
        let mut written = merge(current, &new, &update, &context)?;
        self.registry.admit(&update, limits.names)?;
        let mut record = None;
        if let Some(user) = &written.user {
            let mut attributes = self.users.get(user).cloned().unwrap_or_default();
            user::merge_attributes(&mut attributes, &written.user_attributes);
            written.user_attributes = attributes.clone();
            record = Some((user.clone(), attributes));
        }
        audience::check_size(&written, &limits)?;
        if written.user.is_some() && written.user != before {
            self.admit(&written)?;
        }
        for other in self.endpoints.values_mut() {
            if takeover::displaces(&written, other, limits.literal_address_takeover) {
                takeover::displace(other);
            }
        }
        if let Some((user, attributes)) = record {
            for other in self.endpoints.values_mut() {
                if other.user.as_ref() == Some(&user) {
                    other.user_attributes = attributes.clone();
                }
            }
            self.users.insert(user, attributes);
        }
        self.endpoints.insert(written.ordinal, written);
        Ok(())
    }

    fn admit(&mut self, written: &Endpoint) -> Result<(), Violation> {
        let linked: Vec<user::UserEndpoint> = self
            .endpoints
            .values()
            .filter(|endpoint| endpoint.user == written.user)
            .map(|endpoint| user::UserEndpoint {
                ordinal: endpoint.ordinal,
                channel: endpoint.channel,
                effective: endpoint.effective,
            })
            .collect();
        let admission = user::admit(written.channel, &linked, self.limits.per_user)?;
        if let user::Admission::Evict(ordinal) = admission
            && let Some(endpoint) = self.endpoints.get_mut(&ordinal)
        {
            user::evict(endpoint);
        }
        Ok(())
    }

    fn get(&self, id: &str) -> &Endpoint {
        let ordinal = self.ordinal(id).expect("the endpoint is there");
        &self.endpoints[&ordinal]
    }

    fn members(&self, segment: &ResolvedSegment) -> Vec<Ordinal> {
        let mut index = Index::new();
        for endpoint in self.endpoints.values() {
            index.upsert(endpoint);
        }
        let found = index
            .evaluate::<Infallible>(segment, NOW, &|_| Ok(Vec::new()), &|_, _, _| Ok(Vec::new()));
        found.expect("the callbacks do not fail").iter().collect()
    }
}

fn list(name: &str, values: &[&str]) -> Attributes {
    let values = values.iter().map(ToString::to_string).collect();
    [(name.to_owned(), values)].into()
}

fn on(channel: ChannelType, address: &str) -> EndpointUpdate {
    EndpointUpdate {
        channel: Some(channel),
        address: Some(address.to_owned()),
        ..EndpointUpdate::default()
    }
}

fn of(user: &str, update: EndpointUpdate) -> EndpointUpdate {
    EndpointUpdate {
        user: UserLink::Link(user.into()),
        ..update
    }
}

fn everyone() -> ResolvedGroup {
    ResolvedGroup {
        source_type: Quantifier::Any,
        sources: Vec::new(),
        dimension_type: Quantifier::Any,
        dimensions: Vec::new(),
    }
}

fn one_group(group: ResolvedGroup) -> ResolvedSegment {
    ResolvedSegment::Groups {
        include: Quantifier::All,
        groups: vec![group],
    }
}

#[test]
fn point_1_an_identifier_is_found_in_any_case() {
    let mut app = Application::default();
    app.write("abc", &on(ChannelType::Email, "a")).expect("ok");
    assert_eq!(app.get("ABC").id.as_str(), "abc");
}

#[test]
fn point_2_without_an_address_messages_are_refused_until_welcomed() {
    let mut app = Application::default();
    app.write("e", &EndpointUpdate::default()).expect("ok");
    assert_eq!(app.get("e").opt_out, OptOut::All);
    app.write("e", &on(ChannelType::Email, "a")).expect("ok");
    assert_eq!(app.get("e").opt_out, OptOut::All);
    let welcome = EndpointUpdate {
        opt_out: Some(OptOut::None),
        ..EndpointUpdate::default()
    };
    app.write("e", &welcome).expect("ok");
    assert_eq!(app.get("e").opt_out, OptOut::None);
}

#[test]
fn point_3_attributes_merge_by_name() {
    let mut app = Application::default();
    let attributes = |lists: &[(&str, &str)]| EndpointUpdate {
        attributes: lists
            .iter()
            .flat_map(|(name, value)| list(name, &[value]))
            .collect(),
        ..EndpointUpdate::default()
    };
    app.write("e", &attributes(&[("a", "1"), ("b", "x")]))
        .expect("ok");
    app.write("e", &attributes(&[("a", "2")])).expect("ok");
    let want = attributes(&[("a", "2"), ("b", "x")]).attributes;
    assert_eq!(app.get("e").attributes, want);
}

#[test]
fn point_4_user_attributes_show_on_every_endpoint_of_the_user() {
    let mut app = Application::default();
    app.write("1", &of("u", on(ChannelType::Email, "a")))
        .expect("ok");
    app.write("2", &of("u", on(ChannelType::Sms, "+44")))
        .expect("ok");
    let name = EndpointUpdate {
        user_attributes: list("FirstName", &["Ada"]),
        ..EndpointUpdate::default()
    };
    app.write("1", &name).expect("ok");
    let want = list("FirstName", &["Ada"]);
    assert_eq!(app.get("2").user_attributes, want);
    app.write("3", &of("u", on(ChannelType::Sms, "+45")))
        .expect("ok");
    assert_eq!(app.get("3").user_attributes, want);
    let leave = EndpointUpdate {
        user: UserLink::Unlink,
        ..EndpointUpdate::default()
    };
    app.write("3", &leave).expect("ok");
    assert_eq!(app.get("3").user_attributes, Attributes::new());
    assert_eq!(app.get("1").user_attributes, want);
}

#[test]
fn point_5_an_update_without_a_status_activates() {
    let mut app = Application::default();
    let mut inactive = on(ChannelType::Email, "a");
    inactive.status = Some(EndpointStatus::Inactive);
    app.write("e", &inactive).expect("ok");
    app.write("e", &EndpointUpdate::default()).expect("ok");
    assert_eq!(app.get("e").status, EndpointStatus::Active);
}

#[test]
fn point_6_a_taken_over_endpoint_stays_a_member() {
    let mut app = Application::default();
    app.write("1", &on(ChannelType::Sms, "+44")).expect("ok");
    app.write("2", &on(ChannelType::Sms, "+44")).expect("ok");
    assert_eq!(app.get("1").status, EndpointStatus::Inactive);
    assert_eq!(app.get("2").status, EndpointStatus::Active);
    assert_eq!(app.members(&one_group(everyone())), [0, 1]);
}

#[test]
fn point_7_the_sixteenth_endpoint_of_a_user() {
    let mut app = Application::default();
    for number in 0..14 {
        let email = of("u", on(ChannelType::Email, &format!("a{number}")));
        app.write(&format!("e{number}"), &email).expect("ok");
    }
    let mut stale = of("u", on(ChannelType::Gcm, "token"));
    stale.effective = Some(Timestamp::from_millis(1));
    app.write("push", &stale).expect("ok");

    let refused = app.write("x", &of("u", on(ChannelType::Email, "x")));
    let refused = refused.expect_err("is refused").to_string();
    assert_eq!(refused, "Exceeded maximum endpoint per user count: 15");

    app.write("y", &of("u", on(ChannelType::Gcm, "other")))
        .expect("the stalest push endpoint makes room");
    let evicted = app.get("push");
    assert_eq!(evicted.user, None);
    assert_eq!(evicted.status, EndpointStatus::Inactive);
    let again = of("u", on(ChannelType::Email, "a3"));
    app.write("e3", &again)
        .expect("a linked endpoint never counts");
}

#[test]
fn point_8_rules_refuse_without_side_effects() {
    let mut app = Application::default();
    let mut good = on(ChannelType::Email, "a");
    good.attributes = list("plan", &["gold"]);
    app.write("1", &good).expect("ok");
    let mut trial = app.clone();
    let mut bad = on(ChannelType::Email, "b");
    bad.attributes = list("new", &[&"x".repeat(101)]);
    assert!(trial.write("2", &bad).is_err());
    assert_eq!(trial.endpoints, app.endpoints);
    assert_eq!(trial.registry, app.registry);
}

#[test]
fn point_9_an_empty_list_is_everyone() {
    let mut app = Application::default();
    app.write("1", &on(ChannelType::Email, "a")).expect("ok");
    app.write("2", &EndpointUpdate::default()).expect("ok");
    for quantifier in [Quantifier::All, Quantifier::Any, Quantifier::None] {
        let group = ResolvedGroup {
            source_type: quantifier,
            dimension_type: quantifier,
            ..everyone()
        };
        assert_eq!(app.members(&one_group(group)), [0, 1], "{quantifier:?}");
        let empty = ResolvedSegment::Groups {
            include: quantifier,
            groups: Vec::new(),
        };
        assert_eq!(app.members(&empty), [0, 1], "{quantifier:?}");
    }
}

#[test]
fn point_10_exclusive_takes_the_missing_and_refuses_any_listed_value() {
    let mut app = Application::default();
    let colored = |values| EndpointUpdate {
        attributes: list("color", values),
        ..EndpointUpdate::default()
    };
    app.write("0", &EndpointUpdate::default()).expect("ok");
    app.write("1", &colored(&["red", "blue"])).expect("ok");
    app.write("2", &colored(&["blue"])).expect("ok");
    app.write("3", &colored(&[])).expect("ok");
    let not_red = AttributeDimension {
        operator: Some(AttributeOperator::Exclusive),
        values: vec!["red".to_owned()],
    };
    let dimensions = Dimensions {
        attributes: [("color".to_owned(), not_red)].into(),
        ..Dimensions::default()
    };
    let group = ResolvedGroup {
        dimensions: vec![dimensions],
        ..everyone()
    };
    assert_eq!(app.members(&one_group(group)), [0, 2, 3]);
}
