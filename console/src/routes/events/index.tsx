/** What was reported: counts by type and day, narrowed by type and attribute. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Grid from "@cloudscape-design/components/grid";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { EventCounts } from "../../api/beckon";
import { ListTable } from "../../components/ListTable";
import { Page } from "../../components/Page";
import { lastDays, PeriodSelect } from "../../components/PeriodSelect";
import { TimeChart } from "../../components/TimeChart";
import { useDebounced } from "../../components/useDebounced";
import { LoadError } from "../../components/waiting";
import { count } from "../../format/numbers";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";
import "../../campaigns/share-bar.css";

export default function Events() {
  const app = useApp();
  const [days, setDays] = useState(30);
  const [type, setType] = useState("");
  const [attribute, setAttribute] = useState("");
  const [value, setValue] = useState("");
  const filter = useDebounced(JSON.stringify({ attribute: attribute.trim(), value: value.trim() }), 400);
  const { attribute: name, value: wanted } = JSON.parse(filter) as { attribute: string; value: string };
  const narrowed = name !== "" && wanted !== "" ? { [`attribute.${name}`]: wanted } : {};
  const events = useQuery({
    queryKey: ["analytics", app, "events", days, type, filter],
    queryFn: ({ signal }) =>
      beckon<EventCounts>(`/apps/${app}/analytics/events`, {
        query: { ...lastDays(days, new Date()), type, ...narrowed },
        signal,
      }),
    placeholderData: (previous) => previous,
  });
  useBreadcrumbs({ text: "Events", href: paths.events(app) });
  const types = events.data?.types ?? [];
  const points = events.data?.days ?? [];
  const options = [
    { value: "", label: "All types" },
    ...types.map((one) => ({ value: one.type, label: one.type, labelTag: count(one.count) })),
  ];
  const times = points.map(({ date }) => date);
  return (
    <Page
      title="Events"
      description="What apps reported; choose a type to see what the server recorded itself. Days are UTC."
      actions={<PeriodSelect days={days} onChange={setDays} />}
    >
      {events.isError && <LoadError error={events.error} retry={() => void events.refetch()} />}
      <Container header={<Header variant="h2">Filter</Header>}>
        <div className="treatment-fields">
          <FormField label="Event type">
            <Select
              selectedOption={options.find((option) => option.value === type) ?? { value: type, label: type }}
              options={options}
              filteringType="auto"
              onChange={({ detail }) => setType(detail.selectedOption.value ?? "")}
            />
          </FormField>
          <FormField label="Attribute">
            <Input value={attribute} onChange={({ detail }) => setAttribute(detail.value)} placeholder="Any" />
          </FormField>
          <FormField label="Attribute value">
            <Input value={value} onChange={({ detail }) => setValue(detail.value)} placeholder="Any" />
          </FormField>
        </div>
      </Container>
      <Grid gridDefinition={[{ colspan: { default: 12, s: 6 } }, { colspan: { default: 12, s: 6 } }]}>
        <Container fitHeight header={<Header variant="h2">Events</Header>}>
          <TimeChart label="Events" times={times} series={[{ title: "Events", values: points.map((day) => day.count) }]} />
        </Container>
        <Container fitHeight header={<Header variant="h2">People</Header>}>
          <TimeChart
            label="People"
            times={times}
            series={[
              { title: "Endpoints", values: points.map((day) => day.endpoints) },
              { title: "Users", values: points.map((day) => day.users) },
            ]}
          />
        </Container>
      </Grid>
      <ListTable
        title="Event types"
        items={events.data?.types}
        trackBy={(one) => one.type}
        textOf={(one) => one.type}
        filterLabel="Find event types"
        columns={[
          {
            id: "type",
            header: "Type",
            sortingField: "type",
            isRowHeader: true,
            cell: (one) => <span className="mono">{one.type}</span>,
          },
          { id: "count", header: "Events", sortingField: "count", cell: (one) => count(one.count) },
          {
            id: "show",
            header: "Chart",
            cell: (one) => (
              <Button variant="inline-link" ariaLabel={`Show ${one.type}`} onClick={() => setType(one.type)}>
                Show
              </Button>
            ),
          },
        ]}
        empty={{
          title: "No events",
          text: "Nothing was reported in this period. Apps report events with PutEvents.",
        }}
      />
    </Page>
  );
}
