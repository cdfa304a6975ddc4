/** A list that is loaded whole: filtered, sorted and paged in the browser. */
import { useCollection } from "@cloudscape-design/collection-hooks";
import Box from "@cloudscape-design/components/box";
import Button from "@cloudscape-design/components/button";
import Header from "@cloudscape-design/components/header";
import Pagination from "@cloudscape-design/components/pagination";
import Table from "@cloudscape-design/components/table";
import type { TableProps } from "@cloudscape-design/components/table";
import TextFilter from "@cloudscape-design/components/text-filter";
import type { ReactNode } from "react";
import { count } from "../format/numbers";
import { Empty } from "./Empty";
import type { EmptyProps } from "./Empty";
import { LoadError } from "./waiting";

interface Props<T> {
  title: string;
  variant?: TableProps.Variant;
  headerVariant?: "h1" | "h2" | "h3";
  description?: ReactNode;
  actions?: ReactNode;
  columns: TableProps.ColumnDefinition<T>[];
  items: readonly T[] | undefined;
  error?: unknown;
  retry?: () => void;
  trackBy: (item: T) => string;
  /** The text in which the filter looks. */
  textOf: (item: T) => string;
  filterLabel: string;
  empty: EmptyProps;
  pageSize?: number;
  sortingColumn?: string;
  sortingDescending?: boolean;
}

export function ListTable<T>(props: Props<T>) {
  const { title, columns, items, error, trackBy, textOf, empty, pageSize = 20 } = props;
  const defaultColumn = columns.find(({ id }) => id === props.sortingColumn);
  const { items: shown, actions, filteredItemsCount, collectionProps, filterProps, paginationProps } = useCollection(
    items ?? [],
    {
      filtering: {
        filteringFunction: (item, text) => textOf(item).toLowerCase().includes(text.toLowerCase()),
        empty: <Empty {...empty} />,
        noMatch: (
          <Empty
            title="Nothing matches"
            text="No entry contains this text."
            action={<Button onClick={() => actions.setFiltering("")}>Clear the filter</Button>}
          />
        ),
      },
      pagination: { pageSize },
      sorting:
        defaultColumn === undefined
          ? {}
          : { defaultState: { sortingColumn: defaultColumn, isDescending: props.sortingDescending } },
    },
  );
  if (error !== undefined && error !== null && items === undefined) return <LoadError error={error} retry={props.retry} />;
  const many = (items?.length ?? 0) > pageSize;
  return (
    <Table
      {...collectionProps}
      variant={props.variant ?? "container"}
      trackBy={trackBy}
      columnDefinitions={columns}
      items={shown}
      loading={items === undefined}
      loadingText="Loading"
      wrapLines
      ariaLabels={{ tableLabel: title }}
      header={
        <Header
          variant={props.headerVariant ?? "h2"}
          counter={items === undefined ? undefined : `(${count(items.length)})`}
          description={props.description}
          actions={props.actions}
        >
          {title}
        </Header>
      }
      filter={
        (items?.length ?? 0) > 0 ? (
          <TextFilter
            {...filterProps}
            filteringPlaceholder={props.filterLabel}
            filteringAriaLabel={props.filterLabel}
            countText={filteredItemsCount === 1 ? "1 match" : `${count(filteredItemsCount)} matches`}
          />
        ) : undefined
      }
      pagination={many ? <Pagination {...paginationProps} /> : undefined}
      empty={<Box>{collectionProps.empty}</Box>}
    />
  );
}
