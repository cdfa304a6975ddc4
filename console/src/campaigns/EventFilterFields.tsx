/** Builds the filter of a campaign that waits for events: which ones, with which attributes and metrics. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import RadioGroup from "@cloudscape-design/components/radio-group";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../api/client";
import type { EventCounts } from "../api/beckon";
import { Actions } from "../components/Page";
import { lastDays } from "../components/PeriodSelect";
import type { AttributeType, DimensionType, FilterType } from "../generated/wire";
import { attributeOperators, metricOperators, setOperators } from "../segments/describe";
import { Choice, options, ValueList, Values } from "../segments/fields";
import type { FilterAttribute, FilterDraft, FilterMetric } from "./schedule";
import "../segments/facet-row.css";

/** Events that the server makes itself (`docs/spec/events.md`). */
const systemEvents = [
  "_email.send",
  "_email.delivered",
  "_email.open",
  "_email.click",
  "_email.hardbounce",
  "_email.softbounce",
  "_email.complaint",
  "_email.rejected",
  "_email.unsubscribe",
  "_SMS.BUFFERED",
  "_SMS.SUCCESS",
  "_SMS.FAILURE",
  "_SMS.OPTOUT",
];

interface Props {
  app: string;
  filter: FilterDraft;
  /** Events of the server cannot show an in-app message. */
  onlyEndpoints: boolean;
  problem?: string;
  onChange: (filter: FilterDraft) => void;
}

function useReportedEvents(app: string) {
  const [period] = useState(() => lastDays(30, new Date()));
  return useQuery({
    queryKey: ["analytics", app, "events", "names"],
    queryFn: ({ signal }) => beckon<EventCounts>(`/apps/${app}/analytics/events`, { query: period, signal }),
  });
}

interface RowProps<T> {
  app: string;
  value: T;
  onChange: (value: T) => void;
  onRemove: () => void;
}

function AttributeRow({ app, value, onChange, onRemove }: RowProps<FilterAttribute>) {
  return (
    <div className="facet-with-remove">
      <div className="facet-row">
        <Input ariaLabel="Event attribute" placeholder="Attribute" value={value.name} onChange={({ detail }) => onChange({ ...value, name: detail.value })} />
        <Choice
          label="Attribute operator"
          value={value.operator}
          options={options(attributeOperators)}
          onChange={(operator) => onChange({ ...value, operator: operator as AttributeType })}
        />
        <Values app={app} label="Attribute values" values={value.values} onChange={(values) => onChange({ ...value, values })} />
      </div>
      <Button variant="icon" iconName="close" ariaLabel={`Remove the attribute ${value.name}`} onClick={onRemove} />
    </div>
  );
}

function MetricRow({ value, onChange, onRemove }: RowProps<FilterMetric>) {
  return (
    <div className="facet-with-remove">
      <div className="facet-row">
        <Input ariaLabel="Event metric" placeholder="Metric" value={value.name} onChange={({ detail }) => onChange({ ...value, name: detail.value })} />
        <Choice
          label="Metric operator"
          value={value.operator}
          options={options(metricOperators)}
          onChange={(operator) => onChange({ ...value, operator })}
        />
        <Input ariaLabel="Metric value" placeholder="Number" inputMode="decimal" value={value.value} onChange={({ detail }) => onChange({ ...value, value: detail.value })} />
      </div>
      <Button variant="icon" iconName="close" ariaLabel={`Remove the metric ${value.name}`} onClick={onRemove} />
    </div>
  );
}

function replaced<T>(list: T[], index: number, value: T): T[] {
  return list.map((one, place) => (place === index ? value : one));
}

function without<T>(list: T[], index: number): T[] {
  return list.filter((_, place) => place !== index);
}

export function EventFilterFields({ app, filter, onlyEndpoints, problem, onChange }: Props) {
  const reported = useReportedEvents(app);
  const set = (part: Partial<FilterDraft>) => onChange({ ...filter, ...part });
  const known = filter.type === "SYSTEM" ? systemEvents : (reported.data?.types ?? []).map(({ type }) => type).filter((type) => !systemEvents.includes(type));
  return (
    <SpaceBetween size="m">
      {!onlyEndpoints && (
        <FormField label="Who reports the event">
          <RadioGroup
            value={filter.type}
            onChange={({ detail }) => set({ type: detail.value as FilterType, events: [] })}
            items={[
              { value: "ENDPOINT", label: "Your app or service" },
              { value: "SYSTEM", label: "This server", description: "What became of a message: delivered, opened, bounced, …" },
            ]}
          />
        </FormField>
      )}
      <FormField errorText={problem} stretch>
        <Box variant="awsui-key-label">Event</Box>
        <div className="facet-row">
          <Choice
            label="Event operator"
            value={filter.operator}
            options={options(setOperators)}
            onChange={(operator) => set({ operator: operator as DimensionType })}
          />
          <ValueList
            label="Events"
            placeholder="Add an event"
            options={known.filter((name) => !filter.events.includes(name)).map((value) => ({ value }))}
            values={filter.events}
            onChange={(events) => set({ events })}
          />
        </div>
      </FormField>
      {(filter.attributes.length > 0 || filter.metrics.length > 0) && (
        <SpaceBetween size="xs">
          <Box variant="awsui-key-label">and all of these</Box>
          {filter.attributes.map((attribute, index) => (
            <AttributeRow
              key={`a${index}`}
              app={app}
              value={attribute}
              onChange={(next) => set({ attributes: replaced(filter.attributes, index, next) })}
              onRemove={() => set({ attributes: without(filter.attributes, index) })}
            />
          ))}
          {filter.metrics.map((metric, index) => (
            <MetricRow
              key={`m${index}`}
              app={app}
              value={metric}
              onChange={(next) => set({ metrics: replaced(filter.metrics, index, next) })}
              onRemove={() => set({ metrics: without(filter.metrics, index) })}
            />
          ))}
        </SpaceBetween>
      )}
      <Actions>
        <Button iconName="add-plus" onClick={() => set({ attributes: [...filter.attributes, { name: "", operator: "INCLUSIVE", values: [] }] })}>
          Add an attribute
        </Button>
        <Button iconName="add-plus" onClick={() => set({ metrics: [...filter.metrics, { name: "", operator: "GREATER_THAN_OR_EQUAL", value: "" }] })}>
          Add a metric
        </Button>
      </Actions>
    </SpaceBetween>
  );
}
