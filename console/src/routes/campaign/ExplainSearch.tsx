/** Asks why one endpoint or user gets the campaign or does not. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Input from "@cloudscape-design/components/input";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import { useState } from "react";
import type { Asked } from "../../campaigns/explain/Explanation";
import { Actions } from "../../components/Page";

export function ExplainSearch({ onAsk }: { onAsk: (asked: Asked) => void }) {
  const [by, setBy] = useState<Asked["by"]>("endpoint");
  const [text, setText] = useState("");
  const id = text.trim();
  const ask = () => {
    if (id !== "") onAsk({ by, id });
  };
  return (
    <Container header={<Header variant="h2" description="Each rule in order, with what it looked at.">Why does somebody get it or not?</Header>}>
      <FormField label={by === "endpoint" ? "Endpoint ID" : "User ID"} stretch>
        <Actions>
          <SegmentedControl
            label="Who"
            selectedId={by}
            onChange={({ detail }) => setBy(detail.selectedId === "user" ? "user" : "endpoint")}
            options={[
              { id: "endpoint", text: "Endpoint" },
              { id: "user", text: "User" },
            ]}
          />
          <Input
            value={text}
            placeholder={by === "endpoint" ? "Endpoint ID" : "User ID"}
            onChange={({ detail }) => setText(detail.value)}
            onKeyDown={({ detail }) => {
              if (detail.key === "Enter") ask();
            }}
          />
          <Button disabled={id === ""} onClick={ask}>
            Explain
          </Button>
        </Actions>
      </FormField>
    </Container>
  );
}
