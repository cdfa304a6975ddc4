/** The versions of a template: look at one, make one active. */
import Badge from "@cloudscape-design/components/badge";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Table from "@cloudscape-design/components/table";
import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { pinpoint } from "../../api/client";
import { useTemplates } from "../../api/queries";
import { Actions } from "../../components/Page";
import { LoadError } from "../../components/waiting";
import { instant } from "../../format/time";
import { useFlash } from "../../shell/flash";

interface Props {
  name: string;
  shown: string | undefined;
  onShow: (version: string) => void;
}

/** The newest hundred versions, newest first. */
export function versionsQuery(name: string) {
  return queryOptions({
    queryKey: ["template-versions", name],
    queryFn: ({ signal }) =>
      pinpoint("ListTemplateVersions", {
        path: { "template-name": name, "template-type": "EMAIL" },
        query: { "page-size": "100" },
        signal,
      }),
  });
}

export function TemplateVersions({ name, shown, onShow }: Props) {
  const client = useQueryClient();
  const flash = useFlash();
  const templates = useTemplates();
  const versions = useQuery(versionsQuery(name));
  const active = templates.data?.find(({ TemplateName }) => TemplateName === name)?.Version;

  const activate = async (version: string) => {
    try {
      await pinpoint("UpdateTemplateActiveVersion", {
        path: { "template-name": name, "template-type": "EMAIL" },
        body: { Version: version },
      });
      flash.success(`Version ${version} of ${name} is active now.`);
    } catch (error) {
      flash.error("The version was not made active", error);
    }
    await client.invalidateQueries({ queryKey: ["templates"] });
  };

  if (versions.isError) return <LoadError error={versions.error} retry={() => void versions.refetch()} />;
  return (
    <Table
      header={
        <Header variant="h2" description="Campaigns without a pinned version use the active one.">
          Versions
        </Header>
      }
      ariaLabels={{ tableLabel: "Versions" }}
      loading={versions.isPending}
      loadingText="Loading"
      wrapLines
      items={versions.data?.Item ?? []}
      trackBy={({ Version }) => Version ?? "1"}
      columnDefinitions={[
        {
          id: "version",
          header: "Version",
          isRowHeader: true,
          cell: ({ Version }) => (
            <Actions>
              <span>{Version ?? "1"}</span>
              {Version === active && <Badge color="green">Active</Badge>}
              {Version === shown && <Badge>Shown</Badge>}
            </Actions>
          ),
        },
        { id: "changed", header: "Written", cell: ({ LastModifiedDate }) => instant(LastModifiedDate) },
        {
          id: "actions",
          header: "Actions",
          cell: ({ Version = "1" }) => (
            <Actions>
              <Button variant="inline-link" ariaLabel={`Show version ${Version}`} onClick={() => onShow(Version)}>
                Show
              </Button>
              {Version !== active && (
                <Button variant="inline-link" ariaLabel={`Make version ${Version} active`} onClick={() => void activate(Version)}>
                  Make active
                </Button>
              )}
            </Actions>
          ),
        },
      ]}
    />
  );
}
