/** One group of a segment: whom it starts from, and what must be true of them. */
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Container from "@cloudscape-design/components/container";
import FormField from "@cloudscape-design/components/form-field";
import Header from "@cloudscape-design/components/header";
import Multiselect from "@cloudscape-design/components/multiselect";
import SegmentedControl from "@cloudscape-design/components/segmented-control";
import Select from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import type { SegmentResponse, SourceType, Type } from "../generated/wire";
import { emptyFacet, newElement, newKey } from "./draft";
import type { DraftElement, DraftGroup, Facet, FacetKind, Problem } from "./draft";
import { FacetRow, facetKinds } from "./FacetRow";

interface Props {
  app: string;
  number: number;
  group: DraftGroup;
  /** Segments that may be a source. */
  segments: SegmentResponse[];
  problems: Problem[];
  showProblems: boolean;
  onChange: (group: DraftGroup) => void;
  onRemove?: () => void;
}

const sourceTypes = [
  { value: "ANY", label: "Include those in any of" },
  { value: "ALL", label: "Include those in all of" },
  { value: "NONE", label: "Exclude those in any of" },
];

const jointWords: Record<Type, string> = { ALL: "and", ANY: "or", NONE: "nor" };

const kindItems = facetKinds.map(({ value, label }) => ({ id: value, text: label }));

export function GroupEditor({ app, number, group, segments, problems, showProblems, onChange, onRemove }: Props) {
  const sourceOptions = segments.map(({ Id, Name, SegmentType, Version }) => ({
    value: Id,
    label: Name ?? Id,
    description: SegmentType === "IMPORT" ? "Imported" : "Dynamic",
    labelTag: `v${Version ?? 1}`,
  }));
  const known = new Map(group.sources.map((source) => [source.id, source]));
  const replaceElement = (element: DraftElement) =>
    onChange({ ...group, elements: group.elements.map((one) => (one.key === element.key ? element : one)) });
  const setFacet = (element: DraftElement, key: string, facet: Facet) =>
    replaceElement({ ...element, facets: element.facets.map((row) => (row.key === key ? { key, facet } : row)) });
  const removeFacet = (element: DraftElement, key: string) => {
    const facets = element.facets.filter((row) => row.key !== key);
    if (facets.length > 0) replaceElement({ ...element, facets });
    else onChange({ ...group, elements: group.elements.filter((one) => one.key !== element.key) });
  };
  const problemOf = (key: string) => (showProblems ? problems.find((problem) => problem.key === key)?.message : undefined);

  return (
    <Container
      header={
        <Header
          variant="h2"
          actions={
            onRemove === undefined ? undefined : (
              <Button ariaLabel={`Remove group ${number}`} onClick={onRemove}>
                Remove
              </Button>
            )
          }
        >
          Group {number}
        </Header>
      }
    >
      <SpaceBetween size="l">
        <FormField label="People" description="Without a segment, the group starts from everyone." stretch>
          <div className="facet-row">
            <Select
              ariaLabel="How source segments count"
              selectedOption={sourceTypes.find(({ value }) => value === group.sourceType) ?? null}
              options={sourceTypes}
              onChange={({ detail }) => onChange({ ...group, sourceType: detail.selectedOption.value as SourceType })}
            />
            <Multiselect
              ariaLabel="Source segments"
              placeholder="Everyone"
              filteringType="auto"
              selectedOptions={group.sources.map(
                ({ id }) => sourceOptions.find(({ value }) => value === id) ?? { value: id, label: id },
              )}
              options={sourceOptions}
              empty="No other segments"
              expandToViewport
              deselectAriaLabel={({ label }) => `Remove ${label}`}
              onChange={({ detail }) =>
                onChange({
                  ...group,
                  sources: detail.selectedOptions.map(({ value = "" }) => known.get(value) ?? { id: value }),
                })
              }
            />
          </div>
        </FormField>
        {group.elements.length > 1 || (group.elements.length === 1 && group.type !== "ALL") ? (
          <SegmentedControl
            label="How the conditions count"
            selectedId={group.type}
            options={[
              { id: "ALL", text: "All hold" },
              { id: "ANY", text: "At least one holds" },
              { id: "NONE", text: "None holds" },
            ]}
            onChange={({ detail }) => onChange({ ...group, type: detail.selectedId as Type })}
          />
        ) : null}
        {group.elements.map((element, index) => (
          <SpaceBetween key={element.key} size="s">
            {index > 0 && (
              <div className="joint">
                <Box variant="strong">{jointWords[group.type]}</Box>
              </div>
            )}
            <div role="group" aria-label={`Condition ${index + 1}`}>
              <SpaceBetween size="xs">
                {element.facets.map(({ key, facet }, place) => (
                  <div key={key}>
                    {place > 0 && <Box color="text-body-secondary">and at the same time</Box>}
                    <div className="facet-with-remove">
                      <FacetRow
                        app={app}
                        facet={facet}
                        problem={problemOf(key)}
                        onChange={(changed) => setFacet(element, key, changed)}
                      />
                      <Button
                        variant="icon"
                        iconName="remove"
                        ariaLabel="Remove criterion"
                        onClick={() => removeFacet(element, key)}
                      />
                    </div>
                  </div>
                ))}
                <ButtonDropdown
                  items={kindItems}
                  ariaLabel={`Narrow condition ${index + 1}`}
                  expandToViewport
                  onItemClick={({ detail }) =>
                    replaceElement({
                      ...element,
                      facets: [...element.facets, { key: newKey(), facet: emptyFacet(detail.id as FacetKind) }],
                    })
                  }
                >
                  And also
                </ButtonDropdown>
              </SpaceBetween>
            </div>
          </SpaceBetween>
        ))}
        <ButtonDropdown
          items={kindItems}
          expandToViewport
          onItemClick={({ detail }) =>
            onChange({ ...group, elements: [...group.elements, newElement(detail.id as FacetKind)] })
          }
        >
          Add a condition
        </ButtonDropdown>
      </SpaceBetween>
    </Container>
  );
}
