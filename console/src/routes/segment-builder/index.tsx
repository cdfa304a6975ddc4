/** Builds a segment while its exact size follows every change. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import Spinner from "@cloudscape-design/components/spinner";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate, useParams } from "react-router";
import { beckon, pinpoint } from "../../api/client";
import type { EndpointPage } from "../../api/beckon";
import { useCriteriaSize, useOverview, useSegment, useSegments } from "../../api/queries";
import { endpointColumns } from "../../components/endpointColumns";
import { Actions, Page } from "../../components/Page";
import { PagedTable } from "../../components/PagedTable";
import { useDebounced } from "../../components/useDebounced";
import { LoadError, Loading } from "../../components/waiting";
import { count } from "../../format/numbers";
import type { Include, SegmentResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { emptyDraft, fromCriteria, newGroup, problems, toCriteria } from "../../segments/draft";
import type { SegmentDraft } from "../../segments/draft";
import { GroupEditor } from "../../segments/GroupEditor";
import { EvaluationTime, SizeFigures } from "../../segments/SizeFigures";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { errorText, useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

/** How long the draft must rest before its size is asked for. */
const SIZE_DELAY_MS = 250;

const includes = [
  { value: "ALL", label: "Those in all groups" },
  { value: "ANY", label: "Those in any group" },
  { value: "NONE", label: "Those in none of the groups" },
];

/** The size of the draft shortly after its last change. */
function useDraftSize(app: string, draft: SegmentDraft) {
  const criteria = useMemo(() => toCriteria(draft), [draft]);
  const settled = useDebounced(criteria, SIZE_DELAY_MS);
  const size = useCriteriaSize(app, settled);
  return { size, working: size.isFetching || settled !== criteria };
}

type DraftSize = ReturnType<typeof useDraftSize>;

/** The size on one line, at the lower edge of narrow windows. */
function SizeBar({ size: { data } }: DraftSize) {
  if (data === undefined) return null;
  return (
    <div className="size-bar">
      <Container disableContentPaddings>
        <Box textAlign="center" padding="xs">
          <b>{count(data.endpoints)}</b> endpoints, <b>{count(data.targetable.EMAIL ?? 0)}</b> by email
        </Box>
      </Container>
    </div>
  );
}

function LiveSize({ app, draft, size, working }: DraftSize & { app: string; draft: SegmentDraft }) {
  const overview = useOverview(app);
  const incomplete = problems(draft).length;
  return (
    <Container header={<Header variant="h2" actions={working ? <Spinner /> : undefined}>Size</Header>}>
      <SpaceBetween size="s">
        {size.isError ? (
          <Alert type="error">{errorText(size.error)}</Alert>
        ) : size.data === undefined ? (
          <Loading label="Counting" />
        ) : (
          <div aria-live="polite" role="status" aria-label="Segment size">
            <SpaceBetween size="s">
              <SizeFigures size={size.data} all={overview.data?.endpoints} />
              <EvaluationTime size={size.data} />
            </SpaceBetween>
          </div>
        )}
        {incomplete > 0 && (
          <Box color="text-status-warning" fontSize="body-s">
            Criteria that are not filled in yet are left out of the count.
          </Box>
        )}
      </SpaceBetween>
    </Container>
  );
}

function Members({ app, draft }: { app: string; draft: SegmentDraft }) {
  const criteria = useDebounced(useMemo(() => toCriteria(draft), [draft]), 600);
  return (
    <PagedTable
      title="Members"
      description="Who is in the segment as it stands now."
      queryKey={["criteria-members", app, criteria]}
      load={(token, limit, signal) =>
        beckon<EndpointPage>(`/apps/${app}/segments/members`, {
          method: "POST",
          query: { token, limit },
          body: criteria,
          signal,
        })
      }
      pageSize={10}
      trackBy={({ Id }) => Id ?? ""}
      columns={endpointColumns(app)}
      empty={{ title: "Nobody matches", text: "Loosen a condition, or check the spelling of its values." }}
    />
  );
}

function Builder({ app, segment }: { app: string; segment?: SegmentResponse }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const flash = useFlash();
  const segments = useSegments(app);
  const [name, setName] = useState(segment?.Name ?? "");
  const [draft, setDraft] = useState<SegmentDraft>(() => {
    if (segment === undefined) return emptyDraft();
    const read = fromCriteria(segment);
    return read.groups.length === 0 ? emptyDraft() : read;
  });
  const [tried, setTried] = useState(false);
  const live = useDraftSize(app, draft);
  const found = useMemo(() => problems(draft), [draft]);
  const nameMissing = tried && name.trim() === "";

  const save = useMutation({
    mutationFn: () => {
      const body = { Name: name.trim(), ...toCriteria(draft) };
      const path = { "application-id": app };
      return segment === undefined
        ? pinpoint("CreateSegment", { path, body })
        : pinpoint("UpdateSegment", { path: { ...path, "segment-id": segment.Id }, body });
    },
    onSuccess: async (saved) => {
      await client.invalidateQueries({ queryKey: ["segments", app] });
      client.removeQueries({ queryKey: ["segment", app, saved.Id] });
      client.removeQueries({ queryKey: ["segment-size", app, saved.Id] });
      flash.success(`Segment ${saved.Name ?? saved.Id} was saved.`, { onward: true });
      await navigate(paths.segment(app, saved.Id));
    },
  });
  const submit = () => {
    setTried(true);
    if (name.trim() !== "" && found.length === 0) save.mutate();
  };
  const setGroup = (index: number, group: SegmentDraft["groups"][number]) =>
    setDraft({ ...draft, groups: draft.groups.map((one, place) => (place === index ? group : one)) });
  const cancelTo = segment === undefined ? paths.segments(app) : paths.segment(app, segment.Id);

  return (
    <Page
      title={segment === undefined ? "Create a segment" : `Edit ${segment.Name ?? "segment"}`}
      description="A dynamic segment is right at every moment: whoever meets its conditions belongs to it."
      actions={
        <Actions>
          <Button href={cancelTo}>Cancel</Button>
          <Button variant="primary" loading={save.isPending} onClick={submit}>
            {segment === undefined ? "Create the segment" : "Save the segment"}
          </Button>
        </Actions>
      }
    >
      {save.isError && (
        <Alert type="error" header="The segment was not saved">
          {errorText(save.error)}
        </Alert>
      )}
      <div className="segment-builder">
        <SpaceBetween size="l">
          <Container>
            <FormField label="Segment name" errorText={nameMissing ? "Give the segment a name." : undefined}>
              <Input value={name} onChange={({ detail }) => setName(detail.value)} />
            </FormField>
          </Container>
          {draft.groups.map((group, index) => (
            <GroupEditor
              key={group.key}
              app={app}
              number={index + 1}
              group={group}
              segments={(segments.data ?? []).filter(({ Id }) => Id !== segment?.Id)}
              problems={found}
              showProblems={tried}
              onChange={(changed) => setGroup(index, changed)}
              onRemove={
                draft.groups.length === 1
                  ? undefined
                  : () => setDraft({ ...draft, groups: draft.groups.filter((_, place) => place !== index) })
              }
            />
          ))}
          <div className="group-actions">
            <Button iconName="add-plus" onClick={() => setDraft({ ...draft, groups: [...draft.groups, newGroup()] })}>
              Add a group
            </Button>
            {(draft.groups.length > 1 || draft.include !== "ALL") && (
              <Select
                ariaLabel="How the groups count"
                selectedOption={includes.find(({ value }) => value === draft.include) ?? null}
                options={includes}
                onChange={({ detail }) => setDraft({ ...draft, include: detail.selectedOption.value as Include })}
              />
            )}
          </div>
        </SpaceBetween>
        <div className="segment-builder-side">
          <LiveSize app={app} draft={draft} {...live} />
        </div>
      </div>
      <Members app={app} draft={draft} />
      <SizeBar {...live} />
    </Page>
  );
}

export default function SegmentBuilder() {
  const app = useApp();
  const { id } = useParams();
  const segment = useSegment(app, id ?? "");
  useBreadcrumbs(
    { text: "Segments", href: paths.segments(app) },
    id === undefined
      ? { text: "Create a segment", href: paths.newSegment(app) }
      : { text: segment.data?.Name ?? "Segment", href: paths.segment(app, id) },
  );
  if (id === undefined) return <Builder app={app} />;
  if (segment.isPending) return <Loading />;
  if (segment.isError) return <LoadError error={segment.error} retry={() => void segment.refetch()} />;
  return <Builder key={id} app={app} segment={segment.data} />;
}
