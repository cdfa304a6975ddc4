/** Everything known of one endpoint and its user. */
import Badge from "@cloudscape-design/components/badge";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import Link from "@cloudscape-design/components/link";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useNavigate, useParams } from "react-router";
import { pinpoint } from "../../api/client";
import { endpointColumns, Reach } from "../../components/endpointColumns";
import { Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import { NONE } from "../../format/numbers";
import { instant } from "../../format/time";
import type { EndpointDemographic, EndpointLocation } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

function Values({ values }: { values: string[] }) {
  return (
    <SpaceBetween direction="horizontal" size="xxs">
      {values.map((value) => (
        <Badge key={value}>{value}</Badge>
      ))}
    </SpaceBetween>
  );
}

function Facts({ title, entries, empty }: { title: string; entries: [string, ReactNode][]; empty: string }) {
  return (
    <Container header={<Header variant="h2">{title}</Header>}>
      {entries.length === 0 ? (
        <Box color="text-body-secondary">{empty}</Box>
      ) : (
        <KeyValuePairs columns={3} items={entries.map(([label, value]) => ({ label, value }))} />
      )}
    </Container>
  );
}

function lists(attributes: Record<string, string[]> | undefined): [string, ReactNode][] {
  return Object.entries(attributes ?? {}).map(([name, values]) => [name, <Values key={name} values={values} />]);
}

function scalars(facts: EndpointLocation | EndpointDemographic | undefined): [string, ReactNode][] {
  return Object.entries(facts ?? {}).map(([name, value]) => [name, String(value)]);
}

export default function Endpoint() {
  const app = useApp();
  const { id = "" } = useParams();
  const client = useQueryClient();
  const navigate = useNavigate();
  const confirm = useConfirm();
  const flash = useFlash();
  const path = { "application-id": app, "endpoint-id": id };
  const endpoint = useQuery({
    queryKey: ["endpoint", app, id],
    queryFn: ({ signal }) => pinpoint("GetEndpoint", { path, signal }),
  });
  const user = endpoint.data?.User?.UserId;
  const siblings = useQuery({
    queryKey: ["user", app, user],
    queryFn: ({ signal }) =>
      pinpoint("GetUserEndpoints", { path: { "application-id": app, "user-id": user ?? "" }, signal }),
    enabled: user !== undefined,
  });
  useBreadcrumbs({ text: "Endpoints", href: paths.endpoints(app) }, { text: id, href: paths.endpoint(app, id) });

  const remove = async () => {
    const agreed = await confirm({
      header: `Delete endpoint ${id}?`,
      body: "Its address and attributes are deleted. Messages no longer reach it.",
      action: "Delete",
    });
    if (!agreed) return;
    try {
      await pinpoint("DeleteEndpoint", { path });
      flash.success(`Endpoint ${id} was deleted.`, { onward: true });
      await client.invalidateQueries({ queryKey: ["endpoints", app] });
      await navigate(paths.endpoints(app));
    } catch (error) {
      flash.error("The endpoint was not deleted", error);
    }
  };

  if (endpoint.isPending) return <Loading />;
  if (endpoint.isError) return <LoadError error={endpoint.error} retry={() => void endpoint.refetch()} />;
  const facts = endpoint.data;
  return (
    <Page title={facts.Address ?? id} description={`Endpoint ${id}`} actions={<Button onClick={() => void remove()}>Delete</Button>}>
      <Container header={<Header variant="h2">Endpoint</Header>}>
        <KeyValuePairs
          columns={3}
          items={[
            { label: "Status", value: <Reach endpoint={facts} /> },
            { label: "Channel", value: facts.ChannelType ?? NONE },
            { label: "Address", value: facts.Address ?? NONE },
            { label: "Opt-out", value: facts.OptOut ?? NONE },
            { label: "Cohort", value: facts.CohortId ?? NONE },
            { label: "User", value: user ?? NONE },
            { label: "Created", value: instant(facts.CreationDate) },
            { label: "Last change", value: instant(facts.EffectiveDate) },
            { label: "Request", value: facts.RequestId ?? NONE },
          ]}
        />
      </Container>
      <Facts title="Attributes" entries={lists(facts.Attributes)} empty="No custom attributes." />
      <Facts
        title="Metrics"
        entries={Object.entries(facts.Metrics ?? {}).map(([name, value]) => [name, String(value)])}
        empty="No custom metrics."
      />
      <Facts title="User attributes" entries={lists(facts.User?.UserAttributes)} empty="No user attributes." />
      <Facts title="Location" entries={scalars(facts.Location)} empty="No location." />
      <Facts title="Demographic" entries={scalars(facts.Demographic)} empty="No device or app details." />
      {user !== undefined && (
        <Table
          header={
            <Header variant="h2" description={<>All endpoints of user <Link href={paths.endpoints(app)}>{user}</Link></>}>
              Same user
            </Header>
          }
          ariaLabels={{ tableLabel: "Endpoints of the same user" }}
          items={siblings.data?.Item ?? []}
          loading={siblings.isPending}
          loadingText="Loading"
          columnDefinitions={endpointColumns(app)}
          wrapLines
          empty="No other endpoints."
        />
      )}
    </Page>
  );
}
