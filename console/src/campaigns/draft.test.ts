import { expect, test } from "vitest";
import type { CampaignResponse } from "../generated/wire";
import { channelsOf, configurationOf, contentOf, emptyCard, emptyTransport, transportFrom, writtenContent } from "./content";
import type { Channel, Content } from "./content";
import * as draft from "./draft";
import type { CampaignDraft } from "./draft";

function sample(): CampaignDraft {
  return {
    ...draft.emptyDraft(),
    name: " Spring ",
    segmentId: "seg",
    holdout: "10",
    treatments: [
      { name: "A", share: "", content: { kind: "template", template: "spring", version: "" } },
      { name: "B", share: "45", content: { kind: "EMAIL", subject: "Hi", html: "<p>x</p>", text: "" } },
    ],
  };
}

function stored(part: Partial<CampaignResponse>): CampaignResponse {
  return {
    ApplicationId: "app",
    Arn: "arn",
    CreationDate: "",
    LastModifiedDate: "",
    Id: "c",
    SegmentId: "seg",
    SegmentVersion: 1,
    Name: "Spring",
    ...part,
  };
}

const now = new Date("2031-03-01T10:00:00Z");

test("an immediate A/B campaign with holdout", () => {
  expect(draft.toRequest(sample())).toEqual({
    Name: "Spring",
    SegmentId: "seg",
    HoldoutPercent: 10,
    TreatmentName: "A",
    TemplateConfiguration: { EmailTemplate: { Name: "spring" } },
    AdditionalTreatments: [
      {
        TreatmentName: "B",
        SizePercent: 45,
        MessageConfiguration: { EmailMessage: { Title: "Hi", HtmlBody: "<p>x</p>" } },
      },
    ],
    Schedule: { StartTime: "IMMEDIATE", Frequency: "ONCE" },
    Limits: {},
  });
});

test("limits, a pinned template, a sender, a hook and a treatment with a time of its own", () => {
  const base = sample();
  const weekly = { ...base.schedule, kind: "WEEKLY" as const, date: "2031-03-03", time: "18:00", zone: "UTC+02", localTime: true };
  const request = draft.toRequest({
    ...base,
    transport: { ...base.transport, fromAddress: "news@example.com" },
    treatments: [
      { name: "A", share: "", content: { kind: "template", template: "t", version: "3" } },
      { name: "B", share: "20", content: { kind: "template", template: "u", version: "" }, schedule: weekly },
    ],
    limits: { daily: "2", total: "", perSecond: "500", duration: "3600", session: "4" },
    hook: { kind: "url", target: "https://hooks.example/f" },
  });
  expect(request.Limits).toEqual({ Daily: 2, MessagesPerSecond: 500, MaximumDuration: 3600 });
  expect(request.TemplateConfiguration).toEqual({ EmailTemplate: { Name: "t", Version: "3" } });
  expect(request.MessageConfiguration).toEqual({ EmailMessage: { FromAddress: "news@example.com" } });
  expect(request.Hook).toEqual({ WebUrl: "https://hooks.example/f", Mode: "FILTER" });
  expect(request.AdditionalTreatments?.[0]?.Schedule).toEqual({
    StartTime: "2031-03-03T16:00:00.000Z",
    Frequency: "WEEKLY",
    Timezone: "UTC+02",
    IsLocalTime: true,
  });
});

const contents: [Channel, Content][] = [
  ["EMAIL", { kind: "EMAIL", subject: "Hi", html: "<p>x</p>", text: "x" }],
  ["PUSH", { kind: "PUSH", title: "Hi", body: "x", action: "URL", url: "https://a.example", imageUrl: "https://a.example/i.png", silent: true, raw: "" }],
  ["SMS", { kind: "SMS", body: "Hi" }],
  ["CUSTOM", { kind: "CUSTOM", data: '{"offer":7}' }],
  ["IN_APP", { kind: "IN_APP", layout: "CAROUSEL", cards: [{ ...emptyCard(), header: "Hi", primary: { text: "Go", action: "LINK", link: "https://a.example" } }, { ...emptyCard(), body: "x" }], customConfig: { k: "v" } }],
  ["PUSH", { kind: "template", template: "p", version: "2" }],
  ["SMS", { kind: "template", template: "s", version: "" }],
  ["IN_APP", { kind: "template", template: "i", version: "" }],
];

test.each(contents)("content for %s comes back as it was written", (channel, content) => {
  const written: CampaignDraft = { ...draft.onChannel(draft.emptyDraft(), channel), name: "n", segmentId: "seg" };
  const transport = { ...written.transport, deliveryUri: "https://hooks.example", endpointTypes: ["CUSTOM" as const] };
  const full = {
    ...written,
    transport: channel === "CUSTOM" ? transport : { ...written.transport, timeToLive: channel === "PUSH" ? "60" : "" },
    treatments: [{ name: "A", share: "", content }],
  };
  const request = draft.toRequest(full);
  const back = draft.draftOf(stored(request as Partial<CampaignResponse>));
  expect(back.channel).toBe(channel);
  expect(back.treatments[0]?.content).toEqual(content);
  expect(back.transport).toEqual(full.transport);
  expect(draft.changes(back, full).MessageConfiguration).toBeUndefined();
});

test("another channel drops the content and takes a schedule that fits", () => {
  const inApp = draft.onChannel(sample(), "IN_APP");
  expect(inApp.schedule.kind).toBe("IN_APP_EVENT");
  expect(inApp.treatments.map(({ content }) => content)).toEqual(Array(2).fill({ kind: "template", template: "", version: "" }));
  expect(draft.onChannel(inApp, "CUSTOM").schedule.kind).toBe("IMMEDIATE");
  expect(draft.onChannel(inApp, "CUSTOM").treatments[0]?.content).toEqual(writtenContent("CUSTOM"));
});

test("shares and their problems", () => {
  expect(draft.defaultShare(sample())).toBe(45);
  expect(draft.messageProblems(sample())).toEqual({});
  const greedy = { ...sample(), holdout: "60" };
  expect(draft.messageProblems(greedy)).toHaveProperty("shares");
  expect(draft.messageProblems({ ...sample(), holdout: "1.5" })).toHaveProperty("holdout");
});

test("missing parts are named by field", () => {
  const empty = draft.emptyDraft();
  expect(draft.basicsProblems(empty)).toHaveProperty("name");
  expect(draft.audienceProblems(empty)).toHaveProperty("segment");
  expect(draft.messageProblems(empty)).toEqual({ "treatment.0.content": "Choose a template." });
  expect(draft.limitsProblems({ ...empty, limits: { ...empty.limits, duration: "59" } })).toHaveProperty("duration");
  expect(draft.limitsProblems({ ...empty, hook: { kind: "function", target: " " } })).toHaveProperty("hook");
  expect(draft.limitsProblems({ ...empty, safety: { ...empty.safety, canaryPercent: "51" } })).toHaveProperty("canaryPercent");
  expect(draft.messageProblems(draft.onChannel(empty, "CUSTOM"))).toHaveProperty("transport");
});

test("the times of treatments are held against the clock, those of an edited campaign only if they moved", () => {
  const late = { ...draft.emptyDraft().schedule, kind: "DAILY" as const, date: "2031-03-01", time: "09:59" };
  const own: CampaignDraft = { ...sample(), treatments: sample().treatments.map((one) => ({ ...one, schedule: late })) };
  expect(draft.timeProblems(own, now)).toEqual({ "treatment.1.start": "This time has passed." });
  expect(draft.timeProblems(own, now, own)).toEqual({});
});

test("safety is set only where there is any", () => {
  const { safety } = draft.emptyDraft();
  expect(draft.safetyOf(sample())).toBeUndefined();
  expect(draft.safetyOf({ ...sample(), safety: { ...safety, canaryPercent: "5", holdMinutes: "30", complaint: "0.1" } })).toEqual({
    canary: { percent: 5, holdMinutes: 30 },
    brake: { complaintPercent: 0.1, minimum: 100 },
    resendInDoubt: false,
  });
});

test("a copy asks for a start that has passed again and resolves inherited content", () => {
  const campaign = stored({
    HoldoutPercent: 5,
    TemplateConfiguration: { EmailTemplate: { Name: "spring" } },
    AdditionalTreatments: [{ Id: "1", SizePercent: 30 }],
    Schedule: { StartTime: "2020-01-01T00:00:00Z" },
    Limits: { MessagesPerSecond: 10 },
  });
  const copy = draft.copyOf(campaign, now);
  expect(copy.name).toBe("Spring (copy)");
  expect(copy.schedule.kind).toBe("IMMEDIATE");
  expect(copy.treatments[1]).toEqual({
    name: "B",
    share: "30",
    content: { kind: "template", template: "spring", version: "" },
  });
  expect(copy.limits.perSecond).toBe("10");
  const daily = draft.copyOf({ ...campaign, Schedule: { StartTime: "2031-04-01T00:00:00Z", Frequency: "DAILY" } }, now);
  expect(daily.schedule).toMatchObject({ kind: "DAILY", date: "2031-04-01", time: "00:00" });
});

test("an update sends what changed, and empties what is gone", () => {
  const before = { ...sample(), description: "old", hook: { kind: "url" as const, target: "https://h.example" } };
  const after = { ...before, description: "", name: "Summer", hook: { kind: "none" as const, target: "" } };
  expect(draft.changes(before, before)).toEqual({});
  expect(draft.changes(before, after)).toEqual({ Name: "Summer", Description: "", Hook: {} });
});

test("a push message reaches nobody by text message", () => {
  const push = { kind: "PUSH", title: "Sale", body: "Today", action: "OPEN_APP", url: "", imageUrl: "", silent: false, raw: "" } as const;
  const { MessageConfiguration = {} } = configurationOf("PUSH", push, { ...emptyTransport(), timeToLive: "60" });
  const message = { Title: "Sale", Body: "Today", Action: "OPEN_APP" as const, TimeToLive: 60 };
  expect(MessageConfiguration).toEqual({ APNSMessage: message, GCMMessage: message, ADMMessage: message, BaiduMessage: message });
  expect(channelsOf({ MessageConfiguration })).toEqual(["PUSH"]);
  expect(contentOf("PUSH", { MessageConfiguration })).toEqual(push);
  expect(transportFrom(MessageConfiguration).timeToLive).toBe("60");
  expect(channelsOf({ MessageConfiguration: { DefaultMessage: message } })).toEqual(["PUSH", "SMS"]);
});
