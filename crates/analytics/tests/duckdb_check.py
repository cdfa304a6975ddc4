#!/usr/bin/env python3
"""Recomputes answers of analytics with DuckDB over the same Parquet files.

    cargo run -p analytics --example duckdb_world -- FOLDER [SEED]
    python3 crates/analytics/tests/duckdb_check.py FOLDER

FOLDER is a data folder with `analytics/manifest.json` and `expected.json`. Exits with 1 and says
what differs. Needs the package `duckdb`.
"""

import json
import pathlib
import sys

import duckdb

# One row per message of campaign-1 by mail (docs/spec/analytics.md §1.2).
MESSAGES = """
    select message_id,
           min(t) filter (type = '_email.send') as sent_at,
           arg_min(activity_id, t) filter (type = '_email.send') as activity_id,
           arg_min(endpoint_no, t) filter (type = '_email.send') as endpoint_no,
           count(*) filter (type = '_email.hardbounce') as hard,
           count(*) filter (type = '_email.open') as opens
    from ev
    where src = 'S' and channel = 'EMAIL' and campaign_id = 'campaign-1'
      and type like '\\_email.%' escape '\\'
    group by message_id
    having sent_at is not null
"""

DAY = "strftime(t at time zone 'UTC', '%Y-%m-%d')"
HOUR = "strftime(date_trunc('hour', t at time zone 'UTC'), '%Y-%m-%dT%H:00:00.000Z')"
PERSON = "coalesce('u' || user_id, '~' || endpoint_no)"
OPENED = "type = '_session.start' and src = 'C'"


def hourly(kind):
    return f"""
        select m.activity_id, count(distinct (e.message_id, date_trunc('hour', e.t at time zone 'UTC')))
        from ev e join ({MESSAGES}) m using (message_id)
        where e.src = 'S' and e.type = '{kind}' group by 1
    """


QUERIES = {
    "events_by_type": "select type, count(*) from ev group by 1",
    "daily_active_endpoints": f"select {DAY}, count(distinct endpoint_no) from ev where {OPENED} group by 1",
    "daily_active_users": f"select {DAY}, count(distinct {PERSON}) from ev where {OPENED} group by 1",
    "active_users": f"select '', count(distinct {PERSON}) from ev where {OPENED}",
    "sessions_by_hour": f"select {HOUR}, count(*) from ev where {OPENED} group by 1",
    "dark_by_day": f"select {DAY}, count(*) from ev where attrs['theme'] = 'dark' group by 1",
    "revenue_by_day": f"select {DAY}, sum(metrics['_item_price']) from ev where metrics['_item_price'] is not null group by 1",
    "sent": f"select activity_id, count(*) from ({MESSAGES}) group by 1",
    "delivered": f"select activity_id, count(*) from ({MESSAGES}) where hard = 0 group by 1",
    "opened": f"select activity_id, count(*) from ({MESSAGES}) where hard = 0 and opens > 0 group by 1",
    "opens": hourly("_email.open"),
    "clicks": hourly("_email.click"),
    "endpoints_delivered": f"select activity_id, count(distinct endpoint_no) from ({MESSAGES}) where hard = 0 group by 1",
}


def main(folder):
    analytics = folder / "analytics"
    expected = json.loads((folder / "expected.json").read_text())
    manifest = json.loads((analytics / "manifest.json").read_text())
    files = [
        str(analytics / rows["file"])
        for app in manifest["apps"].values()
        for day in app["days"].values()
        for rows in day["rows"]
    ]
    db = duckdb.connect()
    db.execute("set timezone = 'UTC'")
    db.execute("create view everything as select * from read_parquet($files, hive_partitioning = true)"
               .replace("$files", json.dumps(files).replace('"', "'")))
    failures = []
    (rows,) = db.execute("select count(*) from everything").fetchone()
    (different,) = db.execute("select count(distinct rid) from everything").fetchone()
    if not rows == different == expected["rows"]:
        failures.append(f"rows: {expected['rows']} written, {rows} found, {different} different")
    (misplaced,) = db.execute(
        f"select count(*) from everything where {DAY} != day::varchar or app_id != app"
    ).fetchone()
    if misplaced:
        failures.append(f"{misplaced} rows lie in the folder of another day or application")
    db.execute(f"create view ev as select * from everything where app_id = '{expected['app']}'")
    for name, query in QUERIES.items():
        found = {group: float(value) for group, value in db.execute(query).fetchall()}
        # Groups in which nothing was counted may be present with 0.
        wanted = {group: value for group, value in expected["answers"][name].items() if value}
        found = {group: value for group, value in found.items() if value}
        if found != wanted:
            failures.append(f"{name}: wanted {wanted}, DuckDB found {found}")
    missing = set(expected["answers"]) - set(QUERIES)
    if missing:
        failures.append(f"no query for {sorted(missing)}")
    for failure in failures:
        print(failure)
    print(f"{len(QUERIES)} answers over {rows} rows in {len(files)} files: "
          + ("FAILED" if failures else "equal"))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(pathlib.Path(sys.argv[1])))
