/** A mail in the wizard: from a template or written here, with a preview and a test. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { pinpoint } from "../../api/client";
import { Actions } from "../../components/Page";
import { MailEditor } from "../../mail/MailEditor";
import { PreviewPanel } from "../../mail/PreviewPanel";
import { messageOf, SendTest } from "../../mail/SendTest";
import { starterMail } from "../../mail/starter";
import { parseDefaults } from "../../mail/variables";
import { emptyContent } from "../content";
import type { MessageProps } from "./props";
import { SourceChoice } from "./SourceChoice";
import { TemplateChoice } from "./TemplateChoice";

function useTemplate(name: string, version: string) {
  return useQuery({
    queryKey: ["template", name, version, "shown"],
    queryFn: ({ signal }) =>
      pinpoint("GetEmailTemplate", { path: { "template-name": name }, query: version === "" ? {} : { version }, signal }),
    enabled: name !== "",
  });
}

export function EmailMessage({ app, content, transport, problem, onChange }: MessageProps) {
  const named = content.kind === "template" ? content : { template: "", version: "" };
  const template = useTemplate(named.template, named.version);
  const [endpointId, setEndpointId] = useState("");
  const [testing, setTesting] = useState(false);
  const shown =
    content.kind === "EMAIL"
      ? content
      : {
          subject: template.data?.Subject ?? "",
          html: template.data?.HtmlPart ?? "",
          text: template.data?.TextPart ?? "",
        };
  const written = content.kind === "EMAIL";
  const ready = written || template.data !== undefined;
  return (
    <SpaceBetween size="m">
      {testing && (
        <SendTest
          app={app}
          subject={
            written
              ? { message: messageOf(content, transport.fromAddress.trim()) }
              : { template: { Name: named.template, ...(named.version === "" ? {} : { Version: named.version }) } }
          }
          endpointId={endpointId}
          onClose={() => setTesting(false)}
        />
      )}
      <Actions>
        <SourceChoice
          written={written}
          onChange={(write) =>
            onChange(
              write
                ? { kind: "EMAIL", subject: shown.subject, html: shown.html === "" ? starterMail : shown.html, text: shown.text }
                : emptyContent("EMAIL"),
            )
          }
        />
        <Button disabled={!ready} onClick={() => setTesting(true)}>
          Send a test
        </Button>
      </Actions>
      {written ? (
        <>
          {problem !== undefined && <Alert type="error">{problem}</Alert>}
          <MailEditor app={app} content={content} onChange={(mail) => onChange({ kind: "EMAIL", ...mail })} />
        </>
      ) : (
        <TemplateChoice type="EMAIL" template={named.template} problem={problem} onChange={onChange} />
      )}
      {ready && (
        <PreviewPanel
          app={app}
          content={{ subject: shown.subject, html: shown.html, text: shown.text }}
          defaults={parseDefaults(template.data?.DefaultSubstitutions) ?? {}}
          templated={!written}
          endpointId={endpointId}
          onEndpoint={setEndpointId}
        />
      )}
    </SpaceBetween>
  );
}
