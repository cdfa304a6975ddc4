/** The audience: find endpoints by id, user or address. */
import Button from "@cloudscape-design/components/button";
import TextFilter from "@cloudscape-design/components/text-filter";
import { useState } from "react";
import { beckon } from "../../api/client";
import type { EndpointPage } from "../../api/beckon";
import { useOverview } from "../../api/queries";
import { endpointColumns } from "../../components/endpointColumns";
import { PagedTable } from "../../components/PagedTable";
import { useDebounced } from "../../components/useDebounced";
import { count } from "../../format/numbers";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

export default function Endpoints() {
  const app = useApp();
  const overview = useOverview(app);
  const [text, setText] = useState("");
  const query = useDebounced(text.trim(), 300);
  useBreadcrumbs({ text: "Endpoints", href: paths.endpoints(app) });
  return (
    <PagedTable
      title="Endpoints"
      headerVariant="h1"
      counter={overview.data === undefined ? undefined : `(${count(overview.data.endpoints)})`}
      description="An endpoint is one address of one person: a mailbox, a phone, a device."
      actions={<Button href={paths.newImport(app)}>Import people</Button>}
      filter={
        <TextFilter
          filteringText={text}
          filteringPlaceholder="Endpoint ID or its beginning, user ID or address"
          filteringAriaLabel="Find endpoints"
          onChange={({ detail }) => setText(detail.filteringText)}
        />
      }
      queryKey={["endpoints", app, query]}
      load={(token, limit, signal) => beckon<EndpointPage>(`/apps/${app}/endpoints`, { query: { query, token, limit }, signal })}
      trackBy={({ Id }) => Id ?? ""}
      columns={endpointColumns(app)}
      empty={
        query === ""
          ? {
              title: "No endpoints yet",
              text: "Import a file, or report endpoints with UpdateEndpoint.",
              action: <Button href={paths.newImport(app)}>Import people</Button>,
            }
          : {
              title: "Nothing matches",
              text: "Give a whole user ID or address, or the beginning of an endpoint ID.",
              action: <Button onClick={() => setText("")}>Clear the search</Button>,
            }
      }
    />
  );
}
