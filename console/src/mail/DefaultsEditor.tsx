/** The values that stand in where a person has none. */
import AttributeEditor from "@cloudscape-design/components/attribute-editor";
import Input from "@cloudscape-design/components/input";

export interface DefaultValue {
  name: string;
  value: string;
}

interface Props {
  values: DefaultValue[];
  onChange: (values: DefaultValue[]) => void;
}

export function DefaultsEditor({ values, onChange }: Props) {
  const set = (index: number, part: Partial<DefaultValue>) =>
    onChange(values.map((one, place) => (place === index ? { ...one, ...part } : one)));
  return (
    <AttributeEditor<DefaultValue>
      items={values}
      addButtonText="Add a default"
      removeButtonText="Remove"
      empty="No defaults. A person without a value does not get the mail."
      onAddButtonClick={() => onChange([...values, { name: "", value: "" }])}
      onRemoveButtonClick={({ detail }) => onChange(values.filter((_, index) => index !== detail.itemIndex))}
      definition={[
        {
          label: "Variable",
          control: ({ name }, index) => (
            <Input
              ariaLabel="Variable"
              placeholder="User.UserAttributes.FirstName"
              value={name}
              onChange={({ detail }) => set(index, { name: detail.value })}
            />
          ),
        },
        {
          label: "Default value",
          control: ({ value }, index) => (
            <Input
              ariaLabel="Default value"
              placeholder="friend"
              value={value}
              onChange={({ detail }) => set(index, { value: detail.value })}
            />
          ),
        },
      ]}
    />
  );
}
