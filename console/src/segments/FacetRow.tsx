/** The controls of one criterion. */
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import { useAttributeNames } from "../api/queries";
import type { AttributeType, DimensionType, Duration, RecencyType } from "../generated/wire";
import { attributeOperators, demographicName, durations, metricOperators, setOperators } from "./describe";
import { comparesDates, demographicMembers, emptyFacet } from "./draft";
import type { DemographicMember, Facet, FacetKind } from "./draft";
import { Choice, Name, options, Values } from "./fields";
import "./facet-row.css";

export const facetKinds: { value: FacetKind; label: string }[] = [
  { value: "attribute", label: "Endpoint attribute" },
  { value: "userAttribute", label: "User attribute" },
  { value: "metric", label: "Metric" },
  { value: "demographic", label: "Device or channel" },
  { value: "country", label: "Country" },
  { value: "gps", label: "Near a place" },
  { value: "recency", label: "Activity" },
];

function Text({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  return <Input ariaLabel={label} placeholder={label} inputMode="decimal" value={value} onChange={({ detail }) => onChange(detail.value)} />;
}

const DATE_HINT = "2026-03-04";

interface Props {
  app: string;
  facet: Facet;
  /** Shown under the controls. */
  problem?: string;
  onChange: (facet: Facet) => void;
}

function Controls({ app, facet, onChange }: Props) {
  const names = useAttributeNames(app);
  switch (facet.kind) {
    case "attribute":
    case "userAttribute": {
      const known = facet.kind === "attribute" ? names.data?.attributes : names.data?.userAttributes;
      const kind = facet.kind === "attribute" ? "attributes" : "userAttributes";
      const dates = comparesDates(facet.operator);
      return (
        <>
          <Name label="Attribute" value={facet.name} names={known ?? []} onChange={(name) => onChange({ ...facet, name })} />
          <Choice
            label="Operator"
            value={facet.operator}
            options={options(attributeOperators)}
            onChange={(operator) => onChange({ ...facet, operator: operator as AttributeType })}
          />
          <Values
            app={app}
            label="Values"
            source={facet.name === "" || dates ? undefined : `${kind}/${encodeURIComponent(facet.name)}`}
            placeholder={dates ? DATE_HINT : undefined}
            values={facet.values}
            onChange={(values) => onChange({ ...facet, values })}
          />
        </>
      );
    }
    case "metric":
      return (
        <>
          <Name label="Metric name" value={facet.name} names={names.data?.metrics ?? []} onChange={(name) => onChange({ ...facet, name })} />
          <Choice
            label="Operator"
            value={facet.operator}
            options={options(metricOperators)}
            onChange={(operator) => onChange({ ...facet, operator })}
          />
          <Text label="Number" value={facet.value} onChange={(value) => onChange({ ...facet, value })} />
        </>
      );
    case "demographic":
      return (
        <>
          <Choice
            label="Property"
            value={facet.member}
            options={demographicMembers.map((value) => ({ value, label: demographicName(value) }))}
            onChange={(member) => onChange({ ...facet, member: member as DemographicMember, values: [] })}
          />
          <Choice
            label="Operator"
            value={facet.operator}
            options={options(setOperators)}
            onChange={(operator) => onChange({ ...facet, operator: operator as DimensionType })}
          />
          <Values
            app={app}
            label="Values"
            source={facet.member === "DeviceType" ? "Model/-" : `${facet.member}/-`}
            values={facet.values}
            onChange={(values) => onChange({ ...facet, values })}
          />
        </>
      );
    case "country":
      return (
        <>
          <Choice
            label="Operator"
            value={facet.operator}
            options={options(setOperators)}
            onChange={(operator) => onChange({ ...facet, operator: operator as DimensionType })}
          />
          <Values app={app} label="Values" source="Country/-" values={facet.values} onChange={(values) => onChange({ ...facet, values })} />
        </>
      );
    case "gps":
      return (
        <>
          <Text label="Latitude" value={facet.latitude} onChange={(latitude) => onChange({ ...facet, latitude })} />
          <Text label="Longitude" value={facet.longitude} onChange={(longitude) => onChange({ ...facet, longitude })} />
          <Text label="Radius in km" value={facet.kilometers} onChange={(kilometers) => onChange({ ...facet, kilometers })} />
        </>
      );
    case "recency":
      return (
        <>
          <Choice
            label="Activity"
            value={facet.recency}
            options={[
              { value: "ACTIVE", label: "was active" },
              { value: "INACTIVE", label: "was not active" },
            ]}
            onChange={(recency) => onChange({ ...facet, recency: recency as RecencyType })}
          />
          <Choice
            label="Period"
            value={facet.duration}
            options={Object.entries(durations).map(([value, label]) => ({ value, label: `in the last ${label}` }))}
            onChange={(duration) => onChange({ ...facet, duration: duration as Duration })}
          />
        </>
      );
  }
}

export function FacetRow(props: Props) {
  const { facet, problem, onChange } = props;
  return (
    <FormField stretch errorText={problem}>
      <div className="facet-row">
        <Choice
          label="Kind of criterion"
          value={facet.kind}
          options={facetKinds}
          onChange={(kind) => onChange(emptyFacet(kind as FacetKind))}
        />
        <Controls {...props} />
      </div>
    </FormField>
  );
}
