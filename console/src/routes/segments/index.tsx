/** The segments of a project. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { useSegments } from "../../api/queries";
import { ListTable } from "../../components/ListTable";
import { Actions } from "../../components/Page";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useDeleteSegment } from "../../segments/useDeleteSegment";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

export default function Segments() {
  const app = useApp();
  const segments = useSegments(app);
  const remove = useDeleteSegment(app);
  useBreadcrumbs({ text: "Segments", href: paths.segments(app) });
  return (
    <ListTable
      title="Segments"
      headerVariant="h1"
      description="A segment says whom a campaign reaches."
      actions={
        <Actions>
          <Button href={paths.newImport(app)}>Import a segment</Button>
          <Button variant="primary" href={paths.newSegment(app)}>
            Create a segment
          </Button>
        </Actions>
      }
      items={segments.data}
      error={segments.error}
      retry={() => void segments.refetch()}
      trackBy={({ Id }) => Id}
      textOf={({ Id, Name }) => `${Name ?? ""} ${Id}`}
      filterLabel="Find segments"
      columns={[
        {
          id: "name",
          header: "Name",
          sortingField: "Name",
          isRowHeader: true,
          minWidth: 160,
          cell: ({ Id, Name }) => <Link href={paths.segment(app, Id)}>{Name ?? Id}</Link>,
        },
        {
          id: "type",
          header: "Type",
          sortingField: "SegmentType",
          cell: ({ SegmentType }) =>
            SegmentType === "IMPORT" ? <Badge color="blue">Imported</Badge> : <Badge>Dynamic</Badge>,
        },
        { id: "version", header: "Version", cell: ({ Version }) => Version ?? 1 },
        {
          id: "changed",
          header: "Last change",
          sortingField: "LastModifiedDate",
          cell: ({ LastModifiedDate }) => instant(LastModifiedDate),
        },
        {
          id: "actions",
          header: "Actions",
          cell: (segment) => (
            <Button
              variant="inline-link"
              ariaLabel={`Delete ${segment.Name ?? segment.Id}`}
              onClick={() => void remove(segment)}
            >
              Delete
            </Button>
          ),
        },
      ]}
      empty={{
        title: "No segments yet",
        text: "Build one from what you know about your people, or import a list.",
        action: <Button href={paths.newSegment(app)}>Create a segment</Button>,
      }}
    />
  );
}
