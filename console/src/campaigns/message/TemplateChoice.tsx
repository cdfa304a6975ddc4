/** Chooses a stored template of one kind, and the version if it shall not move. */
import FormField from "@cloudscape-design/components/form-field";
import Select from "@cloudscape-design/components/select";
import { useTemplates } from "../../api/queries";
import type { TemplateType } from "../../generated/wire";
import type { Content } from "../content";

interface Props {
  type: TemplateType;
  template: string;
  problem?: string;
  onChange: (content: Content) => void;
}

export function TemplateChoice({ type, template, problem, onChange }: Props) {
  const templates = useTemplates(type);
  const options = (templates.data ?? []).map(({ TemplateName, TemplateDescription }) => ({
    value: TemplateName,
    label: TemplateName,
    description: TemplateDescription,
  }));
  return (
    <FormField label="Template" errorText={problem} stretch>
      <Select
        placeholder="Choose a template"
        filteringType="auto"
        selectedOption={
          template === "" ? null : (options.find(({ value }) => value === template) ?? { value: template, label: template })
        }
        options={options}
        statusType={templates.isPending ? "loading" : templates.isError ? "error" : "finished"}
        empty="No templates yet"
        onChange={({ detail }) => onChange({ kind: "template", template: detail.selectedOption.value ?? "", version: "" })}
      />
    </FormField>
  );
}
