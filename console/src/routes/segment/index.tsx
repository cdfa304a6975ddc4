/** One segment: its exact size now, what it means, who is in it, its versions. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import Header from "@cloudscape-design/components/header";
import KeyValuePairs from "@cloudscape-design/components/key-value-pairs";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Table from "@cloudscape-design/components/table";
import Tabs from "@cloudscape-design/components/tabs";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { useNavigate, useParams } from "react-router";
import { beckon, pinpoint } from "../../api/client";
import type { EndpointPage } from "../../api/beckon";
import { all, useOverview, useSegment, useSegments, useSegmentSize } from "../../api/queries";
import { endpointColumns } from "../../components/endpointColumns";
import { Actions, Page } from "../../components/Page";
import { PagedTable } from "../../components/PagedTable";
import { LoadError, Loading } from "../../components/waiting";
import { count } from "../../format/numbers";
import { instant } from "../../format/time";
import type { SegmentResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { CriteriaSummary } from "../../segments/CriteriaSummary";
import { fromCriteria } from "../../segments/draft";
import { EvaluationTime, SizeFigures } from "../../segments/SizeFigures";
import { useDeleteSegment } from "../../segments/useDeleteSegment";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

function Versions({ app, id }: { app: string; id: string }) {
  const versions = useQuery({
    queryKey: ["segment-versions", app, id],
    queryFn: ({ signal }) =>
      all<SegmentResponse>((token) =>
        pinpoint("GetSegmentVersions", {
          path: { "application-id": app, "segment-id": id },
          query: { "page-size": "1000", token },
          signal,
        }),
      ),
  });
  if (versions.isError) return <LoadError error={versions.error} />;
  return (
    <Table
      header={<Header variant="h2">Versions</Header>}
      ariaLabels={{ tableLabel: "Versions" }}
      loading={versions.isPending}
      loadingText="Loading"
      items={versions.data ?? []}
      trackBy={({ Version }) => String(Version)}
      columnDefinitions={[
        { id: "version", header: "Version", cell: ({ Version }) => Version ?? 1 },
        { id: "name", header: "Name", cell: ({ Name }) => Name },
        { id: "changed", header: "Written", cell: ({ LastModifiedDate }) => instant(LastModifiedDate) },
      ]}
    />
  );
}

function Definition({ app, segment }: { app: string; segment: SegmentResponse }) {
  const segments = useSegments(app);
  const draft = useMemo(() => fromCriteria(segment), [segment]);
  const imported = segment.ImportDefinition;
  const nameOf = (id: string) => segments.data?.find(({ Id }) => Id === id)?.Name ?? id;
  return (
    <Container header={<Header variant="h2">{imported === undefined ? "Who belongs to it" : "Where it comes from"}</Header>}>
      {imported === undefined ? (
        <CriteriaSummary app={app} draft={draft} nameOf={nameOf} />
      ) : (
        <KeyValuePairs
          columns={3}
          items={[
            { label: "File", value: imported.S3Url },
            { label: "Format", value: imported.Format },
            { label: "Rows", value: count(imported.Size) },
          ]}
        />
      )}
    </Container>
  );
}

export default function Segment() {
  const app = useApp();
  const { id = "" } = useParams();
  const navigate = useNavigate();
  const segment = useSegment(app, id);
  const size = useSegmentSize(app, id);
  const overview = useOverview(app);
  const remove = useDeleteSegment(app);
  const name = segment.data?.Name ?? id;
  useBreadcrumbs({ text: "Segments", href: paths.segments(app) }, { text: name, href: paths.segment(app, id) });
  if (segment.isPending) return <Loading />;
  if (segment.isError) return <LoadError error={segment.error} retry={() => void segment.refetch()} />;
  const imported = segment.data.SegmentType === "IMPORT";
  const onDelete = async () => {
    if (await remove(segment.data)) await navigate(paths.segments(app));
  };
  return (
    <Page
      title={name}
      description={`${imported ? "Imported" : "Dynamic"} segment, version ${segment.data.Version ?? 1}, last changed ${instant(segment.data.LastModifiedDate)}`}
      actions={
        <Actions>
          <Button onClick={() => void onDelete()}>Delete</Button>
          {imported ? (
            <Button href={paths.newImport(app, id)}>Import again</Button>
          ) : (
            <Button href={paths.editSegment(app, id)}>Edit</Button>
          )}
          <Button variant="primary" href={paths.newCampaign(app, { segment: id })}>
            Send a campaign
          </Button>
        </Actions>
      }
    >
      <Container header={<Header variant="h2">Size now</Header>}>
        {size.isError ? (
          <LoadError error={size.error} retry={() => void size.refetch()} />
        ) : size.data === undefined ? (
          <Loading label="Counting" />
        ) : (
          <SpaceBetween size="s">
            <SizeFigures size={size.data} all={overview.data?.endpoints} />
            <EvaluationTime size={size.data} />
          </SpaceBetween>
        )}
      </Container>
      <Definition app={app} segment={segment.data} />
      <Tabs
        tabs={[
          {
            id: "members",
            label: "Members",
            content: (
              <PagedTable
                title="Members"
                queryKey={["members", app, id, segment.data.Version]}
                load={(token, limit, signal) =>
                  beckon<EndpointPage>(`/apps/${app}/segments/members`, {
                    method: "POST",
                    query: { token, limit },
                    body: { SegmentId: id, SegmentVersion: segment.data.Version },
                    signal,
                  })
                }
                trackBy={({ Id }) => Id ?? ""}
                columns={endpointColumns(app)}
                empty={{ title: "Nobody belongs to it", text: "No endpoint meets the conditions at the moment." }}
              />
            ),
          },
          { id: "versions", label: "Versions", content: <Versions app={app} id={id} /> },
        ]}
      />
    </Page>
  );
}
