/** Asks why one endpoint or user gets the campaign or does not. */
import Button from "@cloudscape-design/components/button";
import Container from "@cloudscape-design/components/container";
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
  const named = by === "endpoint" ? "Endpoint ID" : "User ID";
  const ask = () => {
    if (id !== "") onAsk({ by, id });
  };
  return (
    <Container header={<Header variant="h2" description="Each rule in order, with what it looked at.">Why does somebody get it or not?</Header>}>
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
          ariaLabel={named}
          placeholder={named}
          onChange={({ detail }) => setText(detail.value)}
          onKeyDown={(event) => {
            if (event.detail.key !== "Enter") return;
            // The panel takes the focus: the key must not press the button that it gets.
            event.preventDefault();
            ask();
          }}
        />
        <Button disabled={id === ""} onClick={ask}>
          Explain
        </Button>
      </Actions>
    </Container>
  );
}
