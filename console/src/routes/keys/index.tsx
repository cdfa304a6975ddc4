/** Access keys: what SDKs sign their calls with. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import CopyToClipboard from "@cloudscape-design/components/copy-to-clipboard";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { AccessKey, NewAccessKey, Page as ItemPage } from "../../api/beckon";
import { useProjects } from "../../api/queries";
import { ListTable } from "../../components/ListTable";
import { Actions } from "../../components/Page";
import { NONE } from "../../format/numbers";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { errorText, useFlash } from "../../shell/flash";

const policies = [
  { value: "admin", label: "admin", description: "Everything" },
  { value: "send", label: "send", description: "Audience, messages and events, but no keys or settings" },
  { value: "read", label: "read", description: "Read only" },
  { value: "client", label: "client", description: "Apps on devices: report events and update their endpoint" },
];

function CreateKey({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const projects = useProjects();
  const [policy, setPolicy] = useState("send");
  const [app, setApp] = useState("");
  const [description, setDescription] = useState("");
  const create = useMutation({
    mutationFn: () =>
      beckon<NewAccessKey>("/keys", {
        method: "POST",
        body: { policy, app: app === "" ? undefined : app, description: description.trim() || undefined },
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
  });
  const projectOptions = [
    { value: "", label: "All projects" },
    ...(projects.data ?? []).map(({ Id, Name }) => ({ value: Id, label: Name, description: Id })),
  ];
  const projectMissing = policy === "client" && app === "";
  const created = create.data;
  return (
    <Modal
      visible
      header={created === undefined ? "Create an access key" : "The access key"}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          {created === undefined ? (
            <Actions>
              <Button variant="link" onClick={onClose}>
                Cancel
              </Button>
              <Button variant="primary" disabled={projectMissing} loading={create.isPending} onClick={() => create.mutate()}>
                Create
              </Button>
            </Actions>
          ) : (
            <Button variant="primary" onClick={onClose}>
              Done
            </Button>
          )}
        </Box>
      }
    >
      {created === undefined ? (
        <SpaceBetween size="m">
          {create.isError && <Alert type="error">{errorText(create.error)}</Alert>}
          <FormField label="Policy">
            <Select
              selectedOption={policies.find(({ value }) => value === policy) ?? null}
              options={policies}
              onChange={({ detail }) => setPolicy(detail.selectedOption.value ?? "send")}
            />
          </FormField>
          <FormField label="Project" description={policy === "client" ? "A key for devices belongs to one project." : undefined}>
            <Select
              selectedOption={projectOptions.find(({ value }) => value === app) ?? null}
              options={projectOptions}
              filteringType="auto"
              onChange={({ detail }) => setApp(detail.selectedOption.value ?? "")}
            />
          </FormField>
          <FormField label="Description" description="Where the key is used.">
            <Input value={description} onChange={({ detail }) => setDescription(detail.value)} />
          </FormField>
        </SpaceBetween>
      ) : (
        <SpaceBetween size="m">
          <Alert type="warning">Copy the secret now: it is not shown again.</Alert>
          <FormField label="Access key ID">
            <CopyToClipboard
              variant="inline"
              textToCopy={created.accessKeyId}
              copyButtonAriaLabel="Copy the access key ID"
              copySuccessText="Copied"
              copyErrorText="Copying failed"
            />
          </FormField>
          <FormField label="Secret access key">
            <CopyToClipboard
              variant="inline"
              textToCopy={created.secretAccessKey}
              copyButtonAriaLabel="Copy the secret access key"
              copySuccessText="Copied"
              copyErrorText="Copying failed"
            />
          </FormField>
        </SpaceBetween>
      )}
    </Modal>
  );
}

export default function Keys() {
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const projects = useProjects();
  const [creating, setCreating] = useState(false);
  const keys = useQuery({
    queryKey: ["keys"],
    queryFn: ({ signal }) => beckon<ItemPage<AccessKey>>("/keys", { query: { limit: 1000 }, signal }),
  });
  useBreadcrumbs({ text: "Access keys", href: paths.keys });

  const remove = async ({ accessKeyId }: AccessKey) => {
    const agreed = await confirm({
      header: `Delete ${accessKeyId}?`,
      body: "Programs that sign with this key are refused from now on.",
      action: "Delete",
    });
    if (!agreed) return;
    try {
      await beckon(`/keys/${encodeURIComponent(accessKeyId)}`, { method: "DELETE" });
      flash.success(`${accessKeyId} was deleted.`);
    } catch (error) {
      flash.error("The key was not deleted", error);
    }
    await client.invalidateQueries({ queryKey: ["keys"] });
  };
  const projectName = (app: string | undefined) =>
    app === undefined ? "All projects" : (projects.data?.find(({ Id }) => Id === app)?.Name ?? app);

  return (
    <>
      {creating && <CreateKey onClose={() => setCreating(false)} />}
      <ListTable
        title="Access keys"
        headerVariant="h1"
        description="Programs sign their calls with a key; its policy says what they may do."
        actions={
          <Button variant="primary" onClick={() => setCreating(true)}>
            Create a key
          </Button>
        }
        items={keys.data?.items}
        error={keys.error}
        retry={() => void keys.refetch()}
        trackBy={({ accessKeyId }) => accessKeyId}
        textOf={(key) => `${key.accessKeyId} ${key.policy} ${key.description ?? ""}`}
        filterLabel="Find keys"
        columns={[
          {
            id: "id",
            header: "Access key ID",
            isRowHeader: true,
            cell: ({ accessKeyId }) => <span className="mono">{accessKeyId}</span>,
          },
          { id: "policy", header: "Policy", sortingField: "policy", cell: ({ policy }) => policy },
          { id: "project", header: "Project", cell: ({ app }) => projectName(app) },
          { id: "description", header: "Description", cell: ({ description }) => description ?? NONE },
          { id: "created", header: "Created", sortingField: "created", cell: ({ created }) => instant(created) },
          {
            id: "actions",
            header: "Actions",
            cell: (key) => (
              <Button variant="inline-link" ariaLabel={`Delete ${key.accessKeyId}`} onClick={() => void remove(key)}>
                Delete
              </Button>
            ),
          },
        ]}
        empty={{
          title: "No access keys",
          text: "Create one for each program that calls the API.",
          action: <Button onClick={() => setCreating(true)}>Create a key</Button>,
        }}
      />
    </>
  );
}
