/** A list that the server pages: one page at a time, forwards and back. */
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table from "@cloudscape-design/components/table";
import type { TableProps } from "@cloudscape-design/components/table";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { ReactNode } from "react";
import type { Page } from "../api/beckon";
import { Empty } from "./Empty";
import type { EmptyProps } from "./Empty";
import { LoadError } from "./waiting";

interface Props<T> {
  title: string;
  headerVariant?: "h1" | "h2" | "h3";
  variant?: TableProps.Variant;
  counter?: string;
  description?: ReactNode;
  actions?: ReactNode;
  filter?: ReactNode;
  columns: TableProps.ColumnDefinition<T>[];
  /** Names the list and everything that selects its items; a change starts again at the first page. */
  queryKey: readonly unknown[];
  load: (token: string | undefined, limit: number, signal: AbortSignal) => Promise<Page<T>>;
  trackBy: (item: T) => string;
  empty: EmptyProps;
  pageSize?: number;
  /** Milliseconds between reloads of the shown page. */
  refreshEvery?: number;
}

export function PagedTable<T>(props: Props<T>) {
  const { pageSize = 25 } = props;
  const key = JSON.stringify(props.queryKey);
  const [place, setPlace] = useState<{ key: string; tokens: (string | undefined)[]; index: number }>({
    key,
    tokens: [undefined],
    index: 0,
  });
  const current = place.key === key ? place : { key, tokens: [undefined], index: 0 };
  const token = current.tokens[current.index];
  const query = useQuery({
    queryKey: [...props.queryKey, "page", token, pageSize],
    queryFn: ({ signal }) => props.load(token, pageSize, signal),
    placeholderData: keepPreviousData,
    refetchInterval: props.refreshEvery ?? false,
  });
  if (query.isError && query.data === undefined) {
    return <LoadError error={query.error} retry={() => void query.refetch()} />;
  }
  const next = query.data?.next;
  const known = current.tokens.length;
  const more = next !== undefined && current.index === known - 1;
  const go = (page: number) => {
    const index = page - 1;
    if (index < known) setPlace({ ...current, index });
    else if (next !== undefined) setPlace({ key, tokens: [...current.tokens, next], index: known });
  };
  return (
    <Table
      variant={props.variant ?? "container"}
      trackBy={props.trackBy}
      columnDefinitions={props.columns}
      items={query.data?.items ?? []}
      loading={query.isPending}
      loadingText="Loading"
      wrapLines
      ariaLabels={{ tableLabel: props.title }}
      header={
        <Header
          variant={props.headerVariant ?? "h2"}
          counter={props.counter}
          description={props.description}
          actions={props.actions}
        >
          {props.title}
        </Header>
      }
      filter={props.filter}
      pagination={
        known > 1 || more ? (
          <Pagination
            currentPageIndex={current.index + 1}
            pagesCount={known}
            openEnd={more}
            disabled={query.isPlaceholderData}
            onChange={({ detail }) => go(detail.currentPageIndex)}
            onNextPageClick={({ detail }) => {
              if (!detail.requestedPageAvailable) go(detail.requestedPageIndex);
            }}
          />
        ) : undefined
      }
      empty={<Empty {...props.empty} />}
    />
  );
}
