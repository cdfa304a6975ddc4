//! Changes to one application that are not committed yet, over what is committed.
//!
//! Calls of a turn see what earlier calls changed. A call that is refused as a whole is rolled
//! back; what remains goes into one batch.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;

use audience::{AttributeKind, Index, Registry};
use clock::Timestamp;
use fjall::OwnedWriteBatch as WriteBatch;
use hashbrown::hash_map::Entry;
use hashbrown::{HashMap, HashSet};
use model::{Attributes, Endpoint, EndpointKey, Ordinal, UserId};
use store::StoreError;

use super::apps::{self, App};
use super::hint::{Hint, Hints, Memory};
use super::record::{self, UserRecord};
use super::tables::{View, ordinal_key, text_key};

/// What the writing thread alone knows of an application.
pub(super) struct AppWriter {
    pub app: Arc<App>,
    pub next_ordinal: Ordinal,
    pub registry: Registry,
    /// Whether the application itself is not stored yet.
    pub new: bool,
    /// Addresses of committed turns that the index may not have yet.
    recent: Vec<(u64, Addresses)>,
    /// What the last commits changed.
    pub memory: Memory,
}

/// Hash of an address → who may hold it.
type Addresses = HashMap<u64, Vec<Ordinal>>;

impl AppWriter {
    /// An application as of `commit`.
    pub fn new(app: Arc<App>, next_ordinal: Ordinal, new: bool, commit: u64) -> Self {
        let registry = app.registry.read().clone();
        Self {
            app,
            next_ordinal,
            registry,
            new,
            recent: Vec::new(),
            memory: Memory::new(commit),
        }
    }
}

/// Which turn and commit a draft ends in.
#[derive(Clone, Copy)]
pub(super) struct End {
    pub turn: u64,
    pub commit: u64,
}

fn address_hash(address: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    hasher.finish()
}

/// What the indexing thread does once a turn is durable.
pub(super) enum IndexOp {
    Upsert(Box<Endpoint>),
    Remove(Ordinal),
    Touch(Ordinal, Timestamp),
}

impl IndexOp {
    pub fn apply(self, index: &mut Index) {
        match self {
            Self::Upsert(endpoint) => index.upsert(&endpoint),
            Self::Remove(ordinal) => index.remove(ordinal),
            Self::Touch(ordinal, at) => index.touch(ordinal, at),
        }
    }
}

/// A record as it is now, and whether it differs from what is committed.
struct Slot<T> {
    now: Option<T>,
    committed: bool,
    dirty: bool,
}

impl<T> Slot<T> {
    /// What is committed.
    fn committed(record: Option<T>) -> Self {
        Self {
            committed: record.is_some(),
            now: record,
            dirty: false,
        }
    }
}

/// How to take back one change.
enum Undo {
    Endpoint(Ordinal, Option<Box<Endpoint>>, bool),
    User(UserId, Option<UserRecord>, bool),
    UserShown(UserId),
    Id(EndpointKey),
    Names(Vec<(AttributeKind, String)>),
    Activity(Ordinal, Option<Timestamp>),
}

/// Uncommitted changes to one application.
pub(super) struct Draft<'a> {
    pub view: &'a View<'a>,
    pub writer: AppWriter,
    ids: HashMap<EndpointKey, (Ordinal, bool)>,
    endpoints: HashMap<Ordinal, Slot<Box<Endpoint>>>,
    users: HashMap<UserId, Slot<UserRecord>>,
    /// Users whose attributes changed, so that every endpoint of theirs shows others.
    shown: HashSet<UserId>,
    activity: HashMap<Ordinal, Timestamp>,
    addresses: Addresses,
    /// Who held an address when the index was last asked.
    asked: Addresses,
    first_ordinal: Ordinal,
    registry_changed: bool,
    keep_app: bool,
    undo: Vec<Undo>,
}

impl<'a> Draft<'a> {
    /// No changes yet; the index has what turn `indexed` and those before it changed.
    pub fn new(view: &'a View<'a>, mut writer: AppWriter, indexed: u64) -> Self {
        writer.recent.retain(|(turn, _)| *turn > indexed);
        Self {
            view,
            first_ordinal: writer.next_ordinal,
            writer,
            ids: HashMap::new(),
            endpoints: HashMap::new(),
            users: HashMap::new(),
            shown: HashSet::new(),
            activity: HashMap::new(),
            addresses: HashMap::new(),
            asked: HashMap::new(),
            registry_changed: false,
            keep_app: false,
            undo: Vec::new(),
        }
    }

    fn number(&self) -> u32 {
        self.writer.app.number
    }

    /// The ordinal of an identifier that was seen before.
    pub fn ordinal(&mut self, key: &EndpointKey) -> Result<Option<Ordinal>, StoreError> {
        if let Some((ordinal, _)) = self.ids.get(key) {
            return Ok(Some(*ordinal));
        }
        let found = self.view.ordinal(self.number(), key)?;
        if let Some(ordinal) = found {
            self.ids.insert(key.clone(), (ordinal, false));
        }
        Ok(found)
    }

    /// Takes what a caller looked up: the identifiers of the call, and whether each was never
    /// seen, which only holds until the next change.
    pub fn take_hints(&mut self, hints: Hints) -> Vec<(EndpointKey, bool)> {
        let checked = self.writer.memory.check(self.number(), hints);
        let mut keys = Vec::with_capacity(checked.len());
        for hint in checked {
            keys.push(match hint {
                Ok(Hint {
                    key,
                    ordinal: Some(ordinal),
                    endpoint,
                }) => {
                    if let Entry::Vacant(vacant) = self.endpoints.entry(ordinal) {
                        vacant.insert(Slot::committed(endpoint));
                    }
                    self.ids.entry(key.clone()).or_insert((ordinal, false));
                    (key, false)
                }
                Ok(Hint { key, .. }) => (key, true),
                Err(key) => (key, false),
            });
        }
        keys
    }

    /// The ordinal of an identifier that has none unless this draft gave it one.
    pub fn given_ordinal(&self, key: &EndpointKey) -> Option<Ordinal> {
        self.ids.get(key).map(|(ordinal, _)| *ordinal)
    }

    /// Gives the next ordinal to an identifier never seen.
    pub fn assign(&mut self, key: EndpointKey) -> Result<Ordinal, StoreError> {
        let ordinal = self.writer.next_ordinal;
        self.writer.next_ordinal = ordinal.checked_add(1).ok_or_else(|| {
            StoreError::Backend("the application has used up its ordinals".to_owned())
        })?;
        self.undo.push(Undo::Id(key.clone()));
        self.ids.insert(key, (ordinal, true));
        // Nothing is stored under a new ordinal, so that nobody need look.
        self.endpoints.insert(ordinal, Slot::committed(None));
        Ok(ordinal)
    }

    fn load_endpoint(&mut self, ordinal: Ordinal) -> Result<(), StoreError> {
        if !self.endpoints.contains_key(&ordinal) {
            let app = &self.writer.app;
            let endpoint = self.view.endpoint(app.number, &app.id, ordinal)?;
            self.endpoints
                .insert(ordinal, Slot::committed(endpoint.map(Box::new)));
        }
        Ok(())
    }

    /// The endpoint as it is now. The attributes of its user are not reliable.
    pub fn endpoint(&mut self, ordinal: Ordinal) -> Result<Option<&Endpoint>, StoreError> {
        self.load_endpoint(ordinal)?;
        Ok(self
            .endpoints
            .get(&ordinal)
            .and_then(|slot| slot.now.as_deref()))
    }

    /// Replaces or removes an endpoint.
    pub fn set_endpoint(
        &mut self,
        ordinal: Ordinal,
        endpoint: Option<Endpoint>,
    ) -> Result<(), StoreError> {
        self.load_endpoint(ordinal)?;
        if let Some(address) = endpoint.as_ref().and_then(|it| it.address.as_deref()) {
            let holders = self.addresses.entry(address_hash(address)).or_default();
            if holders.last() != Some(&ordinal) {
                holders.push(ordinal);
            }
        }
        if let Some(slot) = self.endpoints.get_mut(&ordinal) {
            let before = std::mem::replace(&mut slot.now, endpoint.map(Box::new));
            self.undo.push(Undo::Endpoint(ordinal, before, slot.dirty));
            slot.dirty = true;
        }
        Ok(())
    }

    fn load_user(&mut self, user: &UserId) -> Result<(), StoreError> {
        if !self.users.contains_key(user) {
            let record = self.view.user(self.number(), user)?;
            self.users.insert(user.clone(), Slot::committed(record));
        }
        Ok(())
    }

    /// The user as it is now.
    pub fn user(&mut self, user: &UserId) -> Result<Option<&UserRecord>, StoreError> {
        self.load_user(user)?;
        Ok(self.users.get(user).and_then(|slot| slot.now.as_ref()))
    }

    /// Replaces a user; one without endpoints is dropped (`docs/spec/audience.md §7.1`).
    pub fn set_user(&mut self, user: &UserId, record: UserRecord) -> Result<(), StoreError> {
        self.load_user(user)?;
        if let Some(slot) = self.users.get_mut(user) {
            let shows = |record: Option<&UserRecord>, now: &UserRecord| {
                record.map_or(now.attributes.is_empty(), |it| {
                    it.attributes == now.attributes
                })
            };
            if !shows(slot.now.as_ref(), &record) && self.shown.insert(user.clone()) {
                self.undo.push(Undo::UserShown(user.clone()));
            }
            let now = (!record.linked.is_empty()).then_some(record);
            let before = std::mem::replace(&mut slot.now, now);
            self.undo.push(Undo::User(user.clone(), before, slot.dirty));
            slot.dirty = true;
        }
        Ok(())
    }

    /// Takes an endpoint from a user.
    pub fn unlink(&mut self, user: &UserId, ordinal: Ordinal) -> Result<(), StoreError> {
        if let Some(mut record) = self.user(user)?.cloned() {
            record.linked.retain(|linked| *linked != ordinal);
            self.set_user(user, record)?;
        }
        Ok(())
    }

    /// Notes names that were just registered.
    pub fn names_admitted(&mut self, fresh: Vec<(AttributeKind, String)>) {
        if !fresh.is_empty() {
            self.registry_changed = true;
            self.undo.push(Undo::Names(fresh));
        }
    }

    /// Has the application stored even if it gets no endpoint.
    pub fn keep_app(&mut self) {
        self.keep_app = true;
    }

    /// Notes that the registry was changed for good.
    pub fn registry_replaced(&mut self) {
        self.registry_changed = true;
    }

    /// Records activity of an endpoint that is there, unless later activity is known.
    pub fn touch(&mut self, ordinal: Ordinal, at: Timestamp) -> Result<(), StoreError> {
        let there = match self.endpoints.get(&ordinal) {
            Some(slot) => slot.now.is_some(),
            None => {
                let key = ordinal_key(self.number(), ordinal);
                self.view.get(&self.view.tables.endpoints, key)?.is_some()
            }
        };
        let known = match self.activity.get(&ordinal) {
            Some(known) => Some(*known),
            None => self.view.activity(self.number(), ordinal)?,
        };
        if there && known < Some(at) {
            let before = self.activity.insert(ordinal, at);
            self.undo.push(Undo::Activity(ordinal, before));
        }
        Ok(())
    }

    /// Asks the index once for the holders of many addresses.
    pub fn ask_holders<'b>(&mut self, addresses: impl Iterator<Item = &'b str>) {
        let index = self.writer.app.index.read();
        for address in addresses {
            self.asked
                .entry(address_hash(address))
                .or_insert_with(|| index.address_holders(address));
        }
    }

    /// Endpoints that may hold `address`; a superset.
    pub fn holders(&mut self, address: &str) -> Vec<Ordinal> {
        let hash = address_hash(address);
        let asked = self
            .asked
            .entry(hash)
            .or_insert_with(|| self.writer.app.index.read().address_holders(address));
        let recent = self.writer.recent.iter().map(|(_, addresses)| addresses);
        let mut holders = asked.clone();
        for addresses in recent.chain([&self.addresses]) {
            if let Some(more) = addresses.get(&hash) {
                holders.extend(more);
            }
        }
        holders.sort_unstable();
        holders.dedup();
        holders
    }

    /// Keeps the changes since the last call of this or of [`Self::roll_back`].
    pub fn accept(&mut self) {
        self.undo.clear();
    }

    /// Takes back the changes since the last call of this or of [`Self::accept`].
    pub fn roll_back(&mut self) {
        while let Some(change) = self.undo.pop() {
            match change {
                Undo::Endpoint(ordinal, before, dirty) => {
                    if let Some(slot) = self.endpoints.get_mut(&ordinal) {
                        (slot.now, slot.dirty) = (before, dirty);
                    }
                }
                Undo::User(user, before, dirty) => {
                    if let Some(slot) = self.users.get_mut(&user) {
                        (slot.now, slot.dirty) = (before, dirty);
                    }
                }
                Undo::UserShown(user) => {
                    self.shown.remove(&user);
                }
                Undo::Id(key) => {
                    self.ids.remove(&key);
                    self.writer.next_ordinal -= 1;
                }
                Undo::Names(fresh) => self.writer.registry.withdraw(&fresh),
                Undo::Activity(ordinal, before) => {
                    match before {
                        Some(before) => self.activity.insert(ordinal, before),
                        None => self.activity.remove(&ordinal),
                    };
                }
            }
        }
    }

    /// Moves the changes into `batch`, and what the index is to learn into the result.
    pub fn finish(
        self,
        batch: &mut WriteBatch,
        end: End,
    ) -> Result<(AppWriter, Vec<IndexOp>), StoreError> {
        let number = self.number();
        let Self {
            view,
            mut writer,
            mut endpoints,
            mut users,
            mut activity,
            ..
        } = self;
        let tables = view.tables;
        let numbered = writer.next_ordinal != self.first_ordinal;
        if writer.new && (numbered || self.registry_changed || self.keep_app) {
            apps::put_app(batch, tables, &writer.app);
            writer.new = false;
        }
        if numbered {
            apps::put_next_ordinal(batch, tables, number, writer.next_ordinal);
        }
        if self.registry_changed {
            apps::put_registry(batch, tables, number, &writer.registry)?;
            writer.app.registry.write().clone_from(&writer.registry);
        }
        for (key, (ordinal, fresh)) in &self.ids {
            if *fresh {
                writer.memory.id_given(key, end.commit);
                let key = text_key(number, key.as_str());
                batch.insert(&tables.ids, key, ordinal.to_be_bytes());
            }
        }
        load_linked(view, &writer.app, &self.shown, &users, &mut endpoints)?;

        let mut changed: Vec<_> = endpoints.drain().collect();
        changed.retain(|(_, slot)| {
            let user = slot.now.as_ref().and_then(|it| it.user.as_ref());
            slot.dirty || user.is_some_and(|user| self.shown.contains(user))
        });
        changed.sort_unstable_by_key(|(ordinal, _)| *ordinal);
        let mut ops = Vec::with_capacity(changed.len() + activity.len());
        let mut bytes = Vec::with_capacity(512);
        for (ordinal, slot) in changed {
            let key = ordinal_key(number, ordinal);
            writer.memory.endpoint_changed(ordinal, end.commit);
            if let Some(mut endpoint) = slot.now {
                let reported = match activity.remove(&ordinal) {
                    Some(at) => {
                        batch.insert(&tables.activity, key, record::instant_bytes(at));
                        Some(at)
                    }
                    None if slot.committed => view.activity(number, ordinal)?,
                    None => None,
                };
                if slot.dirty {
                    record::write_endpoint(&endpoint, false, &mut bytes)?;
                    batch.insert(&tables.endpoints, key, bytes.as_slice());
                }
                endpoint.last_active = endpoint.last_active.max(reported);
                if let Some(user) = &endpoint.user {
                    let now = attributes_of(view, number, &mut users, user)?;
                    if endpoint.user_attributes != *now {
                        endpoint.user_attributes.clone_from(now);
                    }
                }
                ops.push(IndexOp::Upsert(endpoint));
            } else if slot.committed {
                batch.remove(&tables.endpoints, key);
                batch.remove(&tables.activity, key);
                activity.remove(&ordinal);
                ops.push(IndexOp::Remove(ordinal));
            }
        }
        for (ordinal, at) in activity {
            let key = ordinal_key(number, ordinal);
            batch.insert(&tables.activity, key, record::instant_bytes(at));
            ops.push(IndexOp::Touch(ordinal, at));
        }

        let mut new_users = 0;
        for (user, slot) in users.into_iter().filter(|(_, slot)| slot.dirty) {
            let key = text_key(number, user.as_str());
            new_users += i64::from(slot.now.is_some()) - i64::from(slot.committed);
            if let Some(record) = &slot.now {
                record::write_user(record, &mut bytes)?;
                batch.insert(&tables.users, key, bytes.as_slice());
            } else if slot.committed {
                batch.remove(&tables.users, key);
            }
        }
        writer.app.count_users(new_users);
        writer.recent.push((end.turn, self.addresses));
        writer.memory.forget(end.commit);
        Ok((writer, ops))
    }
}

/// Loads the endpoints of users whose attributes changed.
fn load_linked(
    view: &View<'_>,
    app: &App,
    shown: &HashSet<UserId>,
    users: &HashMap<UserId, Slot<UserRecord>>,
    endpoints: &mut HashMap<Ordinal, Slot<Box<Endpoint>>>,
) -> Result<(), StoreError> {
    let records = shown
        .iter()
        .filter_map(|user| users.get(user)?.now.as_ref());
    for ordinal in records.flat_map(|record| &record.linked) {
        if let Entry::Vacant(vacant) = endpoints.entry(*ordinal) {
            vacant.insert(Slot::committed(
                view.endpoint(app.number, &app.id, *ordinal)?.map(Box::new),
            ));
        }
    }
    Ok(())
}

/// The attributes of a user as they are now.
fn attributes_of<'b>(
    view: &View<'_>,
    app: u32,
    users: &'b mut HashMap<UserId, Slot<UserRecord>>,
    user: &UserId,
) -> Result<&'b Attributes, StoreError> {
    static NONE: Attributes = Attributes::new();
    if !users.contains_key(user) {
        users.insert(user.clone(), Slot::committed(view.user(app, user)?));
    }
    let record = users.get(user).and_then(|slot| slot.now.as_ref());
    Ok(record.map_or(&NONE, |it| &it.attributes))
}
