/** Writes an email template: content, preview for a real person, test, versions. */
import Alert from "@cloudscape-design/components/alert";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import ExpandableSection from "@cloudscape-design/components/expandable-section";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { useNavigate, useParams, useSearchParams } from "react-router";
import { pinpoint } from "../../api/client";
import { Actions, Page } from "../../components/Page";
import { LoadError, Loading } from "../../components/waiting";
import type { EmailTemplateRequest, EmailTemplateResponse } from "../../generated/wire";
import { DefaultsEditor } from "../../mail/DefaultsEditor";
import type { DefaultValue } from "../../mail/DefaultsEditor";
import { MailEditor } from "../../mail/MailEditor";
import type { MailContent } from "../../mail/MailEditor";
import { PreviewPanel } from "../../mail/PreviewPanel";
import { messageOf, SendTest } from "../../mail/SendTest";
import { starterMail } from "../../mail/starter";
import { parseDefaults } from "../../mail/variables";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { errorText, useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";
import { TemplateVersions, versionsQuery } from "./TemplateVersions";
import "../../mail/editor.css";

const NAME_RULE = "Letters, digits, _ and -, beginning with a letter or digit; at most 128.";

interface EditorProps {
  app: string;
  template?: EmailTemplateResponse;
  /** The version that is shown; `undefined` for a template that does not exist yet. */
  onShowVersion: (version: string | undefined) => void;
}

function Editor({ app, template, onShowVersion }: EditorProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const flash = useFlash();
  const [name, setName] = useState(template?.TemplateName ?? "");
  const [description, setDescription] = useState(template?.TemplateDescription ?? "");
  const [content, setContent] = useState<MailContent>({
    subject: template?.Subject ?? "",
    html: template === undefined ? starterMail : (template.HtmlPart ?? ""),
    text: template?.TextPart ?? "",
  });
  const [defaults, setDefaults] = useState<DefaultValue[]>(() =>
    Object.entries(parseDefaults(template?.DefaultSubstitutions) ?? {}).map(([key, value]) => ({ name: key, value })),
  );
  const [endpointId, setEndpointId] = useState("");
  const [testing, setTesting] = useState(false);
  const [tried, setTried] = useState(false);

  const substitutions = useMemo(
    () => Object.fromEntries(defaults.filter((one) => one.name !== "").map((one) => [one.name, one.value])),
    [defaults],
  );
  const versions = useQuery({ ...versionsQuery(name), enabled: template !== undefined });
  const newest = versions.data?.Item[0]?.Version;
  const old = template !== undefined && newest !== undefined && template.Version !== newest;
  const nameOk = /^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$/.test(name);

  const save = useMutation({
    mutationFn: async (newVersion: boolean) => {
      const body: EmailTemplateRequest = {
        Subject: content.subject,
        ...(content.html.trim() === "" ? {} : { HtmlPart: content.html }),
        ...(content.text.trim() === "" ? {} : { TextPart: content.text }),
        ...(description.trim() === "" ? {} : { TemplateDescription: description.trim() }),
        ...(Object.keys(substitutions).length === 0 ? {} : { DefaultSubstitutions: JSON.stringify(substitutions) }),
        ...(template?.Headers === undefined ? {} : { Headers: template.Headers }),
      };
      const path = { "template-name": name };
      if (template === undefined) await pinpoint("CreateEmailTemplate", { path, body });
      else await pinpoint("UpdateEmailTemplate", { path, query: newVersion ? { "create-new-version": true } : {}, body });
    },
    onSuccess: async (_, newVersion) => {
      await client.invalidateQueries({ queryKey: ["templates"] });
      await client.invalidateQueries({ queryKey: ["template-versions", name] });
      await client.invalidateQueries({ queryKey: ["overview"] });
      if (template === undefined) {
        flash.success(`Template ${name} was created.`, { onward: true });
        await navigate(paths.template(app, name));
      } else {
        flash.success(newVersion ? "A new version was saved. Make it active below to use it." : `Template ${name} was saved.`);
        if (newVersion) onShowVersion((await client.fetchQuery(versionsQuery(name))).Item[0]?.Version);
      }
    },
  });
  const submit = (newVersion: boolean) => {
    setTried(true);
    if (nameOk && content.subject.trim() !== "") save.mutate(newVersion);
  };

  return (
    <Page
      title={template === undefined ? "Create a template" : name}
      description={template === undefined ? undefined : `Email template, version ${template.Version ?? "1"} is shown`}
      actions={
        <Actions>
          <Button onClick={() => setTesting(true)}>Send a test</Button>
          {template === undefined ? (
            <Button variant="primary" loading={save.isPending} onClick={() => submit(false)}>
              Create the template
            </Button>
          ) : old ? (
            <Button variant="primary" loading={save.isPending} onClick={() => submit(true)}>
              Save as a new version
            </Button>
          ) : (
            <ButtonDropdown
              variant="primary"
              loading={save.isPending}
              mainAction={{ text: "Save", onClick: () => submit(false) }}
              items={[{ id: "version", text: "Save as a new version" }]}
              ariaLabel="More ways to save"
              onItemClick={() => submit(true)}
            />
          )}
        </Actions>
      }
    >
      {testing && (
        <SendTest
          app={app}
          subject={{ message: messageOf(content) }}
          endpointId={endpointId}
          onClose={() => setTesting(false)}
        />
      )}
      {save.isError && (
        <Alert type="error" header="The template was not saved">
          {errorText(save.error)}
        </Alert>
      )}
      <div className="mail-columns">
        <SpaceBetween size="l">
          <Container header={<Header variant="h2">Message</Header>}>
            <SpaceBetween size="m">
              {template === undefined && (
                <FormField
                  label="Template name"
                  constraintText={NAME_RULE}
                  errorText={tried && !nameOk ? "Give the template a name of letters, digits, _ and -." : undefined}
                  stretch
                >
                  <Input value={name} onChange={({ detail }) => setName(detail.value)} />
                </FormField>
              )}
              <FormField label="Description" stretch>
                <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
              </FormField>
              <MailEditor
                app={app}
                content={content}
                onChange={setContent}
                subjectError={tried && content.subject.trim() === "" ? "Give the message a subject." : undefined}
              />
              <ExpandableSection headerText={`Default values (${defaults.length})`}>
                <DefaultsEditor values={defaults} onChange={setDefaults} />
              </ExpandableSection>
            </SpaceBetween>
          </Container>
        </SpaceBetween>
        <PreviewPanel
          app={app}
          content={content}
          defaults={substitutions}
          templated
          endpointId={endpointId}
          onEndpoint={setEndpointId}
        />
      </div>
      {template !== undefined && <TemplateVersions name={template.TemplateName} shown={template.Version} onShow={onShowVersion} />}
    </Page>
  );
}

export default function TemplateEditor() {
  const app = useApp();
  const { name } = useParams();
  const [search, setSearch] = useSearchParams();
  const version = search.get("version") ?? undefined;
  const template = useQuery({
    queryKey: ["template", name, version],
    queryFn: ({ signal }) =>
      pinpoint("GetEmailTemplate", { path: { "template-name": name ?? "" }, query: { version }, signal }),
    enabled: name !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  useBreadcrumbs(
    { text: "Templates", href: paths.templates(app) },
    name === undefined
      ? { text: "Create a template", href: paths.newTemplate(app) }
      : { text: name, href: paths.template(app, name) },
  );
  const show = (wanted: string | undefined) => setSearch(wanted === undefined ? {} : { version: wanted });
  if (name === undefined) return <Editor key="new" app={app} onShowVersion={show} />;
  if (template.isPending) return <Loading />;
  if (template.isError) return <LoadError error={template.error} retry={() => void template.refetch()} />;
  return <Editor key={`${name} ${version ?? ""} ${template.dataUpdatedAt}`} app={app} template={template.data} onShowVersion={show} />;
}
