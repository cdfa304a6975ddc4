/** Whether a message comes from a template or is written in place. */
import SegmentedControl from "@cloudscape-design/components/segmented-control";

export function SourceChoice({ written, onChange }: { written: boolean; onChange: (written: boolean) => void }) {
  return (
    <SegmentedControl
      label="Content"
      selectedId={written ? "written" : "template"}
      onChange={({ detail }) => onChange(detail.selectedId === "written")}
      options={[
        { id: "template", text: "Use a template" },
        { id: "written", text: "Write it here" },
      ]}
    />
  );
}
