/** The fields of which criteria are made: a choice, a name that is known or new, and a list of values. */
import Autosuggest from "@cloudscape-design/components/autosuggest";
import type { AutosuggestProps } from "@cloudscape-design/components/autosuggest";
import Select from "@cloudscape-design/components/select";
import type { SelectProps } from "@cloudscape-design/components/select";
import SpaceBetween from "@cloudscape-design/components/space-between";
import TokenGroup from "@cloudscape-design/components/token-group";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../api/client";
import type { Page, ValueCount } from "../api/beckon";
import { useDebounced } from "../components/useDebounced";
import { count } from "../format/numbers";

export function options(labels: Record<string, string>): SelectProps.Option[] {
  return Object.entries(labels).map(([value, label]) => ({ value, label }));
}

interface ChoiceProps {
  label: string;
  value: string;
  options: SelectProps.Option[];
  onChange: (value: string) => void;
}

export function Choice({ label, value, options: choices, onChange }: ChoiceProps) {
  return (
    <Select
      ariaLabel={label}
      selectedOption={choices.find((choice) => choice.value === value) ?? { value, label: value }}
      options={choices}
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? value)}
      expandToViewport
    />
  );
}

export function Name({ label, value, names, onChange }: { label: string; value: string; names: string[]; onChange: (name: string) => void }) {
  return (
    <Autosuggest
      ariaLabel={label}
      placeholder={label}
      value={value}
      options={names.map((name) => ({ value: name }))}
      onChange={({ detail }) => onChange(detail.value)}
      enteredTextLabel={(text) => `Use "${text}"`}
      empty="None is known yet; type a name."
      expandToViewport
    />
  );
}

/** Suggested values of one list. */
const SUGGESTED_MAX = 100;

interface ValueListProps {
  label: string;
  placeholder?: string;
  values: string[];
  options: AutosuggestProps.Option[];
  loading?: boolean;
  onChange: (values: string[]) => void;
}

/** Values to which one is added at a time, typed or chosen. */
export function ValueList({ label, placeholder = "Add a value", values, options: offered, loading = false, onChange }: ValueListProps) {
  const [text, setText] = useState("");
  const add = (value: string) => {
    const trimmed = value.trim();
    if (trimmed !== "" && !values.includes(trimmed)) onChange([...values, trimmed]);
    setText("");
  };
  return (
    <SpaceBetween size="xxs">
      <Autosuggest
        ariaLabel={label}
        placeholder={placeholder}
        value={text}
        options={offered}
        statusType={loading ? "loading" : "finished"}
        loadingText="Loading values"
        onChange={({ detail }) => setText(detail.value)}
        onSelect={({ detail }) => add(detail.value)}
        onKeyDown={({ detail }) => {
          if (detail.key === "Enter") add(text);
        }}
        onBlur={() => add(text)}
        enteredTextLabel={(entered) => `Add "${entered}"`}
        empty="No value is known yet; type one."
        expandToViewport
      />
      {values.length > 0 && (
        <TokenGroup
          items={values.map((value) => ({ label: value, dismissLabel: `Remove ${value}` }))}
          limit={8}
          onDismiss={({ detail }) => onChange(values.filter((_, index) => index !== detail.itemIndex))}
        />
      )}
    </SpaceBetween>
  );
}

interface ValuesProps {
  app: string;
  label: string;
  /** Where suggestions come from, below `attributes/`; without it none are offered. */
  source?: string;
  values: string[];
  placeholder?: string;
  onChange: (values: string[]) => void;
}

export function Values({ app, label, source, values, placeholder, onChange }: ValuesProps) {
  const settledSource = useDebounced(source, 400);
  const suggestions = useQuery({
    queryKey: ["values", app, settledSource],
    queryFn: ({ signal }) =>
      beckon<Page<ValueCount>>(`/apps/${app}/attributes/${settledSource}/values`, { query: { limit: SUGGESTED_MAX }, signal }),
    enabled: settledSource !== undefined,
    staleTime: 30_000,
  });
  const offered = (suggestions.data?.items ?? [])
    .filter(({ value }) => !values.includes(value))
    .map(({ value, count: many }) => ({ value, labelTag: count(many) }));
  return (
    <ValueList
      label={label}
      placeholder={placeholder}
      values={values}
      options={offered}
      loading={suggestions.isFetching && suggestions.data === undefined}
      onChange={onChange}
    />
  );
}
