/** All projects: create one, open one, delete one. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Link from "@cloudscape-design/components/link";
import Modal from "@cloudscape-design/components/modal";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useNavigate } from "react-router";
import { pinpoint } from "../../api/client";
import { useProjects } from "../../api/queries";
import { ListTable } from "../../components/ListTable";
import { Actions } from "../../components/Page";
import { instant } from "../../format/time";
import type { ApplicationResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { errorText, useFlash } from "../../shell/flash";

function CreateProject({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const navigate = useNavigate();
  const create = useMutation({
    mutationFn: () => pinpoint("CreateApp", { body: { Name: name.trim() } }),
    onSuccess: async (project) => {
      await client.invalidateQueries({ queryKey: ["projects"] });
      await navigate(paths.project(project.Id));
    },
  });
  const submit = () => {
    if (name.trim() !== "" && !create.isPending) create.mutate();
  };
  return (
    <Modal
      visible
      header="Create a project"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Actions>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={name.trim() === ""} loading={create.isPending} onClick={submit}>
              Create
            </Button>
          </Actions>
        </Box>
      }
    >
      <FormField
        label="Project name"
        description="A project holds one audience with its segments, campaigns and analytics."
        errorText={create.isError ? errorText(create.error) : undefined}
      >
        <Input
          autoFocus
          value={name}
          onChange={({ detail }) => setName(detail.value)}
          onKeyDown={({ detail }) => {
            if (detail.key === "Enter") submit();
          }}
        />
      </FormField>
    </Modal>
  );
}

export default function Projects() {
  const projects = useProjects();
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const [creating, setCreating] = useState(false);
  useBreadcrumbs();

  const remove = async (project: ApplicationResponse) => {
    const agreed = await confirm({
      header: `Delete ${project.Name}?`,
      body: "All endpoints, segments, campaigns and events of this project are deleted. This cannot be undone.",
      action: "Delete",
      typed: project.Name,
    });
    if (!agreed) return;
    try {
      await pinpoint("DeleteApp", { path: { "application-id": project.Id } });
      flash.success(`${project.Name} was deleted.`);
    } catch (error) {
      flash.error(`${project.Name} was not deleted`, error);
    }
    await client.invalidateQueries({ queryKey: ["projects"] });
  };

  const createButton = (
    <Button variant="primary" onClick={() => setCreating(true)}>
      Create a project
    </Button>
  );
  return (
    <>
      {creating && <CreateProject onClose={() => setCreating(false)} />}
      <ListTable
        title="Projects"
        headerVariant="h1"
        actions={createButton}
        items={projects.data}
        error={projects.error}
        retry={() => void projects.refetch()}
        trackBy={({ Id }) => Id}
        textOf={({ Id, Name }) => `${Name} ${Id}`}
        filterLabel="Find projects"
        columns={[
          {
            id: "name",
            header: "Name",
            sortingField: "Name",
            isRowHeader: true,
            cell: ({ Id, Name }) => <Link href={paths.project(Id)}>{Name}</Link>,
          },
          { id: "id", header: "Project ID", cell: ({ Id }) => <span className="mono">{Id}</span> },
          {
            id: "created",
            header: "Created",
            sortingField: "CreationDate",
            cell: ({ CreationDate }) => instant(CreationDate),
          },
          {
            id: "actions",
            header: "Actions",
            cell: (project) => (
              <Button variant="inline-link" ariaLabel={`Delete ${project.Name}`} onClick={() => void remove(project)}>
                Delete
              </Button>
            ),
          },
        ]}
        empty={{
          title: "No projects yet",
          text: "Create a project, then bring in the people whom you want to reach.",
          action: <Button onClick={() => setCreating(true)}>Create a project</Button>,
        }}
      />
    </>
  );
}
