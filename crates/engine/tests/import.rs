//! Import jobs from files in a folder to endpoints and segments in an embedded store.

mod faulty;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clock::{Clock, Timestamp};
use engine::buckets::Buckets;
use engine::import::{DOCUMENT_KINDS, ImportJobs, ImportLimits, ImportRefusal, ImportRequest};
use faulty::{Fault, Faulty};
use model::{
    App, AppId, ChannelType, Endpoint, EndpointId, ImportJob, ImportedMembers, JobFormat,
    JobStatus, OptOut, Segment, SegmentCriteria, SegmentId, SegmentImport, Tags,
};
use store::{Documents, Resource, SegmentVersion, Store};
use tempfile::TempDir;

const APP: &str = "5f0c0000000000000000000000000000";

/// A store, a bucket `crm`, and import jobs between them.
struct World {
    folder: TempDir,
    store: Store,
    jobs: ImportJobs,
    app: AppId,
}

impl World {
    async fn new() -> Self {
        Self::over(|documents| documents).await
    }

    async fn over(wrap: impl FnOnce(Arc<dyn Documents>) -> Arc<dyn Documents>) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("crm")).expect("a bucket");
        let clock = Clock::real();
        let options = store_embedded::Options::new(folder.path().join("data"));
        let mut store = store_embedded::open(options, clock.clone())
            .await
            .expect("the store opens");
        store.documents = wrap(store.documents);
        let app = App {
            id: APP.into(),
            region: "eu-west-1".to_owned(),
            name: "orders".to_owned(),
            tags: Tags::new(),
            created: clock.now(),
        };
        store.of::<App>().create(&app).await.expect("creates");
        let jobs = jobs(&store, folder.path(), ImportLimits::default());
        Self {
            folder,
            store,
            jobs,
            app: app.id,
        }
    }

    fn file(&self, key: &str, content: impl AsRef<[u8]>) {
        let path = self.folder.path().join("crm").join(key);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("creates");
        std::fs::write(path, content).expect("writes");
    }

    async fn create(&self, request: ImportRequest) -> ImportJob {
        self.jobs
            .create(&self.app, request)
            .await
            .expect("the job is accepted")
    }

    async fn run(&self, request: ImportRequest) -> ImportJob {
        let job = self.create(request).await;
        self.jobs.run_due().await.expect("the job runs");
        self.job(&job).await
    }

    async fn job(&self, job: &ImportJob) -> ImportJob {
        let jobs = self.store.of::<ImportJob>();
        let stored = jobs.get(APP, job.id.as_str()).await.expect("reads");
        stored.expect("the job is there").value
    }

    async fn endpoint(&self, id: &str) -> Option<Endpoint> {
        let id = EndpointId::new(id);
        self.store
            .endpoints
            .get(&self.app, &id)
            .await
            .expect("reads")
    }

    async fn segment(&self, job: &ImportJob) -> Option<(Segment, SegmentImport)> {
        let id = job.definition.segment_id.as_ref()?;
        let segments = self.store.of::<Segment>();
        let segment = segments.get(APP, id.as_str()).await.expect("reads")?.value;
        let SegmentCriteria::Imported(import) = segment.criteria.clone() else {
            panic!("not imported: {segment:?}");
        };
        Some((segment, import))
    }

    async fn members(&self, job: &ImportJob) -> ImportedMembers {
        let (segment, import) = self.segment(job).await.expect("the segment is there");
        self.store
            .endpoints
            .members(&self.app, &segment.id, import.members_version)
            .await
            .expect("reads")
    }

    /// Identifiers of the endpoints, snapshots included, that belong to a job's segment.
    async fn member_ids(&self, job: &ImportJob) -> Vec<String> {
        let members = self.members(job).await;
        let (segment, import) = self.segment(job).await.expect("the segment is there");
        let ordinals: Vec<u32> = members.endpoints.iter().collect();
        let endpoints = &self.store.endpoints;
        let registered = endpoints.load(&self.app, &ordinals).await.expect("reads");
        let snapshots = endpoints
            .snapshots(&self.app, &segment.id, import.members_version, &ordinals)
            .await
            .expect("reads");
        let mut ids: Vec<String> = registered
            .into_iter()
            .zip(snapshots)
            .filter_map(|(registered, snapshot)| registered.or(snapshot))
            .map(|endpoint| endpoint.id.to_string())
            .collect();
        ids.sort();
        ids
    }

    async fn endpoints(&self) -> u64 {
        let counts = self
            .store
            .endpoints
            .counts(&self.app)
            .await
            .expect("counts");
        counts.endpoints
    }

    /// Documents that jobs keep besides their records.
    async fn leftovers(&self) -> u64 {
        let mut count = 0;
        for kind in DOCUMENT_KINDS {
            count += self.store.documents.count(kind, APP).await.expect("counts");
        }
        count
    }
}

fn jobs(store: &Store, folder: &Path, limits: ImportLimits) -> ImportJobs {
    let buckets = Buckets {
        folders: [("crm".to_owned(), folder.join("crm"))].into(),
        ..Buckets::default()
    };
    ImportJobs::new(store.clone(), Clock::real(), buckets, limits)
}

/// A job that registers endpoints and defines a segment.
fn request(key: &str) -> ImportRequest {
    ImportRequest {
        format: if key.contains("json") {
            JobFormat::Json
        } else {
            JobFormat::Csv
        },
        s3_url: format!("s3://crm/{key}"),
        role_arn: "arn:aws:iam::000000000000:role/imp".to_owned(),
        define_segment: true,
        register_endpoints: true,
        segment_id: None,
        segment_name: None,
        external_id: None,
    }
}

fn segment_only(key: &str) -> ImportRequest {
    ImportRequest {
        register_endpoints: false,
        ..request(key)
    }
}

#[tokio::test]
async fn rows_become_endpoints_and_a_segment() {
    let world = World::new().await;
    world.file(
        "in/gold.csv",
        "\u{feff}ChannelType,Address,Id,User.UserId,Attributes.size,Attributes.size,Metrics.orders,OptOut\r\n\
         SMS,+4407700900000,p-1,u-1,M,L,12,NONE\r\n\
         EMAIL,ada@example.com,,u-1,,,3,\r\n\
         \r\n\
         PIGEON,coop,p-3,,,,,\r\n\
         EMAIL,,p-4,,,,,\r\n\
         ,,P-1,,S,,,\r\n",
    );
    let accepted = world.create(request("in/gold.csv")).await;
    assert_eq!(accepted.status, JobStatus::Created);
    assert_eq!(accepted.definition.segment_name.as_deref(), Some("gold"));
    assert!(world.segment(&accepted).await.is_none());

    assert_eq!(world.jobs.run_due().await.unwrap(), 1);
    let job = world.job(&accepted).await;
    assert_eq!(job.status, JobStatus::Completed);
    assert!(job.completed.is_some());
    assert_eq!(
        (job.total_pieces, job.completed_pieces, job.failed_pieces),
        (1, 1, 0)
    );
    assert_eq!((job.total_processed, job.total_failures), (5, 2));
    assert_eq!(
        job.failures,
        [
            "in/gold.csv:5: ChannelType: 'PIGEON' is not a channel",
            "in/gold.csv:6: Missing Address",
        ]
    );

    let endpoint = world.endpoint("p-1").await.unwrap();
    assert_eq!(endpoint.attributes["size"], ["S"]);
    assert_eq!(endpoint.metrics["orders"], 12.0);
    assert_eq!(endpoint.opt_out, OptOut::None);
    assert_eq!(endpoint.request_id, job.id.as_str());
    assert_eq!(world.endpoints().await, 2);

    let (segment, import) = world.segment(&job).await.unwrap();
    assert_eq!(
        (segment.version, segment.name.as_deref()),
        (1, Some("gold"))
    );
    assert_eq!(import.size, 3);
    let counts = [(ChannelType::Sms, 2), (ChannelType::Email, 1)];
    assert_eq!(import.channel_counts, counts.into());
    assert_eq!(world.members(&job).await.endpoints.len(), 2);
    assert_eq!(world.leftovers().await, 0);
    assert_eq!(world.jobs.run_due().await.unwrap(), 0);
}

#[tokio::test]
async fn endpoints_can_be_registered_without_a_segment() {
    let world = World::new().await;
    world.file("a.json", "{\"Id\":\"e\",\"ChannelType\":\"EMAIL\",\"Address\":\"a@b.c\"}\n{\"User\":{\"UserId\":\"u\"}}");
    let job = world
        .run(ImportRequest {
            define_segment: false,
            ..request("a.json")
        })
        .await;
    assert_eq!(job.definition.segment_id, None);
    assert_eq!(job.failures, ["a.json:2: a user alone needs DefineSegment"]);
    assert!(world.endpoint("E").await.is_some());
}

#[tokio::test]
async fn a_segment_alone_registers_nothing() {
    let world = World::new().await;
    world.file("known.csv", "Id,ChannelType,Address\nknown,SMS,+1\n");
    world.run(request("known.csv")).await;
    world.file(
        "list.json",
        r#"{"Id":"known","Attributes":{"a":["changed"]}}
{"Id":"new","ChannelType":"EMAIL","Address":"n@example.com","User":{"UserId":"u-9"}}
{"ChannelType":"EMAIL","Address":"nameless@example.com"}
{"Id":"unknown"}
{"Attributes":{"a":["b"]}}
{"Id":"bad{id}","ChannelType":"EMAIL","Address":"x"}
{"User":{"UserId":"u-1"}}
{"Id":"new","ChannelType":"EMAIL","Address":"later@example.com"}
"#,
    );
    let job = world.run(segment_only("list.json")).await;
    assert_eq!(job.status, JobStatus::Completed);
    assert_eq!((job.total_processed, job.total_failures), (8, 3));
    assert!(job.failures[0].starts_with("list.json:4: endpoint unknown does not exist"));
    assert!(job.failures[1].starts_with("list.json:5: neither an Id"));
    assert!(job.failures[2].starts_with("list.json:6: "));

    assert_eq!(world.endpoints().await, 1);
    let known = world.endpoint("known").await.unwrap();
    assert!(known.attributes.is_empty());
    assert!(world.endpoint("new").await.is_none());

    let members = world.members(&job).await;
    assert_eq!(members.endpoints.len(), 3);
    assert_eq!(members.snapshots.len(), 2);
    assert_eq!(members.users, ["u-1".into()]);
    let (segment, import) = world.segment(&job).await.unwrap();
    assert_eq!(import.size, 5);
    assert_eq!(
        import.channel_counts,
        [(ChannelType::Sms, 1), (ChannelType::Email, 3)].into()
    );
    let ordinals: Vec<u32> = members.snapshots.iter().collect();
    let snapshots = world
        .store
        .endpoints
        .snapshots(&world.app, &segment.id, import.members_version, &ordinals)
        .await
        .unwrap();
    let addresses: Vec<Option<String>> = snapshots
        .into_iter()
        .map(|snapshot| snapshot.unwrap().address)
        .collect();
    assert!(addresses.contains(&Some("later@example.com".to_owned())));
    assert!(!addresses.contains(&Some("n@example.com".to_owned())));
}

#[tokio::test]
async fn files_of_users_make_segments_of_users() {
    let world = World::new().await;
    world.file("users.csv", "User.UserId\nu-1 u-2\nu-3\nu-1\n");
    let job = world.run(segment_only("users.csv")).await;
    let members = world.members(&job).await;
    assert_eq!(members.users.len(), 3);
    let (_, import) = world.segment(&job).await.unwrap();
    assert_eq!((import.size, import.channel_counts.len()), (3, 0));
}

#[tokio::test]
async fn a_refresh_replaces_the_members() {
    let world = World::new().await;
    world.file(
        "a.csv",
        "Id,ChannelType,Address\na,EMAIL,a@x\nb,EMAIL,b@x\n",
    );
    let first = world.run(request("a.csv")).await;
    assert_eq!(world.member_ids(&first).await, ["a", "b"]);

    // The reference's own samples refresh with nothing but the identifier.
    world.file("b.csv", "Id,ChannelType,Address\nb,,\nc,EMAIL,c@x\n");
    let refresh = ImportRequest {
        define_segment: false,
        register_endpoints: false,
        segment_id: first.definition.segment_id.clone(),
        ..request("b.csv")
    };
    let second = world.run(refresh).await;
    assert_eq!(second.definition.segment_id, first.definition.segment_id);
    assert!(second.definition.define_segment);
    assert_eq!(world.member_ids(&second).await, ["b", "c"]);
    let (segment, import) = world.segment(&second).await.unwrap();
    assert_eq!((segment.version, segment.name.as_deref()), (2, Some("a")));
    assert_eq!(import.s3_url, "s3://crm/b.csv");
    let versions = world.store.of::<SegmentVersion>();
    let parent = store::version_parent(APP, segment.id.as_str());
    let versions = versions.list(&parent, None, 10).await.unwrap().items;
    assert_eq!(versions.len(), 2);
}

#[tokio::test]
async fn refusals_say_what_is_wrong() {
    let world = World::new().await;
    world.file("good.csv", "Id\nx\n");
    world.file("empty.csv", "");
    world.file("unknown.csv", "id,colour\n1,red\n");
    world.file("binary.csv", [0xFF, 0xFE, b'\n']);
    world.file("bad.json", "\n{\"Id\": nope}\n");
    world.file("list.json", "[{\"Id\":\"x\"}]\n");
    world.file("typed.json", "{\"Id\":1}\n");
    let check = async |request: ImportRequest, want: &str| {
        let refusal = world.jobs.create(&world.app, request).await.err();
        let text = refusal
            .map(|refusal| refusal.to_string())
            .unwrap_or_default();
        assert_eq!(text, want);
    };
    let good = || request("good.csv");
    check(
        ImportRequest {
            role_arn: " ".to_owned(),
            ..good()
        },
        "Missing RoleArn",
    )
    .await;
    check(
        ImportRequest {
            s3_url: "crm/good.csv".to_owned(),
            ..good()
        },
        "S3Url: 'crm/good.csv' is not of the form s3://bucket/key-or-prefix",
    )
    .await;
    check(
        ImportRequest {
            register_endpoints: false,
            define_segment: false,
            ..good()
        },
        "RegisterEndpoints or DefineSegment must be true",
    )
    .await;
    check(
        ImportRequest {
            segment_id: Some("none".into()),
            ..good()
        },
        "segment none does not exist",
    )
    .await;
    check(
        request("nothing.csv"),
        "S3Url: no CSV file at 's3://crm/nothing.csv'",
    )
    .await;
    let no_column = "the header has no known column, such as Id, Address or ChannelType";
    check(
        request("empty.csv"),
        &format!("empty.csv: line 1: {no_column}"),
    )
    .await;
    check(
        request("unknown.csv"),
        &format!("unknown.csv: line 1: {no_column}"),
    )
    .await;
    check(request("binary.csv"), "binary.csv: line 1: not UTF-8 text").await;
    check(
        request("bad.json"),
        "bad.json: line 2: expected ident (column 9)",
    )
    .await;
    check(
        request("list.json"),
        "list.json: line 1: expected one object per line, not a list (column 1)",
    )
    .await;
    // A value of another type is a failure of its row.
    let job = world.run(request("typed.json")).await;
    assert_eq!((job.status, job.total_failures), (JobStatus::Completed, 1));
}

#[tokio::test]
async fn dimensional_segments_cannot_be_refreshed() {
    let world = World::new().await;
    world.file("good.csv", "Id\nx\n");
    let now = Timestamp::default();
    let segment = Segment {
        app: world.app.clone(),
        id: "s".into(),
        name: None,
        criteria: SegmentCriteria::Everyone,
        version: 1,
        tags: Tags::new(),
        created: now,
        modified: now,
    };
    world.store.of::<Segment>().create(&segment).await.unwrap();
    let request = ImportRequest {
        segment_id: Some("s".into()),
        ..request("good.csv")
    };
    let refusal = world.jobs.create(&world.app, request).await;
    assert!(matches!(refusal, Err(ImportRefusal::NotImported(_))));
}

#[tokio::test]
async fn active_jobs_are_limited() {
    let world = World::new().await;
    world.file("a.csv", "Id\nx\n");
    let limits = ImportLimits {
        active_jobs: 2,
        ..ImportLimits::default()
    };
    let jobs = jobs(&world.store, world.folder.path(), limits);
    for _ in 0..2 {
        jobs.create(&world.app, request("a.csv")).await.unwrap();
    }
    let refusal = jobs.create(&world.app, request("a.csv")).await;
    assert!(matches!(refusal, Err(ImportRefusal::TooManyJobs(2))));
    jobs.run_due().await.unwrap();
    assert!(jobs.create(&world.app, request("a.csv")).await.is_ok());
}

#[tokio::test]
async fn every_file_under_a_prefix_is_read() {
    let world = World::new().await;
    world.file("in/1.csv", "Id,ChannelType,Address\na,EMAIL,a@x\n");
    world.file("in/2.csv", "Colour\nred\nblue\n");
    world.file("in/3/x.csv", "Address,ChannelType,Id\nb@x,EMAIL,b\n");
    world.file("in/3/empty.csv", "");
    world.file("in/3/x.csv.metadata", "nonsense");
    let job = world.run(request("in/")).await;
    assert_eq!(job.status, JobStatus::Completed);
    assert_eq!((job.total_processed, job.total_failures), (4, 2));
    assert!(job.failures[0].starts_with("in/2.csv:2: the header has no known column"));
    assert_eq!(world.member_ids(&job).await, ["a", "b"]);
}

#[tokio::test]
async fn only_the_first_failures_are_listed() {
    let world = World::new().await;
    world.file("a.csv", format!("Id,OptOut\n{}", "x,maybe\n".repeat(250)));
    let job = world.run(request("a.csv")).await;
    assert_eq!((job.total_processed, job.total_failures), (250, 250));
    assert_eq!(job.failures.len(), 100);
    assert!(job.failures[99].starts_with("a.csv:101: "));
}

#[tokio::test]
async fn a_piece_that_is_not_text_fails_the_job() {
    let world = World::new().await;
    let mut content = b"Id,ChannelType,Address\n".to_vec();
    content.extend(rows(0..12_000).into_bytes());
    content.extend(b"x,EMAIL,\xFF\n");
    world.file("a.csv", content);
    let job = world.run(request("a.csv")).await;
    assert_eq!(job.status, JobStatus::Failed);
    assert_eq!((job.completed_pieces, job.failed_pieces), (1, 1));
    assert_eq!(job.failures, ["a.csv:12002: not UTF-8 text"]);
    assert!(job.completed.is_some());
    // What the first piece wrote stays; the segment is not made.
    assert_eq!(world.endpoints().await, 9_999);
    assert!(world.segment(&job).await.is_none());
    assert_eq!(world.leftovers().await, 0);
}

#[tokio::test]
async fn a_file_that_changes_or_vanishes_fails_the_job() {
    let world = World::new().await;
    world.file("a.csv", "Id\nx\n");
    world.file("b.csv", "Id\nx\n");
    let changed = world.create(request("a.csv")).await;
    let vanished = world.create(request("b.csv")).await;
    world.file("a.csv", "Id\nlonger than before\n");
    std::fs::remove_file(world.folder.path().join("crm/b.csv")).unwrap();
    world.jobs.run_due().await.unwrap();
    for job in [changed, vanished] {
        let job = world.job(&job).await;
        assert_eq!(job.status, JobStatus::Failed);
        assert!(job.failures[0].contains(".csv:1: "), "{:?}", job.failures);
    }
}

#[tokio::test]
async fn jobs_of_a_deleted_application_disappear() {
    let passes = Arc::new(AtomicUsize::new(usize::MAX));
    let deletion = Arc::clone(&passes);
    let fault = Fault::DeleteApp {
        app: APP,
        jobs: ImportJob::KIND,
    };
    let world = World::over(|inner| {
        Arc::new(Faulty {
            inner,
            passes,
            fault,
        })
    })
    .await;
    world.file("a.csv", format!("Id,ChannelType,Address\n{}", rows(0..10)));
    world.create(request("a.csv")).await;
    deletion.store(1, Ordering::SeqCst);
    world.jobs.run_due().await.unwrap();
    assert_eq!(deletion.load(Ordering::SeqCst), usize::MAX - 1);
    assert_eq!(world.endpoints().await, 0);
    assert_eq!(world.leftovers().await, 0);
}

#[tokio::test]
async fn the_loop_runs_jobs_as_they_come() {
    let world = World::new().await;
    let jobs = world.jobs.clone();
    let looping = tokio::spawn(async move { jobs.run().await });
    for name in ["a.csv", "b.csv", "c.csv"] {
        world.file(name, "Id,ChannelType,Address\nx,EMAIL,x@x\n");
        let job = world.create(request(name)).await;
        let ended = async {
            while !world.job(&job).await.status.is_final() {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(60), ended)
            .await
            .expect("the job ends");
    }
    looping.abort();
}

fn rows(numbers: std::ops::Range<usize>) -> String {
    numbers.fold(String::new(), |text, n| {
        text + &format!("e-{n},EMAIL,{n}@example.com\n")
    })
}

#[tokio::test]
async fn a_job_goes_on_after_every_possible_crash() {
    // No Id column: the identifiers are made up, and must be the same ones again.
    let mut content = "ChannelType,Address,Attributes.a\n".to_owned();
    for n in 0..10_500 {
        content += &format!("EMAIL,{n}@example.com,x\n");
    }
    let passes = Arc::new(AtomicUsize::new(usize::MAX));
    let faults = Arc::clone(&passes);
    let fault = Fault::Crash;
    let world = World::over(|inner| {
        Arc::new(Faulty {
            inner,
            passes,
            fault,
        })
    })
    .await;
    world.file("in/1.csv", &content);
    world.file(
        "in/2.csv",
        "ChannelType,Address\nEMAIL,last@example.com\nSMS\n",
    );
    // Commits of a run: started, two pieces, one piece, the end.
    for commits in 0..5 {
        let job = world.create(request("in/")).await;
        faults.store(commits, Ordering::SeqCst);
        let crashed = world.jobs.run_due().await;
        assert!(crashed.is_err(), "{commits}");
        assert!(!world.job(&job).await.status.is_final());

        let again = jobs(&world.store, world.folder.path(), ImportLimits::default());
        assert_eq!(again.run_due().await.unwrap(), 1);
        let job = world.job(&job).await;
        assert_eq!(job.status, JobStatus::Completed, "{commits}");
        assert_eq!((job.total_processed, job.total_failures), (10_502, 1));
        assert_eq!((job.total_pieces, job.completed_pieces), (3, 3));
        assert_eq!(world.members(&job).await.endpoints.len(), 10_501);
        let expected = 10_501 * (commits as u64 + 1);
        assert_eq!(world.endpoints().await, expected);
        let (_, import) = world.segment(&job).await.unwrap();
        assert_eq!(import.size, 10_501);
        assert_eq!(import.channel_counts, [(ChannelType::Email, 10_501)].into());
    }
}

#[tokio::test]
#[ignore = "imports a million rows; run it to see speed and memory"]
async fn a_million_rows() {
    let world = World::new().await;
    let mut content =
        "Id,ChannelType,Address,User.UserId,Attributes.plan,Metrics.orders\n".to_owned();
    for n in 0..1_000_000 {
        content += &format!("e-{n},EMAIL,{n}@example.com,u-{n},gold,{}\n", n % 50);
    }
    world.file("big.csv", &content);
    drop(content);
    let clock = Clock::real();
    let before = resident_kib();
    let started = clock.monotonic();
    let job = world.run(request("big.csv")).await;
    let took = clock.monotonic() - started;
    assert_eq!((job.total_processed, job.total_failures), (1_000_000, 0));
    eprintln!(
        "{:.0} rows/s, {} MiB more resident",
        1e6 / took.as_secs_f64(),
        (resident_kib() - before) / 1024
    );
}

fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    status
        .lines()
        .find_map(|line| {
            line.strip_prefix("VmRSS:")?
                .trim()
                .strip_suffix(" kB")?
                .trim()
                .parse()
                .ok()
        })
        .unwrap_or_default()
}

/// The segment of a job, for callers that only know its identifier.
#[tokio::test]
async fn the_segment_is_known_from_the_first_answer() {
    let world = World::new().await;
    world.file("a.csv", "Id,ChannelType,Address\na,EMAIL,a@x\n");
    let accepted = world.create(request("a.csv")).await;
    let promised: Option<SegmentId> = accepted.definition.segment_id.clone();
    world.jobs.run_due().await.unwrap();
    let (segment, _) = world.segment(&accepted).await.unwrap();
    assert_eq!(Some(segment.id), promised);
}
