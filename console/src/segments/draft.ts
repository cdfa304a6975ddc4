/**
 * A segment while it is being edited, and its translation from and to the wire.
 *
 * The wire holds facets in maps inside maps; the builder shows them as rows. A draft keeps every
 * meaning of the wire: a group's elements are related by its `type`, the facets of one element
 * must all hold (`docs/spec/audience.md` §10.1).
 */
import type { Criteria } from "../api/beckon";
import type {
  AttributeType,
  DimensionType,
  Duration,
  Include,
  RecencyType,
  SegmentDemographics,
  SegmentDimensions,
  SegmentGroup,
  SetDimension,
  SourceType,
  Type,
} from "../generated/wire";

export type DemographicMember = keyof SegmentDemographics;

export type Facet =
  | { kind: "attribute" | "userAttribute"; name: string; operator: AttributeType; values: string[] }
  | { kind: "metric"; name: string; operator: string; value: string }
  | { kind: "demographic"; member: DemographicMember; operator: DimensionType; values: string[] }
  | { kind: "country"; operator: DimensionType; values: string[] }
  | { kind: "gps"; latitude: string; longitude: string; kilometers: string }
  | { kind: "recency"; duration: Duration; recency: RecencyType };

export type FacetKind = Facet["kind"];

export interface DraftElement {
  key: string;
  facets: { key: string; facet: Facet }[];
}

export interface DraftGroup {
  key: string;
  sources: { id: string; version?: number }[];
  sourceType: SourceType;
  type: Type;
  elements: DraftElement[];
}

export interface SegmentDraft {
  include: Include;
  groups: DraftGroup[];
}

let lastKey = 0;

/** A key for a new row; unique on this page, never sent. */
export function newKey(): string {
  lastKey += 1;
  return `k${lastKey}`;
}

export const demographicMembers: DemographicMember[] = [
  "Channel",
  "Platform",
  "AppVersion",
  "Make",
  "Model",
  "DeviceType",
];

/** A facet of `kind` with nothing filled in. */
export function emptyFacet(kind: FacetKind): Facet {
  switch (kind) {
    case "attribute":
    case "userAttribute":
      return { kind, name: "", operator: "INCLUSIVE", values: [] };
    case "metric":
      return { kind, name: "", operator: "GREATER_THAN_OR_EQUAL", value: "" };
    case "demographic":
      return { kind, member: "Channel", operator: "INCLUSIVE", values: [] };
    case "country":
      return { kind, operator: "INCLUSIVE", values: [] };
    case "gps":
      return { kind, latitude: "", longitude: "", kilometers: "50" };
    case "recency":
      return { kind, duration: "DAY_7", recency: "ACTIVE" };
  }
}

export function newElement(kind: FacetKind): DraftElement {
  return { key: newKey(), facets: [{ key: newKey(), facet: emptyFacet(kind) }] };
}

export function newGroup(): DraftGroup {
  return { key: newKey(), sources: [], sourceType: "ANY", type: "ALL", elements: [] };
}

export function emptyDraft(): SegmentDraft {
  return { include: "ALL", groups: [newGroup()] };
}

function isNumber(text: string): boolean {
  return text.trim() !== "" && Number.isFinite(Number(text));
}

function isDate(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}/.test(text) && !Number.isNaN(Date.parse(text));
}

const dateOperators = new Set<AttributeType>(["BEFORE", "AFTER", "ON", "BETWEEN", "NOT_BETWEEN"]);

/** Whether `operator` compares instants. */
export function comparesDates(operator: AttributeType): boolean {
  return dateOperators.has(operator);
}

function problemOfValues(operator: AttributeType, values: string[]): string | undefined {
  if (values.length === 0) return "Choose at least one value.";
  if (values.some((value) => value.length > 100)) return "A value may have at most 100 characters.";
  if (!comparesDates(operator)) return undefined;
  if (!values.every(isDate)) return "Give dates as 2026-03-04 or 2026-03-04T05:06:07Z.";
  const range = operator === "BETWEEN" || operator === "NOT_BETWEEN";
  return range && values.length !== 2 ? "Give exactly two dates." : undefined;
}

/** What still keeps a facet from being evaluated; `undefined` when it is complete. */
export function problemOf(facet: Facet): string | undefined {
  switch (facet.kind) {
    case "attribute":
    case "userAttribute":
      return facet.name === "" ? "Choose an attribute." : problemOfValues(facet.operator, facet.values);
    case "metric":
      if (facet.name === "") return "Choose a metric.";
      return isNumber(facet.value) ? undefined : "Give a number.";
    case "demographic":
    case "country":
      return facet.values.length === 0 ? "Choose at least one value." : undefined;
    case "gps": {
      const inRange = (text: string, limit: number) => isNumber(text) && Math.abs(Number(text)) <= limit;
      if (!inRange(facet.latitude, 90)) return "Give a latitude from -90 to 90.";
      if (!inRange(facet.longitude, 180)) return "Give a longitude from -180 to 180.";
      return isNumber(facet.kilometers) && Number(facet.kilometers) > 0 ? undefined : "Give a radius above 0 km.";
    }
    case "recency":
      return undefined;
  }
}

/** The place of a facet inside one element of the wire: two facets with one place cannot both stand. */
function placeOf(facet: Facet): string {
  switch (facet.kind) {
    case "attribute":
    case "userAttribute":
    case "metric":
      return `${facet.kind}:${facet.name}`;
    case "demographic":
      return `demographic:${facet.member}`;
    case "country":
    case "gps":
    case "recency":
      return facet.kind;
  }
}

export interface Problem {
  /** Key of the facet row. */
  key: string;
  message: string;
}

/** Everything that keeps the draft from being saved. */
export function problems(draft: SegmentDraft): Problem[] {
  const found: Problem[] = [];
  for (const group of draft.groups) {
    for (const element of group.elements) {
      const places = new Set<string>();
      for (const { key, facet } of element.facets) {
        const place = placeOf(facet);
        const message = places.has(place)
          ? "This criterion already stands in the same condition; add it as a condition of its own."
          : problemOf(facet);
        places.add(place);
        if (message !== undefined) found.push({ key, message });
      }
    }
  }
  return found;
}

function dimensionsOf(facets: Facet[]): SegmentDimensions {
  const dimensions: SegmentDimensions = {};
  for (const facet of facets) {
    switch (facet.kind) {
      case "attribute":
        (dimensions.Attributes ??= {})[facet.name] = { AttributeType: facet.operator, Values: facet.values };
        break;
      case "userAttribute":
        (dimensions.UserAttributes ??= {})[facet.name] = { AttributeType: facet.operator, Values: facet.values };
        break;
      case "metric":
        (dimensions.Metrics ??= {})[facet.name] = { ComparisonOperator: facet.operator, Value: Number(facet.value) };
        break;
      case "demographic":
        (dimensions.Demographic ??= {})[facet.member] = { DimensionType: facet.operator, Values: facet.values };
        break;
      case "country":
        (dimensions.Location ??= {}).Country = { DimensionType: facet.operator, Values: facet.values };
        break;
      case "gps":
        (dimensions.Location ??= {}).GPSPoint = {
          Coordinates: { Latitude: Number(facet.latitude), Longitude: Number(facet.longitude) },
          RangeInKilometers: Number(facet.kilometers),
        };
        break;
      case "recency":
        dimensions.Behavior = { Recency: { Duration: facet.duration, RecencyType: facet.recency } };
        break;
    }
  }
  return dimensions;
}

/**
 * The criteria of the wire. Incomplete facets are left out, so that a size can be shown while
 * typing; `problems` says whether there are any.
 */
export function toCriteria(draft: SegmentDraft): Criteria {
  const groups = draft.groups.map((group): SegmentGroup => {
    const elements = group.elements
      .map((element) => element.facets.map(({ facet }) => facet).filter((facet) => problemOf(facet) === undefined))
      .filter((facets) => facets.length > 0);
    return {
      SourceType: group.sourceType,
      SourceSegments: group.sources.map(({ id, version }) =>
        version === undefined ? { Id: id } : { Id: id, Version: version },
      ),
      Type: group.type,
      Dimensions: elements.map(dimensionsOf),
    };
  });
  return { SegmentGroups: { Include: draft.include, Groups: groups } };
}

function setFacet(dimension: SetDimension): { operator: DimensionType; values: string[] } {
  return { operator: dimension.DimensionType ?? "INCLUSIVE", values: dimension.Values };
}

function facetsOf(dimensions: SegmentDimensions): Facet[] {
  const facets: Facet[] = [];
  const maps = [
    ["attribute", dimensions.Attributes],
    ["userAttribute", dimensions.UserAttributes],
  ] as const;
  for (const [kind, map] of maps) {
    for (const [name, { AttributeType: operator = "INCLUSIVE", Values: values }] of Object.entries(map ?? {})) {
      facets.push({ kind, name, operator, values });
    }
  }
  for (const [name, { ComparisonOperator: operator, Value: value }] of Object.entries(dimensions.Metrics ?? {})) {
    facets.push({ kind: "metric", name, operator, value: String(value) });
  }
  for (const member of demographicMembers) {
    const dimension = dimensions.Demographic?.[member];
    if (dimension !== undefined) facets.push({ kind: "demographic", member, ...setFacet(dimension) });
  }
  const { Country: country, GPSPoint: point } = dimensions.Location ?? {};
  if (country !== undefined) facets.push({ kind: "country", ...setFacet(country) });
  if (point !== undefined) {
    facets.push({
      kind: "gps",
      latitude: String(point.Coordinates.Latitude),
      longitude: String(point.Coordinates.Longitude),
      kilometers: String(point.RangeInKilometers ?? 10),
    });
  }
  const recency = dimensions.Behavior?.Recency;
  if (recency !== undefined) {
    facets.push({ kind: "recency", duration: recency.Duration, recency: recency.RecencyType });
  }
  return facets;
}

function elementOf(dimensions: SegmentDimensions): DraftElement {
  return { key: newKey(), facets: facetsOf(dimensions).map((facet) => ({ key: newKey(), facet })) };
}

/** The draft that shows `criteria`; the short form with `Dimensions` alone is one group. */
export function fromCriteria(criteria: Criteria): SegmentDraft {
  const groups: SegmentGroup[] =
    criteria.SegmentGroups?.Groups ?? (criteria.Dimensions === undefined ? [] : [{ Dimensions: [criteria.Dimensions] }]);
  return {
    include: criteria.SegmentGroups?.Include ?? "ALL",
    groups: groups.map((group) => ({
      key: newKey(),
      sources: (group.SourceSegments ?? []).map(({ Id: id, Version: version }) => ({ id, version })),
      sourceType: group.SourceType ?? "ALL",
      type: group.Type ?? "ALL",
      elements: (group.Dimensions ?? []).map(elementOf).filter((element) => element.facets.length > 0),
    })),
  };
}
