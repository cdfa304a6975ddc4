//! Membership in words.

use audience::evaluate::{FacetAnswer, GroupAnswer, Membership, MembershipBy};
use model::Quantifier;
use serde_json::{Value, json};

/// Why the endpoint belongs, or the first thing that keeps it out.
pub(super) fn detail(membership: &Membership) -> String {
    match &membership.by {
        MembershipBy::Everyone if membership.belongs => "everybody belongs".to_owned(),
        MembershipBy::Everyone => "only registered endpoints belong".to_owned(),
        MembershipBy::List { segment, listed } => {
            let verb = if *listed { "lists" } else { "does not list" };
            format!("the imported segment {segment} {verb} the endpoint or its user")
        }
        MembershipBy::Groups { .. } if membership.belongs => "belongs".to_owned(),
        MembershipBy::Groups { include, groups } => {
            let told = groups.iter().enumerate();
            if *include == Quantifier::None {
                let found = told.into_iter().find(|(_, group)| group.holds);
                return found.map_or_else(
                    || "only registered endpoints belong".to_owned(),
                    |(index, _)| format!("group {} holds, and none may", index + 1),
                );
            }
            let failed = told.into_iter().find(|(_, group)| !group.holds);
            failed.map_or_else(String::new, |(index, group)| {
                format!("group {}: {}", index + 1, group_detail(group))
            })
        }
    }
}

/// Why a group does not hold.
fn group_detail(group: &GroupAnswer) -> String {
    let in_sources = group.sources.is_empty() || {
        let held = group.sources.iter().map(|source| source.belongs);
        quantified(group.source_type, held)
    };
    if !in_sources {
        if group.source_type == Quantifier::None {
            let index = group.sources.iter().position(|source| source.belongs);
            let number = index.unwrap_or(0) + 1;
            return format!("belongs to source segment {number}, and may to none");
        }
        let (number, source) = first(&group.sources, |source| !source.belongs);
        return source.map_or_else(String::new, |source| {
            format!("source segment {number}: {}", detail(source))
        });
    }
    if group.dimension_type == Quantifier::None {
        let index = group.dimensions.iter().position(|it| it.holds);
        let Some(index) = index else {
            return "only registered endpoints belong".to_owned();
        };
        return format!("criteria {} hold, and none may", index + 1);
    }
    let (number, failed) = first(&group.dimensions, |it| !it.holds);
    let facet = failed.and_then(|it| it.facets.iter().find(|facet| !facet.holds));
    facet.map_or_else(
        || "only registered endpoints belong".to_owned(),
        |facet| format!("criteria {number}: {}", facet_detail(facet)),
    )
}

fn first<T>(all: &[T], wanted: impl Fn(&T) -> bool) -> (usize, Option<&T>) {
    let index = all.iter().position(wanted);
    (
        index.unwrap_or(0) + 1,
        index.and_then(|index| all.get(index)),
    )
}

fn facet_detail(facet: &FacetAnswer) -> String {
    let found = match facet.found.as_slice() {
        [] => "has no value".to_owned(),
        found => format!("is {}", found.join(", ")),
    };
    format!(
        "{} {found}; wanted: {} {}",
        facet.facet,
        facet.operator,
        facet.wanted.join(", ")
    )
}

fn quantified(quantifier: Quantifier, mut held: impl Iterator<Item = bool>) -> bool {
    match quantifier {
        Quantifier::All => held.all(|held| held),
        Quantifier::Any => held.any(|held| held),
        Quantifier::None => !held.any(|held| held),
    }
}

/// The whole answer.
pub(super) fn inputs(membership: &Membership) -> Value {
    let mut told = match &membership.by {
        MembershipBy::Everyone => json!({"everyone": true}),
        MembershipBy::List { segment, listed } => {
            json!({"importedSegment": segment.as_str(), "listed": listed})
        }
        MembershipBy::Groups { include, groups } => json!({
            "include": word(*include),
            "groups": groups.iter().map(group_inputs).collect::<Vec<_>>(),
        }),
    };
    told["passed"] = json!(membership.belongs);
    told
}

fn group_inputs(group: &GroupAnswer) -> Value {
    let dimensions = group.dimensions.iter().map(|dimensions| {
        let facets: Vec<Value> = dimensions.facets.iter().map(facet_inputs).collect();
        json!({"passed": dimensions.holds, "facets": facets})
    });
    json!({
        "passed": group.holds,
        "sourceType": word(group.source_type),
        "sources": group.sources.iter().map(inputs).collect::<Vec<_>>(),
        "type": word(group.dimension_type),
        "criteria": dimensions.collect::<Vec<_>>(),
    })
}

fn facet_inputs(facet: &FacetAnswer) -> Value {
    json!({
        "facet": facet.facet,
        "operator": facet.operator,
        "wanted": facet.wanted,
        "found": facet.found,
        "passed": facet.holds,
    })
}

const fn word(quantifier: Quantifier) -> &'static str {
    match quantifier {
        Quantifier::All => "ALL",
        Quantifier::Any => "ANY",
        Quantifier::None => "NONE",
    }
}
