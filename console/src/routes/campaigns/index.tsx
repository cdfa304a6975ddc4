/** The campaigns of a project. */
import Button from "@cloudscape-design/components/button";
import ButtonDropdown from "@cloudscape-design/components/button-dropdown";
import Link from "@cloudscape-design/components/link";
import { useNavigate } from "react-router";
import { useCampaigns, useSegments } from "../../api/queries";
import { fromSchedule, scheduleText } from "../../campaigns/schedule";
import { CampaignStatus } from "../../campaigns/Status";
import { possible, useCampaignActions } from "../../campaigns/useCampaignActions";
import { ListTable } from "../../components/ListTable";
import { instant } from "../../format/time";
import type { CampaignResponse } from "../../generated/wire";
import { paths } from "../../paths";
import { useBreadcrumbs } from "../../shell/breadcrumbs";
import { useApp } from "../../shell/ProjectGate";

/** The rhythm of a campaign, or the moment at which one without was launched. */
function when({ Schedule, CreationDate }: CampaignResponse): string {
  const schedule = fromSchedule(Schedule);
  return schedule.kind === "IMMEDIATE" ? `At once, ${instant(CreationDate)}` : scheduleText(schedule);
}

export default function Campaigns() {
  const app = useApp();
  const campaigns = useCampaigns(app);
  const segments = useSegments(app);
  const actions = useCampaignActions(app);
  const navigate = useNavigate();
  useBreadcrumbs({ text: "Campaigns", href: paths.campaigns(app) });
  const segmentName = (id: string) => segments.data?.find(({ Id }) => Id === id)?.Name ?? id;

  const act = (action: string, campaign: CampaignResponse) => {
    if (action === "pause") void actions.pause(campaign);
    if (action === "resume") void actions.resume(campaign);
    if (action === "edit") void navigate(paths.editCampaign(app, campaign.Id));
    if (action === "copy") void navigate(paths.newCampaign(app, { copy: campaign.Id }));
    if (action === "delete") void actions.remove(campaign);
  };
  return (
    <ListTable
      title="Campaigns"
      headerVariant="h1"
      description="A campaign sends a message to everyone in a segment: at once, again and again, or when something happens."
      actions={
        <Button variant="primary" href={paths.newCampaign(app)}>
          Create a campaign
        </Button>
      }
      items={campaigns.data}
      error={campaigns.error}
      retry={() => void campaigns.refetch()}
      trackBy={({ Id }) => Id}
      textOf={({ Id, Name, State }) => `${Name ?? ""} ${Id} ${State?.CampaignStatus ?? ""}`}
      filterLabel="Find campaigns"
      columns={[
        {
          id: "name",
          header: "Name",
          sortingField: "Name",
          isRowHeader: true,
          minWidth: 160,
          cell: ({ Id, Name }) => <Link href={paths.campaign(app, Id)}>{Name ?? Id}</Link>,
        },
        { id: "status", header: "Status", minWidth: 120, cell: ({ State, Schedule }) => <CampaignStatus status={State?.CampaignStatus} frequency={Schedule?.Frequency} /> },
        {
          id: "type",
          header: "Type",
          cell: ({ AdditionalTreatments }) => ((AdditionalTreatments?.length ?? 0) > 0 ? "A/B test" : "Standard"),
        },
        {
          id: "segment",
          header: "Segment",
          cell: ({ SegmentId }) => <Link href={paths.segment(app, SegmentId)}>{segmentName(SegmentId)}</Link>,
        },
        { id: "when", header: "When", minWidth: 150, cell: when },
        {
          id: "actions",
          header: "Actions",
          cell: (campaign) => {
            const { pause, resume } = possible(campaign);
            return (
              <ButtonDropdown
                variant="inline-icon"
                ariaLabel={`Actions for ${campaign.Name ?? campaign.Id}`}
                expandToViewport
                items={[
                  { id: "pause", text: "Pause", disabled: !pause },
                  { id: "resume", text: "Resume", disabled: !resume },
                  { id: "edit", text: "Edit" },
                  { id: "copy", text: "Copy to a new campaign" },
                  { id: "delete", text: "Delete" },
                ]}
                onItemClick={({ detail }) => act(detail.id, campaign)}
              />
            );
          },
        },
      ]}
      empty={{
        title: "No campaigns yet",
        text: "Choose a segment, write a message, and send it.",
        action: <Button href={paths.newCampaign(app)}>Create a campaign</Button>,
      }}
    />
  );
}
