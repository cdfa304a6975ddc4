/** Finds one real endpoint by its id, user or address. */
import Select from "@cloudscape-design/components/select";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { beckon } from "../api/client";
import type { EndpointPage } from "../api/beckon";
import { useDebounced } from "../components/useDebounced";

const OFFERED = 20;

interface Props {
  app: string;
  value: string;
  onChange: (id: string) => void;
}

export function EndpointPicker({ app, value, onChange }: Props) {
  const [text, setText] = useState("");
  const query = useDebounced(text.trim(), 250);
  const found = useQuery({
    queryKey: ["endpoints", app, query, "picker"],
    queryFn: ({ signal }) => beckon<EndpointPage>(`/apps/${app}/endpoints`, { query: { query, limit: OFFERED }, signal }),
    placeholderData: keepPreviousData,
  });
  const options = [
    { value: "", label: "Nobody (defaults only)" },
    ...(found.data?.items ?? []).map(({ Id, Address, User }) => ({
      value: Id,
      label: Address ?? Id,
      description: [Id, User?.UserId].filter((part) => part !== undefined).join(" · "),
    })),
  ];
  return (
    <Select
      ariaLabel="Endpoint"
      selectedOption={options.find((option) => option.value === value) ?? { value, label: value }}
      options={options}
      filteringType="manual"
      filteringPlaceholder="Endpoint ID, user ID or address"
      filteringAriaLabel="Find an endpoint"
      statusType={found.isFetching ? "loading" : found.isError ? "error" : "finished"}
      loadingText="Looking"
      errorText="The search failed"
      empty="No endpoint matches"
      expandToViewport
      onLoadItems={({ detail }) => setText(detail.filteringText)}
      onChange={({ detail }) => onChange(detail.selectedOption.value ?? "")}
    />
  );
}
