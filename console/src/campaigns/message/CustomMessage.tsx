/** What a custom channel's webhook or function is given. */
import FormField from "@cloudscape-design/components/form-field";
import Textarea from "@cloudscape-design/components/textarea";
import type { MessageProps } from "./props";

export function CustomMessage({ content, problem, onChange }: MessageProps) {
  return (
    <FormField
      label="Data"
      description="Handed over as it stands with every call, together with up to 50 endpoints. Usually JSON; at most 5 KB."
      errorText={problem}
      stretch
    >
      <Textarea
        rows={6}
        placeholder={'{"offer": 7}'}
        value={content.kind === "CUSTOM" ? content.data : ""}
        onChange={({ detail }) => onChange({ kind: "CUSTOM", data: detail.value })}
      />
    </FormField>
  );
}
