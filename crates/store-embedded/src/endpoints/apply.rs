//! One write after another, by the rules of `audience`.

use audience::{
    EndpointLimits, MergeContext, NewEndpoint, Violation, check_size, merge, takeover, user,
    validate_id,
};
use clock::Clock;
use model::{Endpoint, EndpointKey, EndpointStatus, Ordinal, UserId};
use store::{ApplyMode, EndpointWrite, Refusal, StoreError, WriteContext, WriteOrigin, Written};

use super::draft::Draft;
use super::hint::Hints;
use super::job::Outcomes;
use super::record::UserRecord;

/// Cohorts are 0 to 99.
const COHORTS: u8 = 100;

/// Cohorts drawn at random, many at a time.
pub(super) struct Cohorts {
    clock: Clock,
    bytes: [u8; 256],
    next: usize,
}

impl Cohorts {
    pub fn new(clock: Clock) -> Self {
        Self {
            bytes: clock.random_bytes(),
            clock,
            next: 0,
        }
    }

    fn draw(&mut self) -> u8 {
        loop {
            if self.next == self.bytes.len() {
                self.bytes = self.clock.random_bytes();
                self.next = 0;
            }
            let byte = self.bytes[self.next];
            self.next += 1;
            // 200 is the highest multiple of 100 in a byte: beyond it the low cohorts would be
            // likelier.
            if byte < 2 * COHORTS {
                return byte % COHORTS;
            }
        }
    }
}

/// Why a write is not applied.
enum Stop {
    Refused(Violation),
    Failed(StoreError),
}

impl From<Violation> for Stop {
    fn from(violation: Violation) -> Self {
        Self::Refused(violation)
    }
}

impl From<StoreError> for Stop {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Applies the writes of a call, of which `hints` are known. If it fails as a whole, the draft is
/// as it was.
pub(super) fn apply(
    draft: &mut Draft<'_>,
    writes: &[EndpointWrite],
    hints: Option<Hints>,
    mode: ApplyMode,
    context: &WriteContext,
    limits: &EndpointLimits,
    cohorts: &mut Cohorts,
) -> Result<Outcomes, StoreError> {
    let context = MergeContext {
        now: context.now,
        request_id: &context.request_id,
        import: context.origin == WriteOrigin::Import,
        limits,
    };
    draft.ask_holders(
        writes
            .iter()
            .filter_map(|write| write.update.address.as_deref()),
    );
    let hinted = hints.map_or_else(Vec::new, |hints| draft.take_hints(hints));
    let mut hinted = hinted.into_iter();
    let mut outcomes = Vec::with_capacity(writes.len());
    for (index, write) in writes.iter().enumerate() {
        let (key, unseen) = hinted.next().unwrap_or_else(|| (write.id.key(), false));
        match apply_one(draft, write, (key, unseen), &context, cohorts) {
            Ok(written) => outcomes.push(Ok(written)),
            Err(Stop::Refused(violation)) => {
                let refusal = Err(Refusal { index, violation });
                if mode == ApplyMode::AllOrNothing {
                    draft.roll_back();
                    return Ok(vec![refusal]);
                }
                outcomes.push(refusal);
            }
            Err(Stop::Failed(error)) => {
                draft.roll_back();
                return Err(error);
            }
        }
    }
    draft.accept();
    Ok(outcomes)
}

fn apply_one(
    draft: &mut Draft<'_>,
    write: &EndpointWrite,
    (key, unseen): (EndpointKey, bool),
    context: &MergeContext<'_>,
    cohorts: &mut Cohorts,
) -> Result<Written, Stop> {
    validate_id(write.id.as_str())?;
    let known = if unseen {
        draft.given_ordinal(&key)
    } else {
        draft.ordinal(&key)?
    };
    let new = NewEndpoint {
        app: draft.writer.app.id.clone(),
        id: write.id.clone(),
        ordinal: known.unwrap_or(draft.writer.next_ordinal),
        cohort: cohorts.draw(),
    };
    let update = draft.writer.registry.filter(&write.update);
    let current = match known {
        Some(ordinal) => draft.endpoint(ordinal)?,
        None => None,
    };
    let mut endpoint = merge(current, &new, &update, context)?;
    let created = current.is_none();
    let before = current.and_then(|it| it.user.clone());
    // Whoever holds an address and is active has displaced all others before.
    let settled = current.is_some_and(|it| {
        it.status == EndpointStatus::Active
            && it.address == endpoint.address
            && it.channel == endpoint.channel
    });

    let fresh = draft.writer.registry.admit(&update, context.limits.names)?;
    let link = match plan_link(draft, &mut endpoint, before.as_ref(), context.limits) {
        Ok(link) => link,
        Err(stop) => {
            draft.writer.registry.withdraw(&fresh);
            return Err(stop);
        }
    };

    // From here on nothing is refused.
    draft.names_admitted(fresh);
    let ordinal = match known {
        Some(ordinal) => ordinal,
        None => draft.assign(key)?,
    };
    if before != endpoint.user
        && let Some(before) = &before
    {
        draft.unlink(before, ordinal)?;
    }
    if let Some(link) = link {
        if let Some(evicted) = link.evicted {
            change(draft, evicted, user::evict)?;
        }
        draft.set_user(&link.user, link.record)?;
    }
    if !settled && endpoint.status == EndpointStatus::Active {
        displace_others(draft, &endpoint, context.limits.literal_address_takeover)?;
    }
    draft.set_endpoint(ordinal, Some(endpoint))?;
    Ok(Written { ordinal, created })
}

/// How the record of a user changes with a write.
struct Link {
    user: UserId,
    record: UserRecord,
    evicted: Option<Ordinal>,
}

/// Decides how the user of `endpoint` changes, and shows the user's attributes in `endpoint`;
/// `None` if there is no user or nothing about it changes.
fn plan_link(
    draft: &mut Draft<'_>,
    endpoint: &mut Endpoint,
    before: Option<&UserId>,
    limits: &EndpointLimits,
) -> Result<Option<Link>, Stop> {
    let Some(user) = endpoint.user.clone() else {
        check_size(endpoint, limits)?;
        return Ok(None);
    };
    let brought = std::mem::take(&mut endpoint.user_attributes);
    let linked = before == Some(&user);
    let known = draft.user(&user)?;
    let mut record = match known {
        Some(record) if linked && brought.is_empty() => {
            endpoint.user_attributes.clone_from(&record.attributes);
            check_size(endpoint, limits)?;
            return Ok(None);
        }
        Some(record) => record.clone(),
        None => UserRecord::default(),
    };
    user::merge_attributes(&mut record.attributes, &brought);
    endpoint.user_attributes.clone_from(&record.attributes);
    check_size(endpoint, limits)?;
    let mut evicted = None;
    if !linked {
        if record.linked.len() >= limits.per_user {
            evicted = make_room(draft, endpoint, &record.linked, limits.per_user)?;
            record.linked.retain(|it| Some(*it) != evicted);
        }
        let place = record.linked.partition_point(|it| *it < endpoint.ordinal);
        record.linked.insert(place, endpoint.ordinal);
    }
    Ok(Some(Link {
        user,
        record,
        evicted,
    }))
}

/// Which endpoint of a user with many gives way (`docs/spec/audience.md §7.2`).
fn make_room(
    draft: &mut Draft<'_>,
    endpoint: &Endpoint,
    linked: &[Ordinal],
    limit: usize,
) -> Result<Option<Ordinal>, Stop> {
    let mut others = Vec::with_capacity(linked.len());
    for ordinal in linked {
        if let Some(other) = draft.endpoint(*ordinal)? {
            others.push(user::UserEndpoint {
                ordinal: *ordinal,
                channel: other.channel,
                effective: other.effective,
            });
        }
    }
    Ok(match user::admit(endpoint.channel, &others, limit)? {
        user::Admission::Admit => None,
        user::Admission::Evict(ordinal) => Some(ordinal),
    })
}

/// Makes those inactive whose address `endpoint` takes (`docs/spec/audience.md §6.3`).
fn displace_others(
    draft: &mut Draft<'_>,
    endpoint: &Endpoint,
    literal: bool,
) -> Result<(), StoreError> {
    let Some(address) = &endpoint.address else {
        return Ok(());
    };
    for holder in draft.holders(address) {
        let displaced = draft
            .endpoint(holder)?
            .is_some_and(|other| takeover::displaces(endpoint, other, literal));
        if displaced {
            change(draft, holder, takeover::displace)?;
        }
    }
    Ok(())
}

fn change(
    draft: &mut Draft<'_>,
    ordinal: Ordinal,
    how: impl FnOnce(&mut Endpoint),
) -> Result<(), StoreError> {
    if let Some(mut endpoint) = draft.endpoint(ordinal)?.cloned() {
        how(&mut endpoint);
        draft.set_endpoint(ordinal, Some(endpoint))?;
    }
    Ok(())
}
