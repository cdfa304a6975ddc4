/** The addresses that never get mail. */
import Alert from "@cloudscape-design/components/alert";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { Page as ItemPage, Suppression } from "../../api/beckon";
import { PagedTable } from "../../components/PagedTable";
import { Actions } from "../../components/Page";
import { useDebounced } from "../../components/useDebounced";
import { instant } from "../../format/time";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useConfirm } from "../../shell/confirm";
import { errorText, useFlash } from "../../shell/flash";

function AddAddress({ onClose }: { onClose: () => void }) {
  const client = useQueryClient();
  const [address, setAddress] = useState("");
  const add = useMutation({
    mutationFn: () => beckon(`/suppressions/${encodeURIComponent(address.trim())}`, { method: "PUT" }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ["suppressions"] });
      onClose();
    },
  });
  return (
    <Modal
      visible
      header="Suppress an address"
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Actions>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button
              variant="primary"
              disabled={!address.includes("@")}
              loading={add.isPending}
              onClick={() => add.mutate()}
            >
              Suppress
            </Button>
          </Actions>
        </Box>
      }
    >
      <SpaceBetween size="m">
        {add.isError && <Alert type="error">{errorText(add.error)}</Alert>}
        <FormField label="Email address" description="No campaign, test or transactional mail goes there any more.">
          <Input autoFocus type="email" value={address} onChange={({ detail }) => setAddress(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}

export default function Suppressions() {
  const client = useQueryClient();
  const confirm = useConfirm();
  const flash = useFlash();
  const [adding, setAdding] = useState(false);
  const [text, setText] = useState("");
  const query = useDebounced(text.trim(), 300);
  useBreadcrumbs({ text: "Suppression list", href: paths.suppressions });

  const remove = async ({ address }: Suppression) => {
    const agreed = await confirm({
      header: `Send to ${address} again?`,
      body: "Mail to an address that bounced or complained harms the reputation of your sending domain.",
      action: "Remove",
    });
    if (!agreed) return;
    try {
      await beckon(`/suppressions/${encodeURIComponent(address)}`, { method: "DELETE" });
      flash.success(`${address} may be sent to again.`);
    } catch (error) {
      flash.error("The address was not removed", error);
    }
    await client.invalidateQueries({ queryKey: ["suppressions"] });
  };

  return (
    <>
      {adding && <AddAddress onClose={() => setAdding(false)} />}
      <PagedTable
        title="Suppression list"
        headerVariant="h1"
        description="Addresses that bounced for good or complained, and those that you add, get no mail."
        actions={
          <Button variant="primary" onClick={() => setAdding(true)}>
            Suppress an address
          </Button>
        }
        filter={
          <TextFilter
            filteringText={text}
            filteringPlaceholder="Find addresses"
            filteringAriaLabel="Find addresses"
            onChange={({ detail }) => setText(detail.filteringText)}
          />
        }
        queryKey={["suppressions", query]}
        load={(token, limit, signal) =>
          beckon<ItemPage<Suppression>>("/suppressions", { query: { query, token, limit }, signal })
        }
        trackBy={({ address }) => address}
        columns={[
          { id: "address", header: "Address", isRowHeader: true, cell: ({ address }) => address },
          { id: "reason", header: "Reason", cell: ({ reason }) => reason },
          { id: "since", header: "Since", cell: ({ since }) => instant(since) },
          {
            id: "actions",
            header: "Actions",
            cell: (item) => (
              <Button variant="inline-link" ariaLabel={`Remove ${item.address}`} onClick={() => void remove(item)}>
                Remove
              </Button>
            ),
          },
        ]}
        empty={
          query === ""
            ? { title: "No suppressed addresses", text: "Hard bounces and complaints appear here by themselves." }
            : { title: "Nothing matches", text: "No suppressed address contains this text." }
        }
      />
    </>
  );
}
