import { expect, test } from "vitest";
import type { CampaignResponse } from "../generated/wire";
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
      { name: "B", share: "45", content: { kind: "inline", subject: "Hi", html: "<p>x</p>", text: "" } },
    ],
  };
}

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

test("a one-time campaign in UTC with limits, a pinned template and a sender", () => {
  const request = draft.toRequest({
    ...sample(),
    fromAddress: "news@example.com",
    treatments: [{ name: "A", share: "", content: { kind: "template", template: "t", version: "3" } }],
    start: "once",
    date: "2031-03-01",
    time: "09:30",
    zone: "UTC",
    limits: { daily: "2", total: "", perSecond: "500", duration: "3600" },
  });
  expect(request.Schedule).toEqual({ StartTime: "2031-03-01T09:30:00.000Z", Frequency: "ONCE" });
  expect(request.Limits).toEqual({ Daily: 2, MessagesPerSecond: 500, MaximumDuration: 3600 });
  expect(request.TemplateConfiguration).toEqual({ EmailTemplate: { Name: "t", Version: "3" } });
  expect(request.MessageConfiguration).toEqual({ EmailMessage: { FromAddress: "news@example.com" } });
  expect(request.TreatmentName).toBeUndefined();
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
  const now = new Date("2031-03-01T10:00:00Z");
  const once: CampaignDraft = { ...empty, start: "once", zone: "UTC" };
  expect(draft.scheduleProblems(once, now)).toEqual({ start: "Give a date and a time." });
  expect(draft.scheduleProblems({ ...once, date: "2031-03-01", time: "09:59" }, now)).toEqual({
    start: "This time has passed.",
  });
  expect(draft.limitsProblems({ ...empty, limits: { ...empty.limits, duration: "59" } })).toHaveProperty("duration");
});

test("a copy asks for the start again and resolves inherited content", () => {
  const campaign: CampaignResponse = {
    ApplicationId: "app",
    Arn: "arn",
    CreationDate: "",
    LastModifiedDate: "",
    Id: "c",
    SegmentId: "seg",
    SegmentVersion: 1,
    Name: "Spring",
    HoldoutPercent: 5,
    TemplateConfiguration: { EmailTemplate: { Name: "spring" } },
    AdditionalTreatments: [{ Id: "1", SizePercent: 30 }],
    Schedule: { StartTime: "2020-01-01T00:00:00Z" },
    Limits: { MessagesPerSecond: 10 },
  };
  const copy = draft.copyOf(campaign);
  expect(copy.name).toBe("Spring (copy)");
  expect(copy.start).toBe("immediate");
  expect(copy.treatments[1]).toEqual({
    name: "B",
    share: "30",
    content: { kind: "template", template: "spring", version: "" },
  });
  expect(copy.limits.perSecond).toBe("10");
});
