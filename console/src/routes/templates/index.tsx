/** The email templates of the account. */
import Button from "@cloudscape-design/components/button";
import Link from "@cloudscape-design/components/link";
import { useQueryClient } from "@tanstack/react-query";
import { pinpoint } from "../../api/client";
import { useTemplates } from "../../api/queries";
import { ListTable } from "../../components/ListTable";
import { NONE } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { useFlash } from "../../shell/flash";
import { useApp } from "../../shell/ProjectGate";

export default function Templates() {
  const app = useApp();
  const templates = useTemplates();
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  useBreadcrumbs({ text: "Templates", href: paths.templates(app) });

  const remove = async (name: string) => {
    const agreed = await confirm({
      header: `Delete ${name}?`,
      body: "All versions are deleted, for every project of the account. New campaigns cannot use the template.",
      action: "Delete",
    });
    if (!agreed) return;
    try {
      await pinpoint("DeleteEmailTemplate", { path: { "template-name": name } });
      flash.success(`Template ${name} was deleted.`);
    } catch (error) {
      flash.error("The template was not deleted", error);
    }
    await client.invalidateQueries({ queryKey: ["templates"] });
  };

  return (
    <ListTable
      title="Templates"
      headerVariant="h1"
      description="Mails that campaigns use. Templates belong to the account and serve all its projects."
      actions={
        <Button variant="primary" href={paths.newTemplate(app)}>
          Create a template
        </Button>
      }
      items={templates.data}
      error={templates.error}
      retry={() => void templates.refetch()}
      trackBy={({ TemplateName }) => TemplateName}
      textOf={({ TemplateName, TemplateDescription }) => `${TemplateName} ${TemplateDescription ?? ""}`}
      filterLabel="Find templates"
      columns={[
        {
          id: "name",
          header: "Name",
          sortingField: "TemplateName",
          isRowHeader: true,
          minWidth: 160,
          cell: ({ TemplateName }) => <Link href={paths.template(app, TemplateName)}>{TemplateName}</Link>,
        },
        { id: "description", header: "Description", cell: ({ TemplateDescription }) => TemplateDescription ?? NONE },
        { id: "version", header: "Active version", cell: ({ Version }) => Version ?? "1" },
        {
          id: "changed",
          header: "Last change",
          sortingField: "LastModifiedDate",
          cell: ({ LastModifiedDate }) => instant(LastModifiedDate),
        },
        {
          id: "actions",
          header: "Actions",
          cell: ({ TemplateName }) => (
            <Button variant="inline-link" ariaLabel={`Delete ${TemplateName}`} onClick={() => void remove(TemplateName)}>
              Delete
            </Button>
          ),
        },
      ]}
      empty={{
        title: "No templates yet",
        text: "Write a mail once, use it in many campaigns.",
        action: <Button href={paths.newTemplate(app)}>Create a template</Button>,
      }}
    />
  );
}
