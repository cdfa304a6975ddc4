/** Short texts as one real person would get them; variables without a value are named. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import FormField from "@cloudscape-design/components/form-field";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { Preview } from "../../api/beckon";
import { useDebounced } from "../../components/useDebounced";
import { EndpointPicker } from "../../mail/EndpointPicker";
import { errorText } from "../../shell/flash";
import { smsParts } from "../smsParts";
import "./texts-preview.css";

interface Props {
  app: string;
  /** The texts by what they are, in the order in which they are shown. */
  parts: Record<string, string>;
  defaults?: Record<string, string>;
  /** Counts the parts of a text message. */
  sms?: boolean;
}

export function TextsPreview({ app, parts, defaults = {}, sms = false }: Props) {
  const [endpointId, setEndpointId] = useState("");
  const request = useDebounced(
    JSON.stringify({
      subject: "",
      html: "",
      text: "",
      parts,
      defaultSubstitutions: defaults,
      endpointId: endpointId === "" ? undefined : endpointId,
    }),
    400,
  );
  const preview = useQuery({
    queryKey: ["preview", app, request],
    queryFn: ({ signal }) => beckon<Preview>(`/apps/${app}/preview`, { method: "POST", body: JSON.parse(request), signal }),
    placeholderData: keepPreviousData,
    staleTime: 0,
    gcTime: 10_000,
  });
  const made = preview.data?.parts ?? {};
  const rendered = Object.keys(parts)
    .map((name) => [name, made[name] ?? ""] as const)
    .filter(([, text]) => text !== "");
  const missing = preview.data?.missing ?? [];
  const errors = preview.data?.errors ?? [];
  const length = sms ? smsParts(rendered.map(([, text]) => text).join("")) : undefined;
  return (
    <SpaceBetween size="s">
      <FormField label="Show it for" stretch>
        <EndpointPicker app={app} value={endpointId} onChange={setEndpointId} />
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
          {missing.join(", ")}
        </Alert>
      )}
      <div className="texts-preview" role="group" aria-label="Preview of the message">
        {rendered.length === 0 ? (
          <Box color="text-body-secondary">Nothing to show yet.</Box>
        ) : (
          rendered.map(([name, text], index) => (
            <div key={name} className={index === 0 && Object.keys(parts).length > 1 ? "texts-preview-title" : undefined}>
              {text}
            </div>
          ))
        )}
      </div>
      {length !== undefined && length.parts > 0 && (
        <Box color="text-body-secondary" fontSize="body-s">
          {length.characters} characters in {length.encoding === "GSM" ? "the phone alphabet" : "Unicode"},{" "}
          {length.parts === 1 ? "one part" : `${length.parts} parts, each charged as a message`}
        </Box>
      )}
    </SpaceBetween>
  );
}
