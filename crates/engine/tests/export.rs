//! Export jobs from an embedded store to files in a folder, and back by import jobs.

mod faulty;

use std::collections::BTreeMap;
use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use clock::Clock;
use engine::buckets::Buckets;
use engine::export::{DOCUMENT_KIND, ExportJobs, ExportLimits, ExportRefusal, ExportRequest};
use engine::import::{ImportJobs, ImportLimits, ImportRequest};
use faulty::{Fault, Faulty};
use flate2::read::GzDecoder;
use model::{
    App, AppId, Endpoint, ExportJob, ImportJob, JobFormat, JobStatus, Segment, SegmentId, Tags,
};
use serde_json::Value;
use store::{Documents, Resource, Store};
use tempfile::TempDir;

const APP: &str = "5f0c0000000000000000000000000000";
const OTHER: &str = "5f0c0000000000000000000000000001";

/// A store, a bucket `crm`, and export jobs between them.
struct World {
    folder: TempDir,
    store: Store,
    jobs: ExportJobs,
    app: AppId,
}

impl World {
    async fn new(limits: ExportLimits) -> Self {
        Self::over(limits, |documents| documents).await
    }

    async fn over(
        limits: ExportLimits,
        wrap: impl FnOnce(Arc<dyn Documents>) -> Arc<dyn Documents>,
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(folder.path().join("crm")).expect("a bucket");
        let clock = Clock::real();
        let options = store_embedded::Options::new(folder.path().join("data"));
        let mut store = store_embedded::open(options, clock.clone())
            .await
            .expect("the store opens");
        store.documents = wrap(store.documents);
        for id in [APP, OTHER] {
            let app = App {
                id: id.into(),
                region: "eu-west-1".to_owned(),
                name: "orders".to_owned(),
                tags: Tags::new(),
                created: clock.now(),
            };
            store.of::<App>().create(&app).await.expect("creates");
        }
        let buckets = buckets(&folder);
        let jobs = ExportJobs::new(store.clone(), clock, buckets, limits);
        Self {
            folder,
            store,
            jobs,
            app: APP.into(),
        }
    }

    /// Imports lines of JSON into an application; answers the segment, if one was asked for.
    async fn import(&self, app: &str, lines: &str, register: bool) -> Option<SegmentId> {
        std::fs::write(self.folder.path().join("crm/in.json"), lines).expect("writes");
        let imports = ImportJobs::new(
            self.store.clone(),
            Clock::real(),
            buckets(&self.folder),
            ImportLimits::default(),
        );
        let request = ImportRequest {
            format: JobFormat::Json,
            s3_url: "s3://crm/in.json".to_owned(),
            role_arn: "role".to_owned(),
            define_segment: !register,
            register_endpoints: register,
            segment_id: None,
            segment_name: None,
            external_id: None,
        };
        let job = imports
            .create(&app.into(), request)
            .await
            .expect("accepted");
        imports.run_due().await.expect("runs");
        let jobs = self.store.of::<ImportJob>();
        let job = jobs.get(app, job.id.as_str()).await.expect("reads");
        let job = job.expect("is there").value;
        assert_eq!((job.status, job.failures), (JobStatus::Completed, vec![]));
        job.definition.segment_id
    }

    async fn people(&self, count: usize) {
        let lines = (0..count).fold(String::new(), |lines, n| {
            lines
                + &format!(
                    "{{\"Id\":\"e-{n}\",\"ChannelType\":\"EMAIL\",\"Address\":\"{n}@x.example\"}}\n"
                )
        });
        self.import(APP, &lines, true).await;
    }

    async fn create(&self, request: ExportRequest) -> ExportJob {
        let created = self.jobs.create(&self.app, request).await;
        created.expect("the job is accepted")
    }

    async fn job(&self, job: &ExportJob) -> ExportJob {
        let jobs = self.store.of::<ExportJob>();
        let stored = jobs.get(APP, job.id.as_str()).await.expect("reads");
        stored.expect("the job is there").value
    }

    async fn run(&self, request: ExportRequest) -> ExportJob {
        let job = self.create(request).await;
        self.jobs.run_due().await.expect("the job runs");
        let job = self.job(&job).await;
        assert_eq!(job.status, JobStatus::Completed, "{:?}", job.failures);
        job
    }

    /// The files of a job in the folder `out`, by name.
    fn files(&self, job: &ExportJob) -> Vec<PathBuf> {
        let Ok(folder) = std::fs::read_dir(self.folder.path().join("crm/out")) else {
            return Vec::new();
        };
        let mut files: Vec<PathBuf> = folder
            .map(|entry| entry.expect("an entry").path())
            .filter(|path| path.to_string_lossy().contains(job.id.as_str()))
            .collect();
        files.sort();
        files
    }

    /// The text of all files of a job.
    fn text(&self, job: &ExportJob) -> String {
        let mut text = String::new();
        for file in self.files(job) {
            let file = std::fs::File::open(file).expect("opens");
            GzDecoder::new(file)
                .read_to_string(&mut text)
                .expect("is gzip");
            assert!(text.ends_with('\n'));
        }
        text
    }

    /// The identifiers in all files of a job, in order.
    fn ids(&self, job: &ExportJob) -> Vec<String> {
        let text = self.text(job);
        let rows = text
            .lines()
            .map(|line| serde_json::from_str(line).expect("JSON"));
        rows.map(|row: Value| row["Id"].as_str().expect("an Id").to_owned())
            .collect()
    }

    async fn endpoints(&self, app: &str) -> Vec<Endpoint> {
        let endpoints = &self.store.endpoints;
        endpoints.scan(&app.into(), 0, 10_000).await.expect("reads")
    }
}

fn buckets(folder: &TempDir) -> Buckets {
    Buckets {
        folders: [("crm".to_owned(), folder.path().join("crm"))].into(),
        ..Buckets::default()
    }
}

fn everyone() -> ExportRequest {
    ExportRequest {
        s3_url_prefix: "s3://crm/out/".to_owned(),
        role_arn: "arn:aws:iam::000000000000:role/exp".to_owned(),
        segment_id: None,
        segment_version: None,
    }
}

fn of(segment: &SegmentId) -> ExportRequest {
    ExportRequest {
        segment_id: Some(segment.clone()),
        ..everyone()
    }
}

fn small() -> ExportLimits {
    ExportLimits {
        piece_rows: 10,
        ..ExportLimits::default()
    }
}

#[tokio::test]
async fn an_export_is_imported_again() {
    let world = World::new(ExportLimits::default()).await;
    let lines = r#"{"Id":"Ada-1","ChannelType":"EMAIL","Address":"ada@example.com","OptOut":"ALL","EffectiveDate":"2026-01-02T03:04:05.678Z","RequestId":"r-1","Attributes":{"size":["M","L"],"none":[]},"Metrics":{"orders":12.5},"Demographic":{"Locale":"en_US","Timezone":"America/Lima"},"Location":{"Country":"PE","Latitude":-12,"Longitude":-77.1},"User":{"UserId":"u-1","UserAttributes":{"Name":["Ada \"é\""]}}}
{"Id":"ada-2","ChannelType":"GCM","Address":"token","User":{"UserId":"u-1"}}
{"Id":"bo","ChannelType":"SMS","Address":"+44"}
"#;
    world.import(APP, lines, true).await;
    let job = world.run(everyone()).await;
    assert_eq!(
        (job.total_pieces, job.completed_pieces, job.total_processed),
        (1, 1, 3)
    );
    let files = world.files(&job);
    assert!(files[0].ends_with(format!("{}-00001.json.gz", job.id)));

    world.import(OTHER, &world.text(&job), true).await;
    let comparable = |endpoints: Vec<Endpoint>| -> BTreeMap<String, Endpoint> {
        let same = endpoints.into_iter().map(|endpoint| Endpoint {
            app: APP.into(),
            // What a new application gives by itself.
            ordinal: 0,
            cohort: 0,
            created: endpoint.effective,
            last_active: None,
            ..endpoint
        });
        same.map(|endpoint| (endpoint.id.to_string(), endpoint))
            .collect()
    };
    assert_eq!(
        comparable(world.endpoints(APP).await),
        comparable(world.endpoints(OTHER).await)
    );
    assert_eq!(
        world
            .store
            .documents
            .count(DOCUMENT_KIND, APP)
            .await
            .unwrap(),
        0
    );
}

#[tokio::test]
async fn nobody_makes_no_file() {
    let world = World::new(ExportLimits::default()).await;
    let job = world.run(everyone()).await;
    assert_eq!(
        (job.total_pieces, job.completed_pieces, job.total_processed),
        (0, 0, 0)
    );
    assert!(world.files(&job).is_empty());
}

#[tokio::test]
async fn files_are_cut_by_rows_and_by_bytes() {
    let world = World::new(small()).await;
    world.people(35).await;
    let job = world.run(everyone()).await;
    assert_eq!(
        (job.total_pieces, job.completed_pieces, job.total_processed),
        (4, 4, 35)
    );
    assert_eq!(world.ids(&job).len(), 35);

    let limits = ExportLimits {
        piece_bytes: 1,
        ..ExportLimits::default()
    };
    let jobs = ExportJobs::new(
        world.store.clone(),
        Clock::real(),
        buckets(&world.folder),
        limits,
    );
    let job = jobs.create(&world.app, everyone()).await.unwrap();
    jobs.run_due().await.unwrap();
    assert_eq!(world.job(&job).await.completed_pieces, 1);
}

#[tokio::test]
async fn imported_segments_export_endpoints_users_and_snapshots() {
    let world = World::new(ExportLimits::default()).await;
    let known = r#"{"Id":"known","ChannelType":"SMS","Address":"+1","User":{"UserId":"u"}}
{"Id":"second","ChannelType":"SMS","Address":"+2","User":{"UserId":"u"}}
{"Id":"outside","ChannelType":"SMS","Address":"+3"}
"#;
    world.import(APP, known, true).await;
    let list = r#"{"Id":"known"}
{"User":{"UserId":"u"}}
{"Id":"shot","ChannelType":"EMAIL","Address":"s@x.example"}
"#;
    let segment = world.import(APP, list, false).await.expect("a segment");
    let job = world.run(of(&segment)).await;
    assert_eq!(job.definition.segment_version, Some(1));
    let mut ids = world.ids(&job);
    ids.sort();
    assert_eq!(ids, ["known", "second", "shot"]);
}

#[tokio::test]
async fn a_job_goes_on_after_every_possible_crash() {
    let passes = Arc::new(AtomicUsize::new(usize::MAX));
    let faults = Arc::clone(&passes);
    let world = World::over(small(), |inner| {
        let fault = Fault::Crash;
        Arc::new(Faulty {
            inner,
            passes,
            fault,
        })
    })
    .await;
    world.people(35).await;
    // Commits of a run: started, four files, the end.
    for commits in 0..6 {
        let job = world.create(everyone()).await;
        faults.store(commits, Ordering::SeqCst);
        assert!(world.jobs.run_due().await.is_err(), "{commits}");
        assert!(!world.job(&job).await.status.is_final());

        faults.store(usize::MAX, Ordering::SeqCst);
        assert_eq!(world.jobs.run_due().await.unwrap(), 1);
        let job = world.job(&job).await;
        assert_eq!(job.status, JobStatus::Completed, "{commits}");
        assert_eq!((job.total_pieces, job.total_processed), (4, 35));
        let mut ids = world.ids(&job);
        ids.sort();
        ids.dedup();
        assert_eq!(ids.len(), 35);
        assert_eq!(world.files(&job).len(), 4);
    }
}

#[tokio::test]
async fn a_job_of_a_deleted_application_leaves_nothing() {
    for commits in 0..5 {
        let passes = Arc::new(AtomicUsize::new(usize::MAX));
        let faults = Arc::clone(&passes);
        let world = World::over(small(), |inner| {
            let fault = Fault::DeleteApp {
                app: APP,
                jobs: ExportJob::KIND,
            };
            Arc::new(Faulty {
                inner,
                passes,
                fault,
            })
        })
        .await;
        world.people(35).await;
        let job = world.create(everyone()).await;
        faults.store(commits, Ordering::SeqCst);
        world.jobs.run_due().await.unwrap();
        assert!(world.files(&job).is_empty(), "{commits}");
        let left = world.store.documents.count(DOCUMENT_KIND, APP).await;
        assert_eq!(left.unwrap(), 0);
    }
}

#[tokio::test]
async fn a_job_that_cannot_write_fails_and_leaves_nothing() {
    let world = World::new(small()).await;
    world.people(35).await;
    let job = world.create(everyone()).await;
    // A folder is where the third file should be.
    let place = format!("crm/out/{}-00003.json.gz/in-the-way", job.id);
    std::fs::create_dir_all(world.folder.path().join(place)).unwrap();
    world.jobs.run_due().await.unwrap();
    let job = world.job(&job).await;
    assert_eq!(job.status, JobStatus::Failed);
    assert_eq!((job.completed_pieces, job.failed_pieces), (2, 1));
    assert!(
        job.failures[0].contains("cannot be used"),
        "{:?}",
        job.failures
    );
    assert!(world.files(&job).iter().all(|path| path.is_dir()));
}

#[tokio::test]
async fn refusals() {
    let limits = ExportLimits {
        active_jobs: 1,
        ..ExportLimits::default()
    };
    let world = World::new(limits).await;
    let refused = async |request: ExportRequest| {
        let refusal = world.jobs.create(&world.app, request).await.unwrap_err();
        refusal.to_string()
    };
    let request = ExportRequest {
        role_arn: " ".to_owned(),
        ..everyone()
    };
    assert_eq!(refused(request).await, "Missing RoleArn");
    let request = ExportRequest {
        s3_url_prefix: "crm/out".to_owned(),
        ..everyone()
    };
    assert_eq!(
        refused(request).await,
        "S3UrlPrefix: 'crm/out' is not of the form s3://bucket/prefix"
    );
    let request = ExportRequest {
        s3_url_prefix: "s3://crm/../data".to_owned(),
        ..everyone()
    };
    assert!(
        refused(request)
            .await
            .starts_with("S3UrlPrefix: bucket 'crm' cannot be used: ")
    );
    let request = ExportRequest {
        segment_version: Some(1),
        ..everyone()
    };
    assert_eq!(refused(request).await, "SegmentVersion needs SegmentId");
    let unknown = world.jobs.create(&world.app, of(&"nobody".into())).await;
    assert!(matches!(unknown, Err(ExportRefusal::NoSuchSegment(_))));
    world.create(everyone()).await;
    assert_eq!(
        refused(everyone()).await,
        "Maximum concurrent exports limit exceeded: 1"
    );
    assert_eq!(world.store.of::<Segment>().count(APP).await.unwrap(), 0);
}
