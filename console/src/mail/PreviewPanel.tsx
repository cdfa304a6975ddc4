/** The mail as one real person would get it; variables without a value are named. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import SpaceBetween from "@cloudscape-design/components/space-between";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import Table from "@cloudscape-design/components/table";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../api/client";
import type { Preview } from "../api/beckon";
import { PreviewFrame } from "../components/PreviewFrame";
import { useDebounced } from "../components/useDebounced";
import { errorText } from "../shell/flash";
import { EndpointPicker } from "./EndpointPicker";
import type { MailContent } from "./MailEditor";

interface Props {
  app: string;
  content: MailContent;
  defaults: Record<string, string>;
  /** A template is not sent when a variable has no value; a message written in place shows nothing instead. */
  templated: boolean;
  endpointId: string;
  onEndpoint: (id: string) => void;
}

const MOBILE_PIXELS = 375;

export function PreviewPanel({ app, content, defaults, templated, endpointId, onEndpoint }: Props) {
  const [device, setDevice] = useState("desktop");
  const request = useDebounced(
    JSON.stringify({ ...content, defaultSubstitutions: defaults, endpointId: endpointId === "" ? undefined : endpointId }),
    400,
  );
  const preview = useQuery({
    queryKey: ["preview", app, request],
    queryFn: ({ signal }) => beckon<Preview>(`/apps/${app}/preview`, { method: "POST", body: JSON.parse(request), signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 10_000,
  });
  const { data } = preview;
  const errors = data?.errors ?? [];
  const missing = data?.missing ?? [];
  const consequence = templated
    ? "A person without these values and without a default does not get the mail."
    : "They are left blank for a person without these values.";
  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            <SegmentedControl
              label="Width"
              selectedId={device}
              onChange={({ detail }) => setDevice(detail.selectedId)}
              options={[
                { id: "desktop", text: "Desktop" },
                { id: "mobile", text: "Mobile" },
              ]}
            />
          }
        >
          Preview
        </Header>
      }
    >
      <SpaceBetween size="s">
        <FormField label="Show it for" stretch>
          <EndpointPicker app={app} value={endpointId} onChange={onEndpoint} />
        </FormField>
        {preview.isError && <Alert type="error">{errorText(preview.error)}</Alert>}
        {errors.length > 0 && (
          <Alert type="error" header="The template language is not understood">
            {errors.map(({ part, line, column, message }) => (
              <div key={`${part}:${line}:${column}:${message}`}>
                {part}, line {line}, column {column}: {message}
              </div>
            ))}
          </Alert>
        )}
        {missing.length > 0 && (
          <Alert type="warning" header="Without a value here">
            {missing.join(", ")}. {consequence}
          </Alert>
        )}
        {data !== undefined && (
          <SpaceBetween size="s">
            <Box>
              <Box variant="awsui-key-label">Subject</Box>
              <Box fontWeight="bold">{data.subject === "" ? "(no subject)" : data.subject}</Box>
            </Box>
            <PreviewFrame
              title="Preview of the message"
              html={data.html === "" ? `<pre style="white-space:pre-wrap;font:14px sans-serif">${escapeText(data.text)}</pre>` : data.html}
              width={device === "mobile" ? MOBILE_PIXELS : undefined}
            />
            <ExpandableSection headerText={`Variables (${data.variables.length})`}>
              <Table
                variant="embedded"
                ariaLabels={{ tableLabel: "Variables" }}
                items={data.variables}
                trackBy="name"
                wrapLines
                columnDefinitions={[
                  { id: "name", header: "Variable", cell: ({ name }) => <span className="mono">{name}</span> },
                  {
                    id: "value",
                    header: "Value",
                    cell: ({ value }) => value ?? <StatusIndicator type="warning">No value</StatusIndicator>,
                  },
                ]}
                empty="The message uses no variables."
              />
            </ExpandableSection>
          </SpaceBetween>
        )}
      </SpaceBetween>
    </Container>
  );
}

function escapeText(text: string): string {
  return text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);
}
