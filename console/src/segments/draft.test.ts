import { expect, test } from "vitest";
import type { Criteria } from "../api/beckon";
import { describeFacet } from "./describe";
import { emptyDraft, fromCriteria, newElement, problems, toCriteria } from "./draft";
import type { Facet, SegmentDraft } from "./draft";

const everyFacet: Criteria = {
  SegmentGroups: {
    Include: "ANY",
    Groups: [
      {
        SourceType: "NONE",
        SourceSegments: [{ Id: "9a1b" }, { Id: "77aa", Version: 3 }],
        Type: "NONE",
        Dimensions: [
          {
            Attributes: { plan: { AttributeType: "EXCLUSIVE", Values: ["gold", "platinum"] } },
            UserAttributes: { since: { AttributeType: "BETWEEN", Values: ["2026-01-01", "2026-02-01"] } },
            Metrics: { orders: { ComparisonOperator: "GREATER_THAN_OR_EQUAL", Value: 10 } },
            Demographic: { Channel: { DimensionType: "INCLUSIVE", Values: ["EMAIL"] } },
            Location: {
              Country: { DimensionType: "EXCLUSIVE", Values: ["DE"] },
              GPSPoint: { Coordinates: { Latitude: 52.5, Longitude: 13.4 }, RangeInKilometers: 50 },
            },
            Behavior: { Recency: { Duration: "DAY_7", RecencyType: "INACTIVE" } },
          },
          { Attributes: { plan: { AttributeType: "CONTAINS", Values: ["x"] } } },
        ],
      },
    ],
  },
};

function draftOf(facet: Facet): SegmentDraft {
  const draft = emptyDraft();
  draft.groups[0]?.elements.push({ key: "e", facets: [{ key: "f", facet }] });
  return draft;
}

test("criteria survive the way into the builder and back", () => {
  expect(toCriteria(fromCriteria(everyFacet))).toEqual(everyFacet);
});

test("the short form becomes one group whose element must match", () => {
  const { Groups: groups } = toCriteria(
    fromCriteria({ Dimensions: { Attributes: { a: { Values: ["1"] } } } }),
  ).SegmentGroups!;
  expect(groups).toEqual([
    {
      SourceType: "ALL",
      SourceSegments: [],
      Type: "ALL",
      Dimensions: [{ Attributes: { a: { AttributeType: "INCLUSIVE", Values: ["1"] } } }],
    },
  ]);
});

test("an empty draft means everyone and says so explicitly", () => {
  const { SegmentGroups: groups } = toCriteria(emptyDraft());
  expect(groups?.Groups).toEqual([{ SourceType: "ANY", SourceSegments: [], Type: "ALL", Dimensions: [] }]);
});

test("incomplete criteria are named and left out of the criteria", () => {
  const draft = emptyDraft();
  draft.groups[0]?.elements.push(newElement("attribute"), newElement("recency"));
  expect(problems(draft).map(({ message }) => message)).toEqual(["Choose an attribute."]);
  expect(toCriteria(draft).SegmentGroups?.Groups?.[0]?.Dimensions).toEqual([
    { Behavior: { Recency: { Duration: "DAY_7", RecencyType: "ACTIVE" } } },
  ]);
});

test.each<[Facet, string | undefined]>([
  [{ kind: "metric", name: "orders", operator: "EQUAL", value: "ten" }, "Give a number."],
  [{ kind: "metric", name: "orders", operator: "EQUAL", value: "-1.5" }, undefined],
  [{ kind: "attribute", name: "d", operator: "BETWEEN", values: ["2026-01-01"] }, "Give exactly two dates."],
  [{ kind: "attribute", name: "d", operator: "AFTER", values: ["soon"] }, "Give dates as 2026-03-04 or 2026-03-04T05:06:07Z."],
  [{ kind: "gps", latitude: "91", longitude: "0", kilometers: "1" }, "Give a latitude from -90 to 90."],
  [{ kind: "gps", latitude: "9", longitude: "0", kilometers: "0" }, "Give a radius above 0 km."],
  [{ kind: "country", operator: "INCLUSIVE", values: [] }, "Choose at least one value."],
])("problem of %o", (facet, message) => {
  expect(problems(draftOf(facet))[0]?.message).toBe(message);
});

test("two facets of one element cannot share a place on the wire", () => {
  const facet: Facet = { kind: "attribute", name: "plan", operator: "INCLUSIVE", values: ["gold"] };
  const draft = draftOf(facet);
  draft.groups[0]?.elements[0]?.facets.push({ key: "g", facet: { ...facet, values: ["blue"] } });
  expect(problems(draft).map(({ key }) => key)).toEqual(["g"]);
});

test("facets read as sentences", () => {
  const facets = fromCriteria(everyFacet).groups[0]?.elements[0]?.facets.map(({ facet }) => describeFacet(facet));
  expect(facets).toEqual([
    "plan is not gold or platinum",
    "user's since is between 2026-01-01 and 2026-02-01",
    "orders is at least 10",
    "Channel is EMAIL",
    "Country is not DE",
    "within 50 km of 52.5, 13.4",
    "not active in the last 7 days",
  ]);
});
