/** Asks for the address of a link, a button or an image. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import FormField from "@cloudscape-design/components/form-field";
import Input from "@cloudscape-design/components/input";
import Modal from "@cloudscape-design/components/modal";
import SpaceBetween from "@cloudscape-design/components/space-between";
import { useState } from "react";
import { Actions } from "../components/Page";

export interface LinkTarget {
  address: string;
  text: string;
}

interface Props {
  kind: "link" | "button" | "image";
  onInsert: (target: LinkTarget) => void;
  onClose: () => void;
}

const textLabels = { link: "Text", button: "Text on the button", image: "Description for people who do not see it" };

export function LinkDialog({ kind, onInsert, onClose }: Props) {
  const [address, setAddress] = useState("https://");
  const [text, setText] = useState("");
  const usable = /^(https?:\/\/.|mailto:.|tel:.|\{\{)/.test(address.trim());
  return (
    <Modal
      visible
      header={`Insert ${kind === "image" ? "an" : "a"} ${kind}`}
      closeAriaLabel="Close"
      onDismiss={onClose}
      footer={
        <Box float="right">
          <Actions>
            <Button variant="link" onClick={onClose}>
              Cancel
            </Button>
            <Button variant="primary" disabled={!usable} onClick={() => onInsert({ address: address.trim(), text: text.trim() })}>
              Insert
            </Button>
          </Actions>
        </Box>
      }
    >
      <SpaceBetween size="m">
        <FormField label="Address">
          <Input autoFocus value={address} onChange={({ detail }) => setAddress(detail.value)} />
        </FormField>
        <FormField label={textLabels[kind]}>
          <Input value={text} onChange={({ detail }) => setText(detail.value)} />
        </FormField>
      </SpaceBetween>
    </Modal>
  );
}
