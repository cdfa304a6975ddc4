//! Segment definitions in the form in which they are kept.

use std::convert::Infallible;

use audience::evaluate::belongs;
use audience::{Index, ResolvedGroup, ResolvedSegment, criteria};
use clock::Timestamp;
use model::{
    AppId, ChannelType, Demographic, Dimensions, Endpoint, EndpointId, EndpointStatus, Location,
    OptOut, Quantifier, SegmentCriteria, UserId,
};

/// 2026-03-04T05:06:07Z.
const NOW_MS: i64 = 1_772_600_767_000;

/// Checks a definition; where it may be stored, the columnar index and the evaluator of one
/// endpoint agree on who belongs.
///
/// # Panics
/// They do not agree.
pub fn run(data: &[u8]) {
    let Ok(definition) = serde_json::from_slice::<SegmentCriteria>(data) else {
        return;
    };
    let kept = serde_json::to_vec(&definition).expect("a definition is JSON");
    let again: SegmentCriteria = serde_json::from_slice(&kept).expect("what was kept");
    assert_eq!(again, definition);
    if criteria::validate(&definition).is_err() {
        return;
    }
    let now = Timestamp::from_millis(NOW_MS);
    let Some(segment) = resolved(definition) else {
        return;
    };
    let mut index = Index::new();
    let people: Vec<Endpoint> = (0..6).map(person).collect();
    for person in &people {
        index.upsert(person);
    }
    let members = index
        .evaluate::<Infallible>(
            &segment,
            now,
            &|_| Ok(Vec::new()),
            &|_, _, _| Ok(Vec::new()),
        )
        .expect("nothing can fail");
    for person in &people {
        assert_eq!(
            members.contains(person.ordinal),
            belongs(&segment, person, true, now),
            "{person:?}"
        );
    }
}

/// The definition without its sources, which would have to be looked up.
fn resolved(definition: SegmentCriteria) -> Option<ResolvedSegment> {
    let group = |dimensions: Vec<Dimensions>, dimension_type: Option<Quantifier>| ResolvedGroup {
        source_type: Quantifier::All,
        sources: Vec::new(),
        dimension_type: dimension_type.unwrap_or(Quantifier::All),
        dimensions,
    };
    Some(match definition {
        SegmentCriteria::Everyone => ResolvedSegment::Groups {
            include: Quantifier::All,
            groups: Vec::new(),
        },
        SegmentCriteria::Dimensions(dimensions) => ResolvedSegment::Groups {
            include: Quantifier::All,
            groups: vec![group(vec![*dimensions], None)],
        },
        SegmentCriteria::Groups { include, groups } => ResolvedSegment::Groups {
            include: include.unwrap_or(Quantifier::All),
            groups: groups
                .into_iter()
                .map(|each| group(each.dimensions, each.dimension_type))
                .collect(),
        },
        SegmentCriteria::Imported(_) => return None,
    })
}

/// People who differ in everything that a segment can ask for.
fn person(number: u32) -> Endpoint {
    let word = |words: [&str; 3]| {
        let index = usize::try_from(number % 4).unwrap_or(3);
        words.get(index).map(|word| (*word).to_owned())
    };
    let list = |words: [&str; 3]| word(words).into_iter().collect::<Vec<_>>();
    let at = Timestamp::from_millis(NOW_MS - i64::from(number) * 100_000_000);
    Endpoint {
        app: AppId::new("a"),
        id: EndpointId::new(format!("e{number}")),
        ordinal: number,
        channel: (number > 0).then_some(ChannelType::Email),
        address: (number > 0).then(|| format!("{number}@mail.example")),
        attributes: [(
            "plan".to_owned(),
            list(["gold", "basic", "2026-03-01T00:00:00Z"]),
        )]
        .into(),
        metrics: [("orders".to_owned(), f64::from(number))].into(),
        demographic: Demographic {
            app_version: word(["1.0", "1.1", "2.0"]),
            make: word(["Apple", "Samsung", ""]),
            model: word(["A", "B", "C"]),
            platform: word(["iOS", "Android", "web"]),
            ..Demographic::default()
        },
        location: Location {
            country: word(["US", "FR", "PE"]),
            latitude: number.is_multiple_of(2).then_some(47.6),
            longitude: number.is_multiple_of(2).then_some(-122.3),
            ..Location::default()
        },
        user: (number > 2).then(|| UserId::new(format!("u{number}"))),
        user_attributes: [("name".to_owned(), list(["Ada", "Bo", "Cy"]))].into(),
        opt_out: OptOut::None,
        status: EndpointStatus::Active,
        effective: at,
        request_id: String::new(),
        cohort: 7,
        created: at,
        last_active: (!number.is_multiple_of(3)).then_some(at),
    }
}
