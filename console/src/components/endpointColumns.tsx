/** The columns of every list of endpoints. */
import Link from "@cloudscape-design/components/link";
import StatusIndicator from "@cloudscape-design/components/status-indicator";
import type { TableProps } from "@cloudscape-design/components/table";
import { NONE } from "../format/numbers";
import type { EndpointResponse } from "../generated/wire";
import { paths } from "../paths";

/** Whether messages can reach an endpoint, in words. */
export function Reach({ endpoint }: { endpoint: EndpointResponse }) {
  if (endpoint.EndpointStatus === "INACTIVE") return <StatusIndicator type="stopped">Inactive</StatusIndicator>;
  if (endpoint.OptOut === "ALL") return <StatusIndicator type="warning">Opted out</StatusIndicator>;
  return <StatusIndicator type="success">Active</StatusIndicator>;
}

export function endpointColumns(app: string): TableProps.ColumnDefinition<EndpointResponse>[] {
  return [
    {
      id: "id",
      header: "Endpoint",
      cell: ({ Id = "" }) => <Link href={paths.endpoint(app, Id)}>{Id}</Link>,
      isRowHeader: true,
      minWidth: 140,
    },
    { id: "address", header: "Address", cell: ({ Address }) => Address ?? NONE, minWidth: 180 },
    { id: "channel", header: "Channel", cell: ({ ChannelType }) => ChannelType ?? NONE },
    { id: "status", header: "Status", cell: (endpoint) => <Reach endpoint={endpoint} />, minWidth: 110 },
    { id: "user", header: "User", cell: ({ User }) => User?.UserId ?? NONE },
  ];
}
