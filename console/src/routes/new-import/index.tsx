/** Takes a file, looks at its columns, sends it with progress and starts the import. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Checkbox from "@cloudscape-design/components/checkbox";
import Container from "@cloudscape-design/components/container";
import FileDropzone from "@cloudscape-design/components/file-dropzone";
import FileInput from "@cloudscape-design/components/file-input";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import ProgressBar from "@cloudscape-design/components/progress-bar";
import RadioGroup from "@cloudscape-design/components/radio-group";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { useNavigate, useSearchParams } from "react-router";
import { pinpoint } from "../../api/client";
import { useSegments } from "../../api/queries";
import { UPLOAD_BYTES_MAX, uploadFile } from "../../api/upload";
import { Actions, Page } from "../../components/Page";
import { bytes, share } from "../../format/numbers";
import { checkColumns } from "../../imports/columns";
import type { ColumnCheck } from "../../imports/columns";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { errorText } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

/** Bytes of the file that are looked at before it is sent. */
const HEAD_BYTES = 65_536;

/** What the server takes for a file that was uploaded to it. */
const UPLOAD_ROLE = "arn:beckon:upload";

type Target = "none" | "new" | "refresh";

function Columns({ check }: { check: ColumnCheck }) {
  const ignored = check.columns.filter(({ meaning }) => meaning === "ignored").length;
  return (
    <SpaceBetween size="s">
      {check.error !== undefined && (
        <Alert type="error" header="This file cannot be imported">
          {check.error}
        </Alert>
      )}
      {check.warnings.map((warning) => (
        <Alert key={warning} type="warning">
          {warning}
        </Alert>
      ))}
      {check.columns.length > 0 && (
        <Table
          variant="embedded"
          wrapLines
          ariaLabels={{ tableLabel: "Columns" }}
          header={
            <Header variant="h3" description={ignored === 0 ? undefined : `${ignored} of them will be ignored.`}>
              Columns
            </Header>
          }
          items={check.columns}
          columnDefinitions={[
            { id: "name", header: "Column", cell: ({ name }) => <span className="mono">{name}</span>, isRowHeader: true },
            {
              id: "meaning",
              header: "Import",
              minWidth: 110,
              cell: ({ meaning }) =>
                meaning === "known" ? (
                  <StatusIndicator type="success">Read</StatusIndicator>
                ) : (
                  <StatusIndicator type="stopped">Ignored</StatusIndicator>
                ),
            },
            { id: "sample", header: "First row", cell: ({ sample }) => sample },
          ]}
        />
      )}
    </SpaceBetween>
  );
}

export default function NewImport() {
  const app = useApp();
  const [search] = useSearchParams();
  const refreshed = search.get("segment") ?? "";
  const navigate = useNavigate();
  const client = useQueryClient();
  const segments = useSegments(app);
  const [file, setFile] = useState<File>();
  const [check, setCheck] = useState<ColumnCheck>();
  const [register, setRegister] = useState(true);
  const [target, setTarget] = useState<Target>(refreshed === "" ? "new" : "refresh");
  const [segmentName, setSegmentName] = useState("");
  const [segmentId, setSegmentId] = useState(refreshed);
  const [sent, setSent] = useState<number>();
  const [error, setError] = useState<unknown>();
  const abort = useRef<AbortController>(undefined);
  useBreadcrumbs({ text: "Imports", href: paths.imports(app) }, { text: "Import a file", href: paths.newImport(app) });

  const imported = (segments.data ?? []).filter(({ SegmentType }) => SegmentType === "IMPORT");
  const segmentOptions = imported.map(({ Id, Name }) => ({ value: Id, label: Name ?? Id }));

  const choose = async (files: File[]) => {
    const [chosen] = files;
    if (chosen === undefined) return;
    setFile(chosen);
    setError(undefined);
    setCheck(undefined);
    setSegmentName(chosen.name.replace(/\.[^.]+$/, ""));
    setCheck(checkColumns(chosen.name, await chosen.slice(0, HEAD_BYTES).text()));
  };

  const start = async () => {
    if (file === undefined || check === undefined) return;
    const controller = new AbortController();
    abort.current = controller;
    setError(undefined);
    setSent(0);
    try {
      const upload = await uploadFile(app, file, setSent, controller.signal);
      const job = await pinpoint("CreateImportJob", {
        path: { "application-id": app },
        body: {
          Format: check.format,
          S3Url: upload.s3Url,
          RoleArn: UPLOAD_ROLE,
          RegisterEndpoints: register,
          DefineSegment: target !== "none",
          ...(target === "new" ? { SegmentName: segmentName.trim() } : {}),
          ...(target === "refresh" ? { SegmentId: segmentId } : {}),
        },
      });
      await client.invalidateQueries({ queryKey: ["imports", app] });
      await navigate(paths.importJob(app, job.Id));
    } catch (failure) {
      if (!(failure instanceof DOMException && failure.name === "AbortError")) setError(failure);
      setSent(undefined);
    }
  };

  const tooLarge = file !== undefined && file.size > UPLOAD_BYTES_MAX;
  const ready =
    file !== undefined &&
    check !== undefined &&
    check.error === undefined &&
    !tooLarge &&
    (register || target !== "none") &&
    (target !== "new" || segmentName.trim() !== "") &&
    (target !== "refresh" || segmentId !== "");
  const sending = sent !== undefined;

  return (
    <Page
      title="Import a file"
      description="CSV with a header line, or one JSON object per line; UTF-8, at most 1 GB."
      actions={
        <Actions>
          <Button href={paths.imports(app)} disabled={sending}>
            Cancel
          </Button>
          <Button variant="primary" disabled={!ready} loading={sending} onClick={() => void start()}>
            Start the import
          </Button>
        </Actions>
      }
    >
      {error !== undefined && (
        <Alert type="error" header="The import was not started">
          {errorText(error)}
        </Alert>
      )}
      {sending && file !== undefined && (
        <Container>
          <ProgressBar
            label={`Uploading ${file.name}`}
            value={share(sent, file.size)}
            additionalInfo={`${bytes(sent)} of ${bytes(file.size)}`}
            description={sent >= file.size ? "The server is reading the first row." : undefined}
          />
          <Box padding={{ top: "s" }}>
            <Button onClick={() => abort.current?.abort()}>Stop</Button>
          </Box>
        </Container>
      )}
      <Container header={<Header variant="h2">File</Header>}>
        <SpaceBetween size="m">
          <FileDropzone onChange={({ detail }) => void choose(detail.value)}>
            <SpaceBetween size="xs" alignItems="center">
              <Box color="text-body-secondary">Drop a file here, or</Box>
              <FileInput
                value={file === undefined ? [] : [file]}
                accept=".csv,.json,.jsonl,.ndjson"
                ariaLabel="Choose a file"
                onChange={({ detail }) => void choose(detail.value)}
              >
                Choose a file
              </FileInput>
            </SpaceBetween>
          </FileDropzone>
          {file !== undefined && (
            <Box>
              <b>{file.name}</b>, {bytes(file.size)}
            </Box>
          )}
          {tooLarge && <Alert type="error">A file may have at most 1 GB. Split it and import the parts one by one.</Alert>}
          {check !== undefined && <Columns check={check} />}
        </SpaceBetween>
      </Container>
      <Container header={<Header variant="h2">What to do with it</Header>}>
        <SpaceBetween size="l">
          <FormField
            label="Endpoints"
            errorText={!register && target === "none" ? "Register the endpoints or define a segment." : undefined}
          >
            <Checkbox checked={register} onChange={({ detail }) => setRegister(detail.checked)} description="New endpoints are created, known ones updated.">
              Add the rows to the audience
            </Checkbox>
          </FormField>
          <FormField label="Segment">
            <RadioGroup
              value={target}
              onChange={({ detail }) => setTarget(detail.value as Target)}
              items={[
                { value: "new", label: "Create a segment of the people in this file" },
                {
                  value: "refresh",
                  label: "Replace the members of an imported segment",
                  disabled: imported.length === 0,
                  description: imported.length === 0 ? "There is none yet." : undefined,
                },
                { value: "none", label: "No segment" },
              ]}
            />
          </FormField>
          {target === "new" && (
            <FormField label="Segment name">
              <Input value={segmentName} onChange={({ detail }) => setSegmentName(detail.value)} />
            </FormField>
          )}
          {target === "refresh" && (
            <FormField label="Imported segment">
              <Select
                selectedOption={segmentOptions.find(({ value }) => value === segmentId) ?? null}
                options={segmentOptions}
                placeholder="Choose a segment"
                onChange={({ detail }) => setSegmentId(detail.selectedOption.value ?? "")}
              />
            </FormField>
          )}
        </SpaceBetween>
      </Container>
    </Page>
  );
}
